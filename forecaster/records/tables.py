"""The tables of the record: forecasts, their outcomes and scores.

A forecast is unique on (symbol, model, as_of, horizon): issued once, for ever. Days are ISO dates and instants ISO
times in UTC, as text. Each table is chained by hash (see `chain`).
"""

from __future__ import annotations

from sqlalchemy import Column, Double, LargeBinary, MetaData, String, Text

from forecaster.records import chain
from forecaster.records.columns import SUMMARY, key_columns, score_columns

KEY = ("symbol", "model", "as_of", "horizon")
OUTCOME_KEY = ("symbol", "as_of", "horizon")
METADATA = MetaData()
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
    },
    OUTCOME_KEY,
)
SCORED = chain.chained_table(
    "score", METADATA, {1: [*key_columns(with_model=True), *score_columns(nullable=False)], 2: []}, KEY
)
TABLES = (FORECASTS, OUTCOMES, SCORED)
