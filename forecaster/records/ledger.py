"""The record: forecasts, their outcomes and scores. Rows are added and never changed.

A forecast is unique on (symbol, model, as_of, horizon): issued once, for ever. Days are ISO dates and instants ISO
times in UTC, as text. Each table is chained by hash (see `chain`), so that `verify` finds the first row that was
edited, removed or slipped in.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    func,
    select,
)

from forecaster.distribution.predictive import QUANTILES, Predictive
from forecaster.issuing.forecast import Forecast
from forecaster.records import chain
from ingest.database import prepare, reading, writing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Select, Table


KEY = ("symbol", "model", "as_of", "horizon")
SCORES = ("crps", "log_score", "pit", "in50", "in90", "interval_score", "absolute_error", "squared_error")
_METADATA = MetaData()


def _key(with_model: bool) -> list[Column[Any]]:
    model = [Column("model", String(64), nullable=False)] if with_model else []
    return [
        Column("symbol", String(32), nullable=False),
        *model,
        Column("as_of", String(10), nullable=False),
        Column("horizon", Integer, nullable=False),
    ]


FORECASTS = chain.chained_table(
    "forecast",
    _METADATA,
    [
        *_key(with_model=True),
        Column("target", String(10), nullable=False),
        Column("issued_at", String(32), nullable=False),
        Column("status", String(16), nullable=False),
        Column("reason", Text, nullable=False),
        Column("predictive", LargeBinary),
        *(Column(name, Double) for name in ("mean", "sd", "prob_up", *QUANTILES)),
        Column("diagnostics", Text, nullable=False),
        Column("data_vintage", String(64), nullable=False),
        Column("config_sha256", String(64), nullable=False),
        Column("seed", String(20), nullable=False),
        Column("code_version", String(32), nullable=False),
    ],
    KEY,
)
OUTCOMES = chain.chained_table(
    "outcome",
    _METADATA,
    [
        *_key(with_model=False),
        Column("target", String(10), nullable=False),
        Column("y", Double, nullable=False),
        Column("close", Double, nullable=False),
        Column("settled_at", String(32), nullable=False),
        Column("data_vintage", String(64), nullable=False),
    ],
    ("symbol", "as_of", "horizon"),
)
_LOGICAL = ("in50", "in90")
SCORED = chain.chained_table(
    "score",
    _METADATA,
    [
        *_key(with_model=True),
        *(Column(n, Boolean if n in _LOGICAL else Double, nullable=False) for n in SCORES),
    ],
    KEY,
)
TABLES = (FORECASTS, OUTCOMES, SCORED)


class Ledger:
    """The record of one home.

    Args:
        engine: From `ingest.database.open_engine`; tables are created where absent.

    Raises:
        StoreError: Here and in every method, where the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        """Opens the ledger; see the class."""
        self.engine = engine
        prepare(engine, _METADATA)

    def record(self, forecasts: Sequence[Forecast], issued_at: datetime) -> int:
        """Adds the forecasts that are not there yet and returns how many that were; the others stay as they are."""
        with writing(self.engine) as connection:
            fresh = [f for f in forecasts if not _exists(connection, FORECASTS, _forecast_key(f))]
            return chain.append(connection, FORECASTS, [_forecast_row(f, issued_at) for f in fresh])

    def recorded(self, symbol: str, as_of: pd.Timestamp) -> set[str]:
        """Models that already have a forecast of this asset from this origin."""
        wanted = select(FORECASTS.c.model).where(FORECASTS.c.symbol == symbol, FORECASTS.c.as_of == f"{as_of:%Y-%m-%d}")
        with reading(self.engine) as connection:
            return set(connection.execute(wanted).scalars())

    def newest(self, symbol: str) -> pd.Timestamp | None:
        """The last session from which a forecast of an asset is on record; None where there is none."""
        last = select(func.max(FORECASTS.c.as_of)).where(FORECASTS.c.symbol == symbol)
        with reading(self.engine) as connection:
            found = connection.execute(last).scalar()
        return None if found is None else pd.Timestamp(found)

    def settle(self, outcome: dict[str, Any], scores: Sequence[tuple[str, Mapping[str, float]]]) -> bool:
        """Adds an outcome with the scores of its forecasts, `(model, score by id)`; False where it was there already.

        Args:
            outcome: `symbol, as_of, horizon, target, y, close, settled_at, data_vintage`, days as ISO text.
            scores: One for each forecast that has a distribution.
        """
        key = {name: outcome[name] for name in ("symbol", "as_of", "horizon")}
        with writing(self.engine) as connection:
            if not _exists(connection, OUTCOMES, key):
                chain.append(connection, OUTCOMES, [outcome])
            missing = [
                (model, score) for model, score in scores if not _exists(connection, SCORED, {**key, "model": model})
            ]
            rows = [{**key, "model": model, **{n: score[n] for n in SCORES}} for model, score in missing]
            return bool(chain.append(connection, SCORED, rows))

    def unscored(self, symbol: str) -> list[tuple[str, str, str, bytes]]:
        """Forecasts of an asset that have a distribution and no score: `(model, as_of, target, predictive)`."""
        f, s = FORECASTS.c, SCORED.c
        joined = FORECASTS.outerjoin(SCORED, (f.symbol == s.symbol) & (f.model == s.model) & (f.as_of == s.as_of))
        wanted = (
            select(f.model, f.as_of, f.target, f.predictive)
            .select_from(joined)
            .where(f.symbol == symbol, f.predictive.is_not(None), s.seq.is_(None))
            .order_by(f.as_of, f.seq)
        )
        with reading(self.engine) as connection:
            return [tuple(row) for row in connection.execute(wanted)]

    def forecasts(self, symbols: Sequence[str] = (), as_of: pd.Timestamp | None = None) -> pd.DataFrame:
        """Forecasts in order of record, their outcome and scores beside them (missing where not settled yet).

        Args:
            symbols: Only these; all where empty.
            as_of: Only this origin.
        """
        f, o, s = FORECASTS.c, OUTCOMES.c, SCORED.c
        joined = FORECASTS.outerjoin(OUTCOMES, (f.symbol == o.symbol) & (f.as_of == o.as_of)).outerjoin(
            SCORED, (f.symbol == s.symbol) & (f.model == s.model) & (f.as_of == s.as_of)
        )
        wanted: Select[Any] = select(*FORECASTS.c, o.y, *(s[name] for name in SCORES)).select_from(joined)
        if symbols:
            wanted = wanted.where(f.symbol.in_(symbols))
        if as_of is not None:
            wanted = wanted.where(f.as_of == f"{as_of:%Y-%m-%d}")
        with reading(self.engine) as connection:
            found = connection.execute(wanted.order_by(f.seq))
            return pd.DataFrame(found.all(), columns=list(found.keys()))

    def verify(self) -> chain.Break | None:
        """The first row of any table that does not hold, None where all do."""
        with reading(self.engine) as connection:
            breaks = (chain.verify(connection, table) for table in TABLES)
            return next((found for found in breaks if found), None)

    def heads(self) -> dict[str, str]:
        """The hash of each table's last row: whoever keeps it can later show that nothing was taken away."""
        with reading(self.engine) as connection:
            return {table.name: chain.head(connection, table) for table in TABLES}


