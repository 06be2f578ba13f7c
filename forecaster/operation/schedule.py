"""Which days are due, and running them once, whoever does: what makes a day run once is the claim in the run table."""

from __future__ import annotations

import logging
import os
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from forecaster.errors import ForecasterError
from forecaster.operation import daily
from forecaster.operation.watchlist import watchlist
from ingest.errors import CalendarRangeError, IngestError, StoreError, UnknownCalendarError
from ingest.sessions import calendar
from reports.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from forecaster.clock import Clock
    from forecaster.records.home import Home

log = logging.getLogger(__name__)

CALENDAR_FAULTS = (CalendarRangeError, UnknownCalendarError)
"""What one calendar may lack, its next session or all of them, while the others go on."""


@dataclass(frozen=True)
class Due:
    """A day that is to be run.

    Attributes:
        calendar: The calendar's code.
        session: The session that has closed.
    """

    calendar: str
    session: pd.Timestamp


@dataclass(frozen=True)
class Ran:
    """A day that ran here.

    Attributes:
        due: Which.
        outcome: What it came to, in words.
        whole: Whether every asset has its forecasts.
        waiting: Whether rows of the day may still come: it stays owed, and is tried again after the lease.
    """

    due: Due
    outcome: str
    whole: bool
    waiting: bool = False


def next_due(code: str, delay: timedelta, clock: Clock) -> datetime:
    """When the next session of a calendar is due, in the clock's time, UTC.

    Raises:
        CalendarRangeError: The calendar ends before it.
        UnknownCalendarError: The calendar cannot be built any more.
    """
    days = calendar(code)
    due = days.close(days.next(days.newest_closed(clock.now() - delay))) + delay
    result: datetime = due.to_pydatetime()
    return result


def due(home: Home, code: str) -> list[Due]:
    """Sessions of a calendar that have closed and are not finished, oldest first.

    Only the last `catch_up` sessions are looked at, the newest always: what was missed before them stays missed. A
    home that never ran owes the last closed session only. Where the calendar ends, its last session is still owed.

    Raises:
        UnknownCalendarError: The calendar cannot be built any more.
    """
    cal, delay = calendar(code), timedelta(minutes=home.settings.schedule.delay_minutes)
    last = cal.newest_closed(home.clock.now() - delay)
    runs = home.claims.table(code)
    if runs.empty:
        return [Due(code, last)]
    first = min(pd.Timestamp(runs["session"].iloc[0]), last)
    finished = set(runs.loc[runs["finished_at"].notna(), "session"])
    recent = cal.sessions(first, last)[-max(home.settings.schedule.catch_up, 1) :]
    return [Due(code, day) for day in recent if f"{day:%Y-%m-%d}" not in finished]


def run_due(home: Home, code: str, stopping: Callable[[], bool] = lambda: False) -> list[Ran]:
    """Claims and runs what a calendar owes; days in other hands are left to them.

    Args:
        home: Where everything is kept.
        code: The calendar.
        stopping: Asked before each day: once True, no other is begun.

    Returns:
        The days that ran here.

    Raises:
        StoreError: Where the database cannot be used; the day stays owed, and is taken up again after the lease.
        UnknownCalendarError: The calendar cannot be built any more.
    """
    lease = timedelta(minutes=home.settings.schedule.lease_minutes)
    owner = f"{socket.gethostname()}:{os.getpid()}"
    ran = []
    for item in due(home, code):
        if stopping() or not home.claims.claim(code, item.session, owner, lease):
            continue
        log.info("%s %s: started by %s", code, f"{item.session:%Y-%m-%d}", owner)
        with _renewed(home, item, owner, lease):
            done = _run(home, item)
        end = home.claims.postpone if done.waiting else home.claims.finish
        if end(code, item.session, owner, done.outcome):
            ran.append(done)
            word = "postponed" if done.waiting else "finished"
            log.info("%s %s: %s by %s: %s", code, f"{item.session:%Y-%m-%d}", word, owner, done.outcome)
    return ran


def status(home: Home) -> list[dict[str, Any]]:
    """One row per calendar: when it is due next, what it owes, how its last run ended, and what the calendar lacks."""
    delay = timedelta(minutes=home.settings.schedule.delay_minutes)
    rows = []
    for code in sorted({asset.calendar for asset in watchlist(home)}):
        runs = home.claims.table(code)
        done = runs[runs["finished_at"].notna()] if len(runs) else runs
        rows.append(
            {
                "calendar": code,
                **_ahead(home, code, delay),
                "last_session": done["session"].iloc[-1] if len(done) else "",
                "last_outcome": done["outcome"].iloc[-1] if len(done) else "",
                "running": runs.loc[runs[["finished_at", "outcome"]].isna().all(axis=1), "owner"].tolist(),
            }
        )
    return rows


def _ahead(home: Home, code: str, delay: timedelta) -> dict[str, Any]:
    """What a calendar owes, when it is due next, and why that is not known where it is not."""
    found: dict[str, Any] = {"next_due": "", "owed": [], "fault": ""}
    try:
        found["owed"] = [f"{item.session:%Y-%m-%d}" for item in due(home, code)]
        found["next_due"] = next_due(code, delay, home.clock).isoformat(timespec="minutes")
    except CALENDAR_FAULTS as fault:
        found["fault"] = str(fault)
    return found


def _run(home: Home, item: Due) -> Ran:
    """One day of one calendar's assets. Faults of the database are the caller's."""
    symbols = tuple(a.symbol for a in watchlist(home) if a.calendar == item.calendar)
    try:
        summary = daily.run(home, item.session, symbols)
    except StoreError:
        raise
    except (ForecasterError, ReportError, IngestError) as fault:
        return Ran(item, f"failed: {fault}", whole=False)
    withheld = "".join(f"; {symbol} withheld: {reason}" for symbol, reason in summary.withheld.items())
    faults = "".join(f"; {fault}" for fault in summary.faults)
    whole = not summary.withheld and not summary.faults
    return Ran(item, summary.told + withheld + faults, whole, waiting=bool(summary.waiting))


@contextmanager
def _renewed(home: Home, item: Due, owner: str, lease: timedelta) -> Iterator[None]:
    """Keeps the claim alive from a thread of its own while the day runs."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(lease.total_seconds() / 3):
            try:
                home.claims.renew(item.calendar, item.session, owner)
            except StoreError as fault:  # the next try may find the database in order again
                log.warning("%s %s: %s", item.calendar, f"{item.session:%Y-%m-%d}", fault)

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
