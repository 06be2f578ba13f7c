"""The append-only store of the market's data in SQL.

`ingest.tables` says what is kept, `ingest.vintages`, `ingest.counts` and `ingest.series_store` how it grows,
`ingest.history` how it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, Row, func, insert, select, update

from ingest import counts, quarantine, series_store
from ingest.assets import Asset
from ingest.daily_counts import Counts
from ingest.database import prepare, reading, writing
from ingest.errors import AssetConflictError, NoDataError, UnknownSymbolError, nearest
from ingest.history import History, vintage_sha256
from ingest.joining import Basis
from ingest.own_series import GivenSeries
from ingest.panel import COLUMNS
from ingest.quarantine import Decision
from ingest.sessions import Day, as_day, calendar
from ingest.stored_rows import add, rows_of
from ingest.tables import ASSET, ATTENTION, COUNTED, METADATA, QUARANTINE, VINTAGE, instant
from ingest.vintages import Appended, additions

__all__ = ["Appended", "Asset", "Decision", "History", "Store", "vintage_sha256"]

_FACTS = tuple(ASSET.c[spec.name] for spec in fields(Asset))


class Store:
    """The assets and their vintages in one database.

    Args:
        engine: From `ingest.database.open_engine`; the tables are created if they are absent.
        prepared: Whether somebody saw to the tables before, as a home does; it saves a look.

    Raises:
        StoreError: Here and in every method, if the database cannot be read or written.

    >>> from datetime import UTC, datetime
    >>> from ingest.database import open_engine
    >>> from ingest.panel import panel_rows
    >>> store = Store(open_engine("sqlite://"))
    >>> days = pd.DatetimeIndex(["2024-01-01", "2024-01-02"])
    >>> rows = panel_rows("COIN", days, {"close": [10.0, 11.0]}, "example")
    >>> coin = Asset("COIN", calendar="24/7", source="example")
    >>> store.append(coin, rows, datetime(2024, 1, 5, tzinfo=UTC)).new
    2
    >>> store.read("COIN", "2024-01-01")["close"].tolist()
    [10.0]
    """

    def __init__(self, engine: Engine, *, prepared: bool = False) -> None:
        """Opens the store; see the class."""
        self._engine = engine
        if not prepared:
            prepare(engine, METADATA)

    def register(self, asset: Asset) -> Asset:
        """Puts an asset on the books; a second time changes nothing.

        An asset that had no attention yet takes the kind that is given now. The source that is
        kept is the first; each row carries its own.

        Returns:
            The asset as it is stored.

        Raises:
            AssetConflictError: It is registered with another calendar, lag, kind of attention, or
                as simulated where it was real.
            UnknownCalendarError: Nobody knows the calendar.
        """
        calendar(asset.calendar)
        with writing(self._engine) as connection:
            return _register(connection, asset)

    def assets(self) -> tuple[Asset, ...]:
        """Every asset, in the order of registration."""
        with reading(self._engine) as connection:
            found = connection.execute(select(*_FACTS).order_by(ASSET.c.id)).all()
        return tuple(_asset(row) for row in found)

    def asset(self, symbol: str) -> Asset:
        """The asset of a symbol.

        Raises:
            UnknownSymbolError: Offers the nearest symbols.
        """
        with reading(self._engine) as connection:
            return _known(connection, symbol)

    def append(self, asset: Asset, rows: pd.DataFrame, now: datetime, basis: Basis = "traded") -> Appended:
        """Adds what an import brings, in one transaction: all of it, or nothing.

        Args:
            asset: Registered here if it is not yet.
            rows: A panel of the asset, as a source gives it.
            now: The instant of the import, with a time zone.
            basis: What its closes are; `quoted` or `adjusted` for those of a file.

        Returns:
            The counts; `ingest.vintages` says what each means.

        Raises:
            PanelFaultError: Rows that break a rule of the panel.
            AssetConflictError: As in `register`; or counts beside the prices of an asset that has an adapter for them.
            CalendarRangeError: Sessions outside the calendar's years.
        """
        calendar(asset.calendar)
        with writing(self._engine) as connection:
            stored = _register(connection, asset)
            if stored.attention_source and rows["tweets"].notna().any():
                raise AssetConflictError(
                    f"{asset.symbol}: its {stored.attention_kind} come from {stored.attention_source}: leave them out "
                    "of the file, or import it under another symbol"
                )
            held = rows_of(connection, QUARANTINE, asset.symbol)
            added = additions(stored, rows_of(connection, VINTAGE, asset.symbol), rows, now, held, basis)
            add(connection, VINTAGE, COLUMNS, added.believed)
            quarantine.replaced(connection, held, added.believed, instant(pd.Timestamp(now)))
            add(connection, QUARANTINE, (*COLUMNS, "reason"), added.suspicious)
        return added.counts

    def append_counts(
        self, symbol: str, source: str, given: Counts, now: datetime, recorded: Day | None = None
    ) -> Appended:
        """Adds the attention that an adapter gave, in one transaction.

        Args:
            symbol: A registered asset.
            source: The adapter's name.
            given: What it gave.
            now: The instant of the import, with a time zone.
            recorded: The last session from which a forecast is on record; what forecasts up to it did not have is
                known from now on.

        Returns:
            The counts; `ingest.counts` says what each means.

        Raises:
            UnknownSymbolError: Offers the nearest symbols.
            AssetConflictError: Its attention comes from elsewhere, or is of another kind.
        """
        lag = int(given.lag.total_seconds() // 60)
        with writing(self._engine) as connection:
            before = _known(connection, symbol)
            kind = before.attention_kind if before.attention_kind in given.former else given.kind
            _refuse_other_attention(before, source, kind)
            asset = replace(before, attention_source=source, attention_kind=kind, attention_lag_minutes=lag)
            if asset != before and before.attention_source:
                raise AssetConflictError(
                    f"{symbol}: {source} is stored with a lag of {before.attention_lag_minutes} minutes, not {lag}"
                )
            connection.execute(update(ASSET).where(ASSET.c.symbol == symbol).values(asdict(asset)))
            last = None if recorded is None else as_day(recorded)
            rows, told = counts.additions(asset, rows_of(connection, ATTENTION, symbol), given, now, last)
            add(connection, ATTENTION, COUNTED, rows)
        return told

    def append_series(self, symbol: str, given: GivenSeries, now: datetime, recorded: Day | None = None) -> Appended:
        """Adds values of a series of an asset's own, in one transaction.

        Args:
            symbol: A registered asset.
            given: The values, and what is declared of them.
            now: The instant of the import, with a time zone.
            recorded: The last session from which a forecast is on record; what forecasts up to it did not have is
                known from now on.

        Returns:
            The counts; `ingest.series_store` says what each means.

        Raises:
            UnknownSymbolError: Offers the nearest symbols.
            AssetConflictError: The series is stored with another transform or lag.
        """
        with writing(self._engine) as connection:
            asset = _known(connection, symbol)
            return series_store.append(connection, asset, given, now, None if recorded is None else as_day(recorded))

    def decide(self, symbol: str, sessions: Sequence[Day], decision: Decision, now: datetime) -> int:
        """Releases or rejects rows that are held back; a released one is added as `append` would, unless it is there.

        Args:
            symbol: The asset.
            sessions: Whose rows; every undecided one where empty.
            decision: Released or rejected.
            now: The instant, with a time zone.

        Returns:
            How many rows were decided on.

        Raises:
            UnknownSymbolError: Offers the nearest symbols.
            NoDataError: A session that has no undecided row.
        """
        with writing(self._engine) as connection:
            asset = _known(connection, symbol)
            held = rows_of(connection, QUARANTINE, symbol)
            chosen = held[held["decision"] == ""].drop_duplicates("session", keep="last")
            wanted = [as_day(day) for day in sessions]
            for day in wanted:
                if day not in set(chosen["session"]):
                    raise NoDataError(
                        f"{symbol}: no row of {day:%Y-%m-%d} is held back: see `forecaster data quarantine`"
                    )
            if wanted:
                chosen = chosen[chosen["session"].isin(wanted)]
            if decision == "released":
                added = additions(asset, rows_of(connection, VINTAGE, symbol), chosen[list(COLUMNS)], now)
                add(connection, VINTAGE, COLUMNS, added.believed)
            quarantine.decided(connection, chosen, decision, instant(pd.Timestamp(now)))
        return len(chosen)

    def history(self, symbol: str) -> History:
        """Every vintage of an asset, in memory.

        Raises:
            UnknownSymbolError: Offers the nearest symbols.
        """
        with reading(self._engine) as connection:
            asset = _known(connection, symbol)
            prices, attention, held = (rows_of(connection, table, symbol) for table in (VINTAGE, ATTENTION, QUARANTINE))
            return History(asset, prices, attention, held, series_store.series_of(connection, symbol))

    def spans(self) -> dict[str, tuple[pd.Timestamp, pd.Timestamp]]:
        """First and last session of every asset that has rows, without reading the rows between."""
        ends = select(VINTAGE.c.symbol, func.min(VINTAGE.c.session), func.max(VINTAGE.c.session))
        with reading(self._engine) as connection:
            found = connection.execute(ends.group_by(VINTAGE.c.symbol)).all()
        return {symbol: (as_day(first), as_day(last)) for symbol, first, last in found}

    def read(self, symbol: str, as_of: Day) -> pd.DataFrame:
        """What was known at the close of as_of; the same rows for ever. See `History.read`.

        Raises:
            UnknownSymbolError: Offers the nearest symbols.
            AsOfError: As_of is before or after the data, or is no session.
        """
        day = as_day(as_of)
        with reading(self._engine) as connection:
            asset = _known(connection, symbol)
            prices, attention = (rows_of(connection, table, symbol, day) for table in (VINTAGE, ATTENTION))
            return History(asset, prices, attention).read(day)


def _register(connection: Connection, asset: Asset) -> Asset:
    found = connection.execute(select(*_FACTS).where(ASSET.c.symbol == asset.symbol)).one_or_none()
    if found is None:
        connection.execute(insert(ASSET).values(asdict(asset)))
        return asset
    stored = _asset(found)
    for fact in ("calendar", "lag_minutes", "simulated", "attention_kind"):
        old, new = getattr(stored, fact), getattr(asset, fact)
        if old != new and not (fact == "attention_kind" and "" in {old, new}):
            move = f"move it by `forecaster data calendar {asset.symbol} {new}`, " if fact == "calendar" else ""
            raise AssetConflictError(
                f"{asset.symbol} is registered with {fact.replace('_', ' ')} {old!r}, not {new!r}: "
                f"use {old!r}, {move}or import under another symbol"
            )
    if asset.attention_kind and not stored.attention_kind:
        stored = replace(stored, attention_kind=asset.attention_kind)
        connection.execute(update(ASSET).where(ASSET.c.symbol == asset.symbol).values(asdict(stored)))
    return stored


def _refuse_other_attention(asset: Asset, source: str, kind: str) -> None:
    if asset.attention_source and (asset.attention_source, asset.attention_kind) != (source, kind):
        theirs = f"{asset.attention_kind} from {asset.attention_source}"
    elif asset.attention_kind and not asset.attention_source:
        theirs = f"{asset.attention_kind}, which come with its prices"
    else:
        return
    raise AssetConflictError(
        f"{asset.symbol} has {theirs}; {kind} from {source} would be another series: keep to the first, or import "
        "the asset under another symbol"
    )


def _known(connection: Connection, symbol: str) -> Asset:
    found = connection.execute(select(*_FACTS).where(ASSET.c.symbol == symbol)).one_or_none()
    if found is None:
        others = connection.execute(select(ASSET.c.symbol)).scalars().all()
        remedy = "" if others else f"; import it with `forecaster ingest csv FILE --symbol {symbol}`"
        raise UnknownSymbolError(f"symbol {symbol!r} is not known here: {nearest(symbol, others)}{remedy}")
    return _asset(found)


def _asset(row: Row[Any]) -> Asset:
    return Asset(**row._mapping)
