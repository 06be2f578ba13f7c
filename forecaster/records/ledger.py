"""The record: forecasts, their outcomes and scores. Rows are added and never changed.

Each table is chained by hash (see `chain`), so that `verify` finds the first row that was edited, removed or slipped
in. What is long is read in short transactions (see `reading`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from sqlalchemy import func, select

from forecaster.clock import REAL
from forecaster.distribution.predictive import Predictive
from forecaster.errors import LedgerError
from forecaster.evaluation.scoring import VERSION
from forecaster.issuing import diagnostics
from forecaster.json_numbers import number
from forecaster.records import chain, clocks
from forecaster.records.columns import SUMMARY, scored
from forecaster.records.reading import COLUMNS, EVERYTHING, Wanted, pieces, same, standings, state
from forecaster.records.tables import FORECASTS, KEY, OUTCOME_KEY, OUTCOMES, SCORED, TABLES
from forecaster.records.whole import first_break, naming
from ingest.database import reading, writing

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Engine, Table

    from forecaster.issuing.forecast import Forecast
    from forecaster.records.reading import Standing, State


class Waiting(NamedTuple):
    """A forecast without a score.

    Attributes:
        seq: The number of its row.
        model: The forecaster's id.
        as_of: Its origin, an ISO date.
        horizon: Sessions ahead.
        target: The session that is forecast, an ISO date.
        predictive: Its distribution, see `predictive_of`.
    """

    seq: int
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

    def record(self, forecasts: Sequence[Forecast], issued_at: datetime, clock: str = REAL) -> int:
        """Adds the forecasts that are not there yet and returns how many that were; the others stay as they are.

        Args:
            forecasts: What was issued.
            issued_at: When.
            clock: By which kind of clock, that of the home.

        Raises:
            LedgerError: Where the home keeps another clock, or its record is ahead of this one; see `clocks`.
        """
        with writing(self.engine) as connection:
            fresh = [f for f in forecasts if not _exists(connection, FORECASTS, _forecast_key(f))]
            if fresh:
                clocks.check(connection, issued_at, clock)
            rows = [{**_forecast_row(f), "issued_at": text(issued_at), "clock": clock} for f in fresh]
            return chain.append(connection, FORECASTS, rows)

    def recorded(self, symbol: str, as_of: pd.Timestamp, horizon: int) -> set[str]:
        """Models that already have a forecast of this asset from this origin, so many sessions ahead."""
        f = FORECASTS.c
        wanted = select(f.model).where(f.symbol == symbol, f.as_of == f"{as_of:%Y-%m-%d}", f.horizon == horizon)
        with reading(self.engine) as connection:
            return set(connection.execute(wanted).scalars())

    def newest(self, symbol: str) -> pd.Timestamp | None:
        """The last session whose rows the record has read of an asset; None where there is none.

        It is that of a forecast's origin, or of an outcome's target where a run ended after it had settled.
        """
        origin = select(func.max(FORECASTS.c.as_of)).where(FORECASTS.c.symbol == symbol)
        target = select(func.max(OUTCOMES.c.target)).where(OUTCOMES.c.symbol == symbol)
        with naming(self.engine), reading(self.engine) as connection:
            found = [day for wanted in (origin, target) if (day := connection.execute(wanted).scalar()) is not None]
        return pd.Timestamp(max(found)) if found else None

    def settle(
        self,
        outcome: dict[str, Any],
        scores: Sequence[tuple[str, Mapping[str, float]]],
        now: datetime,
        clock: str = REAL,
    ) -> bool:
        """Adds an outcome with the scores of its forecasts, `(model, score by id)`; False where it was there already.

        Args:
            outcome: `symbol, as_of, horizon, target, y, close, data_vintage`, days as ISO text.
            scores: One for each forecast that has a distribution.
            now: When it is settled.
            clock: By which kind of clock, that of the home.

        Raises:
            LedgerError: As `record`.
        """
        key = {name: outcome[name] for name in OUTCOME_KEY}
        with writing(self.engine) as connection:
            clocks.check(connection, now, clock)
            own = {"clock": clock, "forecasts": chain.last(connection, FORECASTS)}
            if not _exists(connection, OUTCOMES, key):
                chain.append(connection, OUTCOMES, [{**outcome, "settled_at": text(now), **own}])
            missing = [
                (model, score) for model, score in scores if not _exists(connection, SCORED, {**key, "model": model})
            ]
            own |= {"version": VERSION, "scored_at": text(now)}
            rows = [{**key, "model": model, **scored(score), **own} for model, score in missing]
            return bool(chain.append(connection, SCORED, rows))

    def unscored(self, symbol: str) -> list[Waiting]:
        """Forecasts of an asset that have a distribution and no score, by origin, horizon and order of record."""
        f = FORECASTS.c
        wanted = (
            select(f.seq, f.model, f.as_of, f.horizon, f.target, f.predictive)
            .select_from(FORECASTS.outerjoin(SCORED, same(FORECASTS, SCORED, KEY)))
            .where(f.symbol == symbol, f.predictive.is_not(None), SCORED.c.seq.is_(None))
            .order_by(f.as_of, f.horizon, f.seq)
        )
        with naming(self.engine), reading(self.engine) as connection:
            return [Waiting(*row) for row in connection.execute(wanted)]

    def outcomes(self, symbol: str) -> dict[tuple[str, int], float]:
        """The changes of an asset that are on record: `(as_of, horizon)` to a fraction."""
        o = OUTCOMES.c
        wanted = select(o.as_of, o.horizon, o.y).where(o.symbol == symbol)
        with naming(self.engine), reading(self.engine) as connection:
            return {(row.as_of, row.horizon): row.y for row in connection.execute(wanted)}

    def bereft(self, symbol: str) -> list[chain.Break]:
        """Scores of an asset whose outcome is gone, in order of record: both are only ever added together."""
        s = SCORED.c
        wanted = (
            select(s.seq, s.symbol, s.model, s.as_of, s.horizon)
            .select_from(SCORED.outerjoin(OUTCOMES, same(SCORED, OUTCOMES, OUTCOME_KEY)))
            .where(s.symbol == symbol, OUTCOMES.c.seq.is_(None))
            .order_by(s.seq)
        )
        with naming(self.engine), reading(self.engine) as connection:
            found = [dict(row._mapping) for row in connection.execute(wanted)]
        return [chain.Break(SCORED.name, row["seq"], row, "its outcome is gone") for row in found]

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
        columns: Sequence[str] = COLUMNS,
        horizon: int | None = None,
    ) -> pd.DataFrame:
        """Forecasts in order of record, their outcome and scores beside them (missing where not settled yet).

        Args:
            symbols: Only these; all where empty.
            as_of: Only this origin.
            columns: Only these, which saves reading distributions and diagnostics.
            horizon: Only forecasts so many sessions ahead; all where None.
        """
        return self.read(Wanted(symbols, None if as_of is None else f"{as_of:%Y-%m-%d}", horizon=horizon), columns)

    def read(self, wanted: Wanted, columns: Sequence[str] = COLUMNS, *, checked: bool = False) -> pd.DataFrame:
        """As `forecasts`, of those that are wanted, and each held against its hash where that is asked.

        See `forecaster.records.reading`, which takes a piece at a time.
        """
        rows = [row for some in pieces(self.engine, wanted, columns, checked=checked) for row in some]
        return pd.DataFrame(rows, columns=[name for name in COLUMNS if name in columns])

    def standings(self, wanted: Wanted = EVERYTHING) -> list[Standing]:
        """What is on record of each asset, by its first forecast."""
        return standings(self.engine, wanted)

    def state(self) -> dict[str, int]:
        """How far each table goes now; whatever comes later, `verify` and `heads` can speak of this."""
        return state(self.engine)

    def verify(self, upto: State | None = None) -> chain.Break | None:
        """The first row of any table that does not hold, None where all do; see `chain.verify` and `tails.cut`.

        Args:
            upto: The state that is verified; that of now where None.
        """
        upto = self.state() if upto is None else upto
        return first_break(self.engine, upto)

    def heads(self, upto: State | None = None) -> dict[str, str]:
        """The hash of each table's last row, or of that of a state: whoever keeps it can show later what was there."""
        with reading(self.engine) as connection:
            return {t.name: chain.head(connection, t, None if upto is None else upto[t.name]) for t in TABLES}


