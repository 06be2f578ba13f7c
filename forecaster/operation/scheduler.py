"""The daily run by itself: after each calendar's close, by APScheduler.

Jobs are declared in code and live in memory: what makes a day run once is the claim in the run table, not the
scheduler. A sweep between closes takes over days whose runner was killed, and makes up for missed ones.
"""

from __future__ import annotations

import logging
import threading
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.blocking import BlockingScheduler
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from forecaster import families
from forecaster.operation.schedule import CALENDAR_FAULTS, next_due, run_due
from forecaster.operation.watchlist import watchlist
from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.clock import Clock
    from forecaster.records.home import Home

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

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        """The real instant of the next close plus the delay; none, and a line in the log, where the calendar ends."""
        try:
            return self.clock.real(next_due(self.code, self.delay, self.clock))
        except CALENDAR_FAULTS as fault:
            log.error("%s", fault)  # noqa: TRY400  # one plain line, no traceback
            return None


def load() -> None:
    """Loads what training and rendering need, so that a day waits for no library once it is due."""
    for engine in iter_modules(families.__path__, f"{families.__name__}."):
        import_module(engine.name)
    import_module("forecaster.operation.render")


def start(home: Home) -> None:
    """Runs until it is stopped: first what is owed, then each day after its close. A stop lets the day in hand end.

    Raises:
        ForecasterError: Where there is no asset to watch.
    """
    codes = sorted({asset.calendar for asset in watchlist(home)})
    delay = timedelta(minutes=home.settings.schedule.delay_minutes)
    scheduler = BlockingScheduler(
        # One at a time: random state and threads of torch belong to the whole process.
        executors={"default": ThreadPoolExecutor(1)},
        timezone=UTC,
        job_defaults={"coalesce": True, "misfire_grace_time": None},
    )
    sweep = IntervalTrigger(minutes=home.settings.schedule.lease_minutes, timezone=UTC)
    now, stop = datetime.now(UTC), threading.Event()
    for code in codes:
        job = (home, code, stop.is_set)
        scheduler.add_job(_job, AfterClose(code, delay, home.clock), job, id=f"close {code}")
        scheduler.add_job(_job, sweep, job, id=f"sweep {code}", next_run_time=now)
    try:
        scheduler.start()
    finally:
        stop.set()
        if scheduler.running:
            scheduler.shutdown(
                wait=True
            )  # the day in hand starts threads of its own, which a program at its end cannot


def _job(home: Home, code: str, stopping: Callable[[], bool]) -> None:
    """What the scheduler calls: neither a database out of order nor a calendar is a reason to stop the others."""
    try:
        run_due(home, code, stopping)
    except (StoreError, *CALENDAR_FAULTS) as fault:
        log.error("%s: %s", code, fault)  # noqa: TRY400  # one plain line, no traceback
