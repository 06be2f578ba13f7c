"""An asset put on another calendar, or taken off the books: the two changes that the rules of vintages do not know.

Both are for mistakes that nothing was built on yet. The hub sees to that: it knows which forecasts were made.

Under another calendar a session closes at another instant, and what an import dated back to its close is dated
anew: with T the close in the new calendar plus the source's lag,

    known_at = T                 of a row that was dated back to its close in the old one
    known_at = max(known_at, T)  of any other: a correction, or a row that came late

as if every import had been made under the new calendar from the first; of the values of a session that become
known at one instant, the last stays. A row whose T is still to come is left out: it is imported again when it is final.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd
from sqlalchemy import delete, insert, select, update

from ingest.errors import CalendarRangeError
from ingest.panel import COLUMNS
from ingest.sessions import calendar
from ingest.tables import ASSET, ATTENTION, HELD, QUARANTINE, VINTAGE, frame, records

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Connection, Table

    from ingest.assets import Asset

_DATED = ((VINTAGE, COLUMNS), (QUARANTINE, HELD))
"""Tables whose rows are dated by the calendar; counts of attention are dated by UTC days."""


@dataclass(frozen=True)
class Moved:
    """What became of an asset's rows under another calendar.

    Attributes:
        asset: As it is on the books now.
        sessions: Days that have a row.
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
    kept, unfinished, merged = {}, 0, 0
    for table, columns in _DATED:
        wanted = select(*(table.c[name] for name in columns)).where(table.c.symbol == asset.symbol)
        rows = frame(columns, connection.execute(wanted.order_by(table.c.session, table.c.known_at)).all())
        dated = _dated(rows, asset, moved)
        final = dated[dated["known_at"] <= pd.Timestamp(now)]
        kept[table] = final[~final.duplicated(["session", "known_at"], keep="last")]
        unfinished, merged = unfinished + len(dated) - len(final), merged + len(final) - len(kept[table])
        _replace(connection, table, columns, asset.symbol, kept[table])
    connection.execute(update(ASSET).where(ASSET.c.symbol == asset.symbol).values(calendar=moved.calendar))
    days = pd.DatetimeIndex(kept[VINTAGE]["session"].unique())
    shut = sum(not calendar(code).is_session(day) for day in days)
    return Moved(moved, len(days), shut, unfinished, merged)


def forget(connection: Connection, symbol: str) -> None:
    """Takes an asset off the books, with its rows, its counts of attention and what is held back.

    Args:
        connection: Of a write transaction, see `ingest.database.writing`.
        symbol: The asset's.
    """
    for table in (VINTAGE, ATTENTION, QUARANTINE, ASSET):
        connection.execute(delete(table).where(table.c.symbol == symbol))


def _dated(rows: pd.DataFrame, before: Asset, after: Asset) -> pd.DataFrame:
    """The rows with the instants since when they are known under the calendar of `after`; see the module."""
    if rows.empty:
        return rows
    known = pd.Series(rows["known_at"])
    try:
        old, new = (_final(rows["session"], asset) for asset in (before, after))
    except CalendarRangeError as fault:
        raise CalendarRangeError(f"{before.symbol}: {fault}") from fault
    return rows.assign(known_at=known.mask((known == old) | (known < new), new))


def _final(sessions: pd.Series[pd.Timestamp], asset: Asset) -> pd.Series[pd.Timestamp]:
    """When each session is final."""
    instants = calendar(asset.calendar).known_after(pd.DatetimeIndex(sessions)) + asset.lag
    return pd.Series(instants.as_unit("us"), index=sessions.index)


def _replace(connection: Connection, table: Table, columns: Sequence[str], symbol: str, rows: pd.DataFrame) -> None:
    connection.execute(delete(table).where(table.c.symbol == symbol))
    if len(rows):
        connection.execute(insert(table), records(columns, rows))
