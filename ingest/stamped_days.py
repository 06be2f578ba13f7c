"""Which session a stamped row belongs to: a day is the exchange's day.

A stamp at midnight of the zone that it is written in, or without a zone, is the date that it says. Any other instant
belongs to the day that holds it where the calendar is at home: midnight in Berlin, written in UTC, is the day that
begins in Berlin. Bars, rows with open, high and low, are named by their start, and where a day begins the evening
before, as currencies' does at 17:00 in New York, such a bar is the next weekday's. A lone price of a market that never
closes, stamped at midnight in UTC, is a snapshot, and so the close of the day before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

from ingest.errors import BadDateError
from ingest.sessions import Calendar
from ingest.text.stamps import Stamp
from ingest.timetables import zone as zone_of

ALWAYS, CURRENCIES = "24/7", "24/5"
_EVENINGS = {CURRENCIES: ("UTC", 21), "CMES": ("America/Chicago", 17), "us_futures": ("America/New_York", 18)}
"""Calendar -> zone and hour from which a bar is the next weekday's."""
_SATURDAY = 5
_MANY = 0.1
"""Share of the rows."""
_LATE = time(12)
_EVENING, _NIGHT, _END = time(19), time(22), time(23, 50)
"""Clocks from which a bar may begin the next day, from which it does where nothing tells, and those of a day's end."""
_DAY, _A_DAY = timedelta(days=1), np.timedelta64(1, "D")

Days = npt.NDArray[np.datetime64]


class Dated(NamedTuple):
    """The days of rows `(rows,)`, which rows are snapshots taken within a day, and what a user should know."""

    days: Days
    live: npt.NDArray[np.bool_]
    notes: tuple[str, ...]


def dated(
    stamps: Sequence[Stamp], calendar: Calendar, place: Callable[[int], str], *, bars: bool, snapshots: bool
) -> Dated:
    """The day of each stamp.

    Args:
        stamps: As the file has them `(rows,)`.
        calendar: The asset's.
        place: File and line of a row, for messages.
        bars: The rows have open, high and low.
        snapshots: They are lone prices, which are not called a close.

    Raises:
        BadDateError: Clocks without a zone, in a file whose days depend on it.
    """
    _refuse_untold(stamps, calendar, place)
    zone = ZoneInfo(zone_of(calendar.code))
    taken = snapshots and calendar.code == ALWAYS and _mostly_midnights(stamps)
    days = np.array([_day(s, calendar.code, zone, bars=bars, taken=taken) for s in stamps], dtype="datetime64[D]")
    if bars and calendar.code not in {ALWAYS, *_EVENINGS}:
        days = _late_bars(stamps, days, zone, calendar)
    if not bars and calendar.code in _EVENINGS:
        days = _started(stamps, days, zone, calendar)
    live = np.array([taken and stamp.zone is not None and stamp.timed for stamp in stamps], dtype=bool)
    notes = ["each price at midnight is stored as the close of the day before"] if taken else []
    if live.any():
        notes.append(f"{int(live.sum())} taken within a day, left out")
    return Dated(days, live, tuple(notes))


def _day(stamp: Stamp, code: str, zone: ZoneInfo, *, bars: bool, taken: bool) -> date:
    if stamp.zone is None or stamp.clock is None:
        return stamp.day
    try:
        instant = datetime.combine(stamp.day, stamp.clock, tzinfo=stamp.zone).astimezone(UTC)
        if not stamp.timed:
            return stamp.day - _DAY if taken else stamp.day
        if bars and code in _EVENINGS:
            place, hour = _EVENINGS[code]
            local = instant.astimezone(ZoneInfo(place))
            return _weekday_after(local.date()) if local.hour >= hour else local.date()
        return instant.astimezone(zone).date()
    except OverflowError:  # at either end of the years that Python knows
        return stamp.day


def _late_bars(stamps: Sequence[Stamp], days: Days, zone: ZoneInfo, calendar: Calendar) -> Days:
    """The days of bars, those that begin late in the evening moved to the next where the sessions say so.

    Midnight written in an offset that knows no summer is an hour early for half of the year; such a bar cannot hold the
    session that closed before it. Rows of one clock stand on sessions where they are dated right.
    """
    clocks: dict[time, list[int]] = {}
    for row, stamp in enumerate(stamps):
        local = _local(stamp, zone)
        if local is not None and _EVENING <= local < _END:
            clocks.setdefault(local, []).append(row)
    moved = days.copy()
    for local, rows in clocks.items():
        own, after = days[rows], days[rows] + _A_DAY
        fewer = _shut(own, calendar) - _shut(after, calendar)
        if fewer > 0 or (fewer == 0 and local >= _NIGHT):
            moved[rows] = after
    return moved