def predictive_of(data: bytes, place: str = "a forecast on record") -> Predictive:
    """The stored distribution, bit for bit.

    Args:
        data: What the record has.
        place: Whose it is, for people.

    Raises:
        LedgerError: Where it cannot be read.
    """
    try:
        return Predictive.from_bytes(data)
    except (TypeError, ValueError) as fault:
        raise LedgerError(
            f"{place} does not hold: its distribution cannot be read ({fault}): `forecaster ledger verify --deep` "
            "names every such row"
        ) from fault


def _forecast_key(forecast: Forecast) -> dict[str, Any]:
    return {
        "symbol": forecast.symbol,
        "model": forecast.model,
        "as_of": f"{forecast.as_of:%Y-%m-%d}",
        "horizon": forecast.horizon,
    }


def text(instant: datetime) -> str:
    """An instant as the record writes it."""
    return instant.isoformat(timespec="seconds")


def _forecast_row(forecast: Forecast) -> dict[str, Any]:
    known = forecast.summary()
    return {
        **_forecast_key(forecast),
        "target": f"{forecast.target:%Y-%m-%d}",
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


def _exists(connection: Connection, table: Table, key: dict[str, Any]) -> bool:
    wanted = select(table.c.seq).where(*(table.c[name] == value for name, value in key.items()))
    return connection.execute(wanted).first() is not None
