"""From which session an asset is forecast on a day, and what keeps its rows from reaching that day."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.errors import AsOfError, CalendarRangeError
from ingest.sessions import calendar

if TYPE_CHECKING:
    import pandas as pd

    from forecaster.records.home import Home
    from ingest.history import History

STALE = 5
"""An asset whose rows end more sessions than this before the day is stale."""


def origin_of(home: Home, history: History, as_of: pd.Timestamp | None) -> pd.Timestamp:
    """The asset's origin on a day: its last session up to it.

    Raises:
        AsOfError: For a day in the future, or one that the data do not cover.
        CalendarRangeError: For a day after the end of the asset's calendar.
    """
    if as_of is None:
        return history.last
    code = calendar(history.asset.calendar)
    closed = code.newest_closed(home.clock.now())
    if as_of > closed:
        code.next(closed)  # where the calendar ends with it, that is the fault, and it is raised here
        raise AsOfError(
            f"{history.asset.symbol}: as-of {as_of:%Y-%m-%d} is in the future: its last session closed on "
            f"{closed:%Y-%m-%d}; choose that day or an earlier one"
        )
    return as_of if code.is_session(as_of) else code.previous(code.next(as_of))


def stale(home: Home, history: History, as_of: pd.Timestamp | None) -> str:
    """What keeps an asset's rows from reaching the day, or today where none is named; empty where they do."""
    symbol, last, code = history.asset.symbol, history.last, calendar(history.asset.calendar)
    try:
        day = code.last_closed(home.clock.now() - history.asset.lag) if as_of is None else as_of
        behind = len(code.sessions(last, day)) - 1 if day > last else 0
    except CalendarRangeError:
        return ""
    held = history.held
    waiting = int(((held["session"] > last) & (held["decision"] == "")).sum())
    rows = "1 row since is" if waiting == 1 else f"{waiting} rows since are"
    told = f"{rows} held back: see `forecaster data quarantine {symbol}`"
    if behind <= STALE:
        return f"{symbol}: {told}" if waiting else ""
    remedy = told if waiting else "fetch or import the sessions since, or stop it (data.stopped)"
    return f"{symbol} is stale: its rows end on {last:%Y-%m-%d}, {behind} sessions before {day:%Y-%m-%d}: {remedy}"