def _started(stamps: Sequence[Stamp], days: Days, zone: ZoneInfo, calendar: Calendar) -> Days:
    """The days of lone prices: as of bars, named by their start, where by their own stamps more are on shut days."""
    started: Days = np.array([_day(s, calendar.code, zone, bars=True, taken=False) for s in stamps], dtype=days.dtype)
    return started if _shut(started, calendar) < _shut(days, calendar) else days


def _local(stamp: Stamp, zone: ZoneInfo) -> time | None:
    """What the clock shows in the zone, of a stamp with a zone that is no midnight of it."""
    if stamp.zone is None or stamp.clock is None or not stamp.timed:
        return None
    try:
        return datetime.combine(stamp.day, stamp.clock, tzinfo=stamp.zone).astimezone(zone).time()
    except OverflowError:
        return None


def _weekday_after(day: date) -> date:
    day += _DAY
    while day.weekday() >= _SATURDAY:
        day += _DAY
    return day


def _mostly_midnights(stamps: Sequence[Stamp]) -> bool:
    """Whether most stamps are midnights in UTC, written so."""
    midnights = [s for s in stamps if s.zone is not None and s.clock is not None and not s.timed and _is_utc(s)]
    return 2 * len(midnights) > len(stamps)


def _is_utc(stamp: Stamp) -> bool:
    return stamp.zone is not None and stamp.zone.utcoffset(datetime.combine(stamp.day, time())) == timedelta(0)


def _refuse_untold(stamps: Sequence[Stamp], calendar: Calendar, place: Callable[[int], str]) -> None:
    """Refuses clocks without a zone where they look like midnights of another zone than they are written in."""
    naive = [row for row, stamp in enumerate(stamps) if stamp.zone is None and stamp.timed]
    if len(naive) <= _MANY * len(stamps):
        return
    if calendar.code == ALWAYS:
        untold = _moves_with_summer([stamps[row] for row in naive])
    else:
        untold = _may_be_next([stamps[row] for row in naive], calendar)
    if untold:
        raise BadDateError(
            f"{place(naive[0])}: {stamps[naive[0]].day} {stamps[naive[0]].clock} says no time zone, and the day "
            "depends on it: say --timezone, such as --timezone UTC"
        )


def _may_be_next(stamps: Sequence[Stamp], calendar: Calendar) -> bool:
    """Whether clocks without a zone may be, in UTC, the midnights with which the exchange's next days begin.

    Of many rows the shut days tell: either the days as they are written are sessions, or those after them. Of a few
    all of both may be; then a clock late in the evening, or one that is midnight at the exchange, says nothing sure.
    """
    written: Days = np.array([stamp.day for stamp in stamps], dtype="datetime64[D]")
    shut, moved = _shut(written, calendar), _shut(written + _A_DAY, calendar)
    late = [stamp for stamp in stamps if stamp.clock is not None and stamp.clock >= _LATE]
    if 2 * len(late) <= len(stamps):
        return False
    if shut > _MANY * len(stamps):
        return moved < shut / 2
    zone = ZoneInfo(zone_of(calendar.code))
    night = [stamp for stamp in late if stamp.clock is not None and (stamp.clock >= _EVENING or _begins(stamp, zone))]
    return moved == shut and calendar.code not in _EVENINGS and 2 * len(night) > len(stamps)


def _begins(stamp: Stamp, zone: ZoneInfo) -> bool:
    """Whether a stamp read in UTC is a midnight of the zone."""
    return _local(stamp._replace(zone=UTC), zone) == time()


def _moves_with_summer(stamps: Sequence[Stamp]) -> bool:
    """Whether the clocks are two, an hour apart, each of many rows: one instant, told in summer and in winter."""
    clocks = Counter(stamp.clock for stamp in stamps if stamp.clock is not None)
    ranked = [clock for clock, count in clocks.most_common(2) if count > _MANY * len(stamps)]
    if len(ranked) != 2:  # noqa: PLR2004  # two
        return False
    apart = abs(ranked[0].hour * 60 + ranked[0].minute - ranked[1].hour * 60 - ranked[1].minute)
    return apart in {60, 23 * 60}


def _shut(days: Days, calendar: Calendar) -> int:
    """How many of the days are no sessions; those that the calendar does not cover are not counted."""
    return int((~open_days(days, calendar) & within(days, calendar)).sum())


def within(days: Days, calendar: Calendar) -> npt.NDArray[np.bool_]:
    """Which days `(rows,)` the calendar covers."""
    first, last = (np.datetime64(day, "D") for day in (calendar.first.date(), calendar.last.date()))
    covered = (days >= first.astype("datetime64[Y]").astype("datetime64[D]")) & (days <= last)
    return np.asarray(covered, dtype=bool)


def open_days(days: Days, calendar: Calendar) -> npt.NDArray[np.bool_]:
    """Which days `(rows,)` are sessions."""
    sessions = calendar.sessions(calendar.first, calendar.last).to_numpy().astype("datetime64[D]")
    return np.asarray(np.isin(days, sessions), dtype=bool)
