"""The tables of the record: forecasts, their outcomes and scores, and what vouches for them.

A forecast is unique on (symbol, model, as_of, horizon): issued once, for ever. Days are ISO dates and instants ISO
times in UTC, as text; those of forecasts, outcomes and scores are of the home's clock (see `clocks`), those of events
are real, those of tokens their authority's. Each table is chained by hash (see `chain`).
"""

from __future__ import annotations

from sqlalchemy import Column, Double, Integer, LargeBinary, MetaData, String, Text

from forecaster.records import chain
from forecaster.records.columns import SUMMARY, key_columns, score_columns

KEY = ("symbol", "model", "as_of", "horizon")
OUTCOME_KEY = ("symbol", "as_of", "horizon")
METADATA = MetaData()
EVENTS = chain.chained_table(
    "event",
    METADATA,
    {
        2: [
            Column("kind", String(16), nullable=False),
            Column("at", String(32), nullable=False),
            Column("forecasts", Integer, nullable=False),
            Column("details", Text, nullable=False),
        ]
    },
    ("kind", "at", "details"),
)
"""What befell the record: which clock its home keeps, and where a person went on against it. `forecasts` were on record
then, as in outcomes and scores."""
FORECASTS = chain.chained_table(
    "forecast",
    METADATA,
    {
        1: [
            *key_columns(with_model=True),
            Column("target", String(10), nullable=False),
            Column("issued_at", String(32), nullable=False),
            Column("status", String(16), nullable=False),
            Column("reason", Text, nullable=False),
            Column("predictive", LargeBinary),
            *(Column(name, Double) for name in SUMMARY),
            Column("diagnostics", Text, nullable=False),
            Column("data_vintage", String(64), nullable=False),
            Column("config_sha256", String(64), nullable=False),
            Column("seed", String(20), nullable=False),
            Column("code_version", String(32), nullable=False),
        ],
        2: [],
        3: [Column("clock", String(16))],
    },
    KEY,
)
OUTCOMES = chain.chained_table(
    "outcome",
    METADATA,
    {
        1: [
            *key_columns(with_model=False),
            Column("target", String(10), nullable=False),
            Column("y", Double, nullable=False),
            Column("close", Double, nullable=False),
            Column("settled_at", String(32), nullable=False),
            Column("data_vintage", String(64), nullable=False),
        ],
        2: [],
        3: [Column("clock", String(16)), Column("forecasts", Integer)],
    },
    OUTCOME_KEY,
)
SCORED = chain.chained_table(
    "score",
    METADATA,
    {
        1: [*key_columns(with_model=True), *score_columns(nullable=False)],
        2: [],
        3: [
            Column("version", Integer),
            Column("scored_at", String(32)),
            Column("clock", String(16)),
            Column("forecasts", Integer),
        ],
    },
    KEY,
)
TOKENS = chain.chained_table(
    "token",
    METADATA,
    {
        2: [
            Column("statement", Text, nullable=False),
            Column("forecasts", Integer, nullable=False),
            Column("at", String(32), nullable=False),
            Column("authority", String(256), nullable=False),
            Column("token", LargeBinary, nullable=False),
        ]
    },
    ("statement", "authority", "at"),
)
"""Time stamps of the record by somebody else's clock; each covers as many `forecasts`."""
TABLES = (EVENTS, FORECASTS, OUTCOMES, SCORED, TOKENS)
"""In the order in which a statement of the record names them."""
INSTANT = {FORECASTS.name: "issued_at", OUTCOMES.name: "settled_at", SCORED.name: "scored_at"}
"""The column that says when a row was written, by the home's clock; scores from before format 3 do not say."""
