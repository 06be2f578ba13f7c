"""Findings about a series of an asset's own: what is missing, jumps, has stopped moving, ends early, was corrected."""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from ingest.checks import STALE, Finding, finding
from ingest.own_series import OwnSeries
from ingest.record_checks import LATE
from ingest.sessions import Calendar

JUMP = 20.0
"""A value this many times the one before it, or that much below it, is worth a look."""


def series_findings(own: OwnSeries, calendar: Calendar, newest: pd.Timestamp) -> tuple[Finding, ...]:
    """Everything noteworthy about a series, one of each check that found something.

    Args:
        own: With at least one vintage.
        calendar: The asset's.
        newest: The last session that is closed.

    Raises:
        CalendarRangeError: Values, or `newest`, outside the calendar's years.
    """
    values = own.newest().set_index("session")["value"]
    return (
        *_missing(own.name, values, calendar),
        *_jumps(own.name, values),
        *_stale(own.name, values),
        *_behind(own.name, values, calendar, newest),
        *_corrected(own),
    )


def _missing(name: str, values: pd.Series, calendar: Calendar) -> Iterator[Finding]:
    days = pd.DatetimeIndex(values.index)
    absent = calendar.sessions(days[0], days[-1]).difference(days)
    if len(absent):
        share = f"{len(absent) / (len(absent) + len(days)):.1%} of its sessions"
        yield finding(f"missing {name}", absent, share, "import the missing values; without one it is as usual")


def _jumps(name: str, values: pd.Series) -> Iterator[Finding]:
    if not (values > 0).all():  # a level may be anything
        return
    steps = np.abs(np.diff(np.log(values.to_numpy())))
    wide = np.flatnonzero(steps > np.log(JUMP)) + 1
    if wide.size:
        worst = int(wide[np.argmax(steps[wide - 1])])
        detail = (
            f"{values.iloc[worst]:g} after {values.iloc[worst - 1]:g} on {values.index[worst]:%Y-%m-%d}, more than "
            f"{JUMP:g} times apart"
        )
        remedy = "compare with another source and import the right values; a real jump is kept"
        yield finding(f"jump of {name}", pd.DatetimeIndex(values.index[wide]), detail, remedy)


def _stale(name: str, values: pd.Series) -> Iterator[Finding]:
    moved = np.flatnonzero(values.to_numpy() != values.iloc[-1])
    tail = pd.DatetimeIndex(values.index[moved[-1] + 1 if moved.size else 0 :])
    if len(tail) >= STALE:
        detail = f"every value since {tail[0]:%Y-%m-%d} is {values.iloc[-1]:g}"
        yield finding(f"stale {name}", tail, detail, "check whether its source still reports it, or use another")


def _behind(name: str, values: pd.Series, calendar: Calendar, newest: pd.Timestamp) -> Iterator[Finding]:
    last = pd.Timestamp(values.index[-1])
    if last >= newest:
        return
    absent = calendar.sessions(last, newest)
    absent = absent[absent > last]
    if len(absent) > LATE:
        detail = f"the last stored session is {last:%Y-%m-%d}"
        yield finding(f"{name} behind", absent, detail, "import the values since; without one it is as usual")


def _corrected(own: OwnSeries) -> Iterator[Finding]:
    again = own.frame[own.frame["session"].duplicated()]
    if len(again):
        detail = f"the last time on {again['known_at'].max():%Y-%m-%d}"
        remedy = "compare with another source; forecasts already made keep what they knew"
        yield finding(f"revision of {own.name}", pd.DatetimeIndex(again["session"].unique()), detail, remedy)