def predictive_of(data: bytes) -> Predictive:
    """The stored distribution, bit for bit."""
    return Predictive.from_bytes(bytes(data))


def _forecast_key(forecast: Forecast) -> dict[str, Any]:
    return {
        "symbol": forecast.symbol,
        "model": forecast.model,
        "as_of": f"{forecast.as_of:%Y-%m-%d}",
        "horizon": forecast.horizon,
    }


def _forecast_row(forecast: Forecast, issued_at: datetime) -> dict[str, Any]:
    summary = {k: v if v is not None and np.isfinite(v) else None for k, v in forecast.summary().items()}
    return {
        **_forecast_key(forecast),
        "target": f"{forecast.target:%Y-%m-%d}",
        "issued_at": issued_at.isoformat(timespec="seconds"),
        "status": forecast.status,
        "reason": forecast.reason,
        "predictive": forecast.predictive.to_bytes() if forecast.predictive else None,
        **summary,
        "diagnostics": json.dumps(forecast.diagnostics, sort_keys=True, separators=(",", ":"), allow_nan=False),
        "data_vintage": forecast.data_vintage,
        "config_sha256": forecast.config_sha256,
        "seed": str(forecast.seed),
        "code_version": forecast.code_version,
    }


def _exists(connection: Connection, table: Table, key: dict[str, Any]) -> bool:
    wanted = select(table.c.seq).where(*(table.c[name] == value for name, value in key.items()))
    return connection.execute(wanted).first() is not None
