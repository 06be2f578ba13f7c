"""The record: forecasts, their outcomes and scores. Rows are added and never changed.

A forecast is unique on (symbol, model, as_of, horizon): issued once, for ever. Days are ISO dates and instants ISO
times in UTC, as text. Each table is chained by hash (see `chain`), so that `verify` finds the first row that was
edited, removed or slipped in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from sqlalchemy import Column, Double, LargeBinary, MetaData, String, Text, and_, func, select

from forecaster.distribution.predictive import Predictive
from forecaster.issuing import diagnostics
from forecaster.json_numbers import number
from forecaster.records import chain
from forecaster.records.columns import SCORES, SUMMARY, key_columns, score_columns, scored
from ingest.database import reading, writing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, Connection, Engine, Select, Table

    from forecaster.issuing.forecast import Forecast

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


class Waiting(NamedTuple):
    """A forecast without a score.

    Attributes:
        model: The forecaster's id.
        as_of: Its origin, an ISO date.
        horizon: Sessions ahead.
        target: The session that is forecast, an ISO date.
        predictive: Its distribution, see `predictive_of`.
    """

    model: str
    as_of: str
    horizon: int
    target: str
    predictive: bytes


class Ledger:
    """The record of one home.

    Args:
        engine: Of a home whose tables are prepared, see `forecaster.records.preparation`.

    Raises:
        StoreError: Here and in every method, where the database cannot be read or written.
    """

    def __init__(self, engine: Engine) -> None:
        """Opens the ledger; see the class."""
        self.engine = engine

    def record(self, forecasts: Sequence[Forecast], issued_at: datetime) -> int:
        """Adds the forecasts that are not there yet and returns how many that were; the others stay as they are."""
        with writing(self.engine) as connection:
            fresh = [f for f in forecasts if not _exists(connection, FORECASTS, _forecast_key(f))]
            return chain.append(connection, FORECASTS, [_forecast_row(f, issued_at) for f in fresh])

    def recorded(self, symbol: str, as_of: pd.Timestamp, horizon: int) -> set[str]:
        """Models that already have a forecast of this asset from this origin, so many sessions ahead."""
        f = FORECASTS.c
        wanted = select(f.model).where(f.symbol == symbol, f.as_of == f"{as_of:%Y-%m-%d}", f.horizon == horizon)
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
        key = {name: outcome[name] for name in OUTCOME_KEY}
        with writing(self.engine) as connection:
            if not _exists(connection, OUTCOMES, key):
                chain.append(connection, OUTCOMES, [outcome])
            missing = [
                (model, score) for model, score in scores if not _exists(connection, SCORED, {**key, "model": model})
            ]
            return bool(chain.append(connection, SCORED, [{**key, "model": m, **scored(s)} for m, s in missing]))

    def unscored(self, symbol: str) -> list[Waiting]:
        """Forecasts of an asset that have a distribution and no score, by origin, horizon and order of record."""
        f = FORECASTS.c
        wanted = (
            select(f.model, f.as_of, f.horizon, f.target, f.predictive)
            .select_from(FORECASTS.outerjoin(SCORED, _same(FORECASTS, SCORED, KEY)))
            .where(f.symbol == symbol, f.predictive.is_not(None), SCORED.c.seq.is_(None))
            .order_by(f.as_of, f.horizon, f.seq)
        )
        with reading(self.engine) as connection:
            return [Waiting(*row) for row in connection.execute(wanted)]

    def keys(self, symbol: str) -> set[tuple[str, str, int]]:
        """Which forecasts of an asset are on record: `(model, as_of, horizon)`."""
        f = FORECASTS.c
        wanted = select(f.model, f.as_of, f.horizon).where(f.symbol == symbol)
        with reading(self.engine) as connection:
            return {(row.model, row.as_of, row.horizon) for row in connection.execute(wanted)}

    def forecasts(
        self,
        symbols: Sequence[str] = (),
        as_of: pd.Timestamp | None = None,
        columns: Sequence[str] = (),
        horizon: int | None = None,
    ) -> pd.DataFrame:
        """Forecasts in order of record, their outcome and scores beside them (missing where not settled yet).

        Args:
            symbols: Only these; all where empty.
            as_of: Only this origin.
            columns: Only these, which saves reading distributions and diagnostics; all where empty.
            horizon: Only forecasts so many sessions ahead; all where None.
        """
        f, o, s = FORECASTS.c, OUTCOMES.c, SCORED.c
        joined = FORECASTS.outerjoin(OUTCOMES, _same(FORECASTS, OUTCOMES, OUTCOME_KEY)).outerjoin(
            SCORED, _same(FORECASTS, SCORED, KEY)
        )
        offered = (*FORECASTS.c, o.y, *(s[name] for name in SCORES))
        wanted: Select[Any] = select(*(c for c in offered if not columns or c.name in columns)).select_from(joined)
        if symbols:
            wanted = wanted.where(f.symbol.in_(symbols))
        if horizon is not None:
            wanted = wanted.where(f.horizon == horizon)
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
    known = forecast.summary()
    return {
        **_forecast_key(forecast),
        "target": f"{forecast.target:%Y-%m-%d}",
        "issued_at": issued_at.isoformat(timespec="seconds"),
        "status": forecast.status,
        "reason": forecast.reason,
        "predictive": forecast.predictive.to_bytes() if forecast.predictive else None,
        **{name: number(known[name]) for name in SUMMARY},
        "diagnostics": diagnostics.write(forecast.diagnostics),
        "data_vintage": forecast.data_vintage,
        "config_sha256": forecast.config_sha256,
        "seed": str(forecast.seed),
        "code_version": forecast.code_version,
    }


def _same(left: Table, right: Table, key: Sequence[str]) -> ColumnElement[bool]:
    return and_(*(left.c[name] == right.c[name] for name in key))


def _exists(connection: Connection, table: Table, key: dict[str, Any]) -> bool:
    wanted = select(table.c.seq).where(*(table.c[name] == value for name, value in key.items()))
    return connection.execute(wanted).first() is not None
