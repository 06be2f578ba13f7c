"""The daily run by itself: after each calendar's close, once a day, whoever runs it.

Jobs are declared in code and live in memory: what makes a day run once is the claim in the run table, not the
scheduler. A sweep between closes takes over days whose runner was killed, and makes up for missed ones.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from forecaster.errors import ForecasterError
from forecaster.operation import daily
from ingest.errors import IngestError
from ingest.sessions import calendar
from reports.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forecaster.clock import Clock
    from forecaster.operation.home import Home

log = logging.getLogger(__name__)


class AfterClose(BaseTrigger):  # type: ignore[misc]  # APScheduler has no types
    """Fires a while after each session's close, as the exchange's own calendar has it.

    Args:
        code: The calendar.
        delay: Wait after the close.
        clock: Whose time the closes are in; the trigger gives APScheduler real instants.
    """

    def __init__(self, code: str, delay: timedelta, clock: Clock) -> None:
        """See the class."""
        self.code, self.delay, self.clock = code, delay, clock

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime:
        """The real instant of the next close plus the delay."""
        return self.clock.real(next_due(self.code, self.delay, self.clock))


@dataclass(frozen=True)
class Due:
    """A day that is to be run.

    Attributes:
        calendar: The calendar's code.
        session: The session that has closed.
    """

    calendar: str
    session: pd.Timestamp


def next_due(code: str, delay: timedelta, clock: Clock) -> datetime:
    """When the next session of a calendar is due, in the clock's time, UTC."""
    code_calendar = calendar(code)
    due = code_calendar.close(code_calendar.next(code_calendar.last_closed(clock.now() - delay))) + delay
    result: datetime = due.to_pydatetime()
    return result


def due(home: Home, code: str) -> list[Due]:
    """Sessions of a calendar that have closed and are not finished, oldest first, at most `catch_up` of them.

    A home that never ran owes the last closed session only.
    """
    cal, delay = calendar(code), timedelta(minutes=home.settings.schedule.delay_minutes)
    last = cal.last_closed(home.clock.now() - delay)
    runs = home.claims.table(code)
    if runs.empty:
        return [Due(code, last)]
    first = min(pd.Timestamp(runs["session"].iloc[0]), last)
    finished = set(runs.loc[runs["finished_at"].notna(), "session"])
    owed = [day for day in cal.sessions(first, last) if f"{day:%Y-%m-%d}" not in finished]
    return [Due(code, day) for day in owed[-max(home.settings.schedule.catch_up, 1) :]]


def run_due(home: Home, code: str) -> list[Due]:
    """Claims and runs what a calendar owes; days in other hands are left to them. Returns the days that ran here."""
    lease = timedelta(minutes=home.settings.schedule.lease_minutes)
    owner = f"{socket.gethostname()}:{os.getpid()}"
    ran = []
    for item in due(home, code):
        if not home.claims.claim(code, item.session, owner, lease):
            continue
        log.info("%s %s: started by %s", code, f"{item.session:%Y-%m-%d}", owner)
        with _renewed(home, item, owner, lease):
            outcome = _run(home, item)
        if home.claims.finish(code, item.session, owner, outcome):
            ran.append(item)
            log.info("%s %s: finished by %s: %s", code, f"{item.session:%Y-%m-%d}", owner, outcome)
    return ran


def start(home: Home) -> None:
    """Runs until it is stopped: first what is owed, then each day after its close.

    Raises:
        ForecasterError: Where there is no asset to watch.
    """
    codes = sorted({asset.calendar for asset in daily.watchlist(home)})
    delay = timedelta(minutes=home.settings.schedule.delay_minutes)
    scheduler = BlockingScheduler(timezone=UTC, job_defaults={"coalesce": True, "misfire_grace_time": None})
    sweep = IntervalTrigger(minutes=home.settings.schedule.lease_minutes, timezone=UTC)
    now = datetime.now(UTC)
    for code in codes:
        scheduler.add_job(run_due, AfterClose(code, delay, home.clock), (home, code), id=f"close {code}")
        scheduler.add_job(run_due, sweep, (home, code), id=f"sweep {code}", next_run_time=now)
    scheduler.start()


def status(home: Home) -> list[dict[str, Any]]:
    """A row a calendar: when it is due next, what it owes, and how its last run ended."""
    delay = timedelta(minutes=home.settings.schedule.delay_minutes)
    rows = []
    for code in sorted({asset.calendar for asset in daily.watchlist(home)}):
        runs = home.claims.table(code)
        done = runs[runs["finished_at"].notna()] if len(runs) else runs
        rows.append(
            {
                "calendar": code,
                "next_due": next_due(code, delay, home.clock).isoformat(timespec="minutes"),
                "owed": [f"{item.session:%Y-%m-%d}" for item in due(home, code)],
                "last_session": done["session"].iloc[-1] if len(done) else "",
                "last_outcome": done["outcome"].iloc[-1] if len(done) else "",
                "running": runs.loc[runs["finished_at"].isna(), "owner"].tolist() if len(runs) else [],
            }
        )
    return rows


def _run(home: Home, item: Due) -> str:
    """One day of one calendar's assets; what it came to, in words. Faults of the database are the caller's."""
    symbols = tuple(a.symbol for a in daily.watchlist(home) if a.calendar == item.calendar)
    try:
        summary = daily.run(home, item.session, symbols)
    except (ForecasterError, ReportError, IngestError) as fault:
        log.warning("%s %s: %s", item.calendar, f"{item.session:%Y-%m-%d}", fault)
        return f"failed: {fault}"
    withheld = "".join(f"; {symbol} withheld: {reason}" for symbol, reason in summary.withheld.items())
    return f"{summary.recorded} forecasts recorded, {summary.settled} targets settled{withheld}"


@contextmanager
def _renewed(home: Home, item: Due, owner: str, lease: timedelta) -> Iterator[None]:
    """Keeps the claim alive from a thread of its own while the day runs."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(lease.total_seconds() / 3):
            home.claims.renew(item.calendar, item.session, owner)

    thread = threading.Thread(target=renew, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
