"""An asset put on another calendar, or taken off the books: the two changes that the rules of vintages do not know.

Both are for mistakes that nothing was built on yet. The hub sees to that: it knows which forecasts were made.

Under another calendar a session closes at another instant, and what an import dated back to its close is dated
anew: with T the close in the new calendar plus the lag of the source, or of the series,

    known_at = T                 of a row that was dated back to its close in the old one
    known_at = max(known_at, T)  of any other: a correction, or a row that came late

as if every import had been made under the new calendar from the first; of the values of a session that become
known at one instant, the last stays. A row whose T is still to come is left out: it is imported again when it is final.
Values of series of the asset's own are rows like these.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import delete, update

from ingest.errors import CalendarRangeError
from ingest.series_store import series_of
from ingest.sessions import calendar
from ingest.stored_rows import add, rows_of
from ingest.tables import ASSET, ATTENTION, QUARANTINE, SERIES, SERIES_VINTAGE, VINTAGE

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy import Connection

    from ingest.assets import Asset

_DATED = (VINTAGE, QUARANTINE)
"""Tables whose rows are dated by the calendar and the source's lag; counts of attention are dated by UTC days."""


@dataclass(frozen=True)
class Moved:
    """What became of an asset's rows under another calendar.

    Attributes:
        asset: As it is on the books now.
        sessions: Days that have a row of prices.
        shut: Days among them on which the new calendar's market does not trade.
        unfinished: Rows left out since they are not final there yet.
        merged: Values left out since they were corrected before the new calendar's close.
    """

    asset: Asset
    sessions: int
    shut: int
    unfinished: int
    merged: int


def move(connection: Connection, asset: Asset, code: str, now: datetime) -> Moved:
    """Puts an asset and its rows on another calendar.

    Args:
        connection: Of a write transaction, see `ingest.database.writing`.
        asset: As it is on the books.
        code: The new calendar's.
        now: The instant, with a time zone.

    Raises:
        UnknownCalendarError: Nobody knows the calendar.
        CalendarRangeError: Rows lie outside its years.
    """
    moved = replace(asset, calendar=calendar(code).code)
    books = [(table, rows_of(connection, table, asset.symbol), asset.lag) for table in _DATED]
    values = rows_of(connection, SERIES_VINTAGE, asset.symbol)
    own = {series.name: series.lag for series in series_of(connection, asset.symbol)}
    books += [(SERIES_VINTAGE, values[values["name"] == name], lag) for name, lag in own.items()]
    for table in (*_DATED, SERIES_VINTAGE):
        connection.execute(delete(table).where(table.c.symbol == asset.symbol))
    days, unfinished, merged = pd.DatetimeIndex([]), 0, 0
    for table, rows, lag in books:
        dated = _dated(rows, asset, moved, lag)
        final = dated[dated["known_at"] <= pd.Timestamp(now)]
        kept = final[~final.duplicated(["session", "known_at"], keep="last")]
        unfinished, merged = unfinished + len(dated) - len(final), merged + len(final) - len(kept)
        add(connection, table, tuple(rows.columns), kept)
        days = pd.DatetimeIndex(kept["session"].unique()) if table is VINTAGE else days
    connection.execute(update(ASSET).where(ASSET.c.symbol == asset.symbol).values(calendar=moved.calendar))
    shut = sum(not calendar(code).is_session(day) for day in days)
    return Moved(moved, len(days), shut, unfinished, merged)


def forget(connection: Connection, symbol: str) -> None:
    """Takes an asset off the books, with its rows, its counts of attention, its series and what is held back.

    Args:
        connection: Of a write transaction, see `ingest.database.writing`.
        symbol: The asset's.
    """
    for table in (VINTAGE, ATTENTION, QUARANTINE, SERIES_VINTAGE, SERIES, ASSET):
        connection.execute(delete(table).where(table.c.symbol == symbol))


def forget_series(connection: Connection, symbol: str, name: str) -> None:
    """Takes a series of an asset's own off the books.

    Args:
        connection: Of a write transaction, see `ingest.database.writing`.
        symbol: The asset's.
        name: The series'.
    """
    for table in (SERIES_VINTAGE, SERIES):
        connection.execute(delete(table).where((table.c.symbol == symbol) & (table.c.name == name)))


def _dated(rows: pd.DataFrame, before: Asset, after: Asset, lag: timedelta) -> pd.DataFrame:
    """The rows with the instants since when they are known under the calendar of `after`; see the module."""
    if rows.empty:
        return rows
    known = pd.Series(rows["known_at"])
    try:
        old, new = (_final(rows["session"], asset, lag) for asset in (before, after))
    except CalendarRangeError as fault:
        raise CalendarRangeError(f"{before.symbol}: {fault}") from fault
    return rows.assign(known_at=known.mask((known == old) | (known < new), new))


def _final(sessions: pd.Series[pd.Timestamp], asset: Asset, lag: timedelta) -> pd.Series[pd.Timestamp]:
    """When the value of each session is known."""
    instants = calendar(asset.calendar).known_after(pd.DatetimeIndex(sessions)) + lag
    return pd.Series(instants.as_unit("us"), index=sessions.index)
