"""Trading calendars: which days are sessions, and when each one closes and is final.

A session is named by its local date. Its close is an instant in UTC: the exchange's own closing
time, early closes included; for `24/7` and `24/5` the next midnight in UTC. Nothing about a
session is known before its close.

Calendars come from the library exchange_calendars (see `ingest.building`). They begin with the first
year that is known (`ingest.known_years`), and end about one year ahead, since later holidays are not
decided yet, or where the library's own lists end. Beyond either end a question is an error, never a
guess.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.metadata import version
from numbers import Real

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.errors import AsOfError, CalendarRangeError, NotASessionError
from ingest.known_years import number
from ingest.timetables import Timetable, timetable

AHEAD = pd.Timedelta(days=300)
"""Calendars without an end of their own reach further ahead than this."""

SINCE = np.datetime64("1970-01-01", "us")
"""The day from which sessions are numbered."""

_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:[ T].*)?|\d{8}|NaT")

Day = str | date | np.datetime64
"""A day as callers have it: ISO text, a date, a datetime, a pandas or numpy timestamp."""


@dataclass(frozen=True)
class Calendar:
    """The sessions of one market; make it with `calendar`.

    Attributes:
        code: `24/7`, `24/5` or the code of an exchange such as `XNYS`.

    >>> nyse = calendar("XNYS")
    >>> nyse.next("2018-01-12"), nyse.close("2018-01-12")
    (Timestamp('2018-01-16 00:00:00'), Timestamp('2018-01-12 21:00:00+0000', tz='UTC'))
    >>> calendar("24/7").close("2018-01-21")
    Timestamp('2018-01-22 00:00:00+0000', tz='UTC')
    """

    code: str

    @property
    def first(self) -> pd.Timestamp:
        """The earliest session that the calendar covers."""
        return _stamp(self._table.sessions[0])

    @property
    def last(self) -> pd.Timestamp:
        """The latest session that the calendar covers: about a year ahead of today, unless it ends before."""
        return _stamp(self._table.sessions[-1])

    @property
    def ends(self) -> bool:
        """Whether the library's lists end with `last`, and not only what is asked of them."""
        return self.last < pd.Timestamp(datetime.now(UTC)).tz_localize(None) + AHEAD

    def covers(self, days: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
        """Which days lie within the calendar: from the first day of its first year to its last session.

        Args:
            days: Dates `(rows,)`.

        Returns:
            Whether each can be asked about `(rows,)`.

        >>> calendar("XNYS").covers(pd.DatetimeIndex(["1952-12-31", "1953-01-01", "2018-01-16"]))
        array([False,  True,  True])
        """
        wanted, sessions = days.to_numpy().astype("datetime64[us]"), self._table.sessions
        return np.asarray((wanted >= sessions[0].astype("datetime64[Y]")) & (wanted <= sessions[-1]))

    def sessions(self, first: Day, last: Day) -> pd.DatetimeIndex:
        """Every session from first to last, both included; naive dates, `datetime64[us]`.

        Raises:
            CalendarRangeError: Either day is outside the calendar.
        """
        table, start, end = self._table, self._day(first), self._day(last)
        left = np.searchsorted(table.sessions, start)
        right = np.searchsorted(table.sessions, end, side="right")
        return pd.DatetimeIndex(table.sessions[left:right])

    def is_session(self, day: Day) -> bool:
        """Whether the market trades on that day."""
        when = self._day(day)
        return bool(self._table.sessions[self._at(when)] == when)

    def are_sessions(self, days: pd.DatetimeIndex) -> npt.NDArray[np.bool_]:
        """Which of the days are sessions `(rows,)`; a day that the calendar cannot speak of is none."""
        wanted = days.to_numpy().astype("datetime64[us]")
        sessions = self._table.sessions
        found: npt.NDArray[np.bool_] = sessions[np.searchsorted(sessions, wanted).clip(max=len(sessions) - 1)] == wanted
        return found

    def next(self, session: Day) -> pd.Timestamp:
        """The first session after the day.

        Raises:
            CalendarRangeError: There is none in the calendar.
        """
        return self._pick(int(np.searchsorted(self._table.sessions, self._day(session), side="right")), session)

    def ordinal(self, session: Day) -> int:
        """The number of the first session not before the day: each session's is one more than the last one's."""
        return self._at(self._day(session)) - self._at(SINCE) + number(self.code)

    def previous(self, session: Day) -> pd.Timestamp:
        """The last session before the day.

        Raises:
            CalendarRangeError: There is none in the calendar.
        """
        return self._pick(self._at(self._day(session)) - 1, session)

    def close(self, session: Day) -> pd.Timestamp:
        """The instant, in UTC, at which the session closes.

        Raises:
            NotASessionError: The market does not trade on that day.
            CalendarRangeError: The day is outside the calendar.
        """
        if not self.is_session(session):
            raise NotASessionError(self._not_a_session(session))
        return self._instant(self._table.closes[self._at(self._day(session))])

    def last_closed(self, instant: datetime) -> pd.Timestamp:
        """The last session that is closed at the instant (its close is not later).

        Args:
            instant: With a time zone.

        Raises:
            CalendarRangeError: No session is closed by then, or the calendar ends before it.
        """
        when = pd.Timestamp(instant).tz_convert(UTC).tz_localize(None).as_unit("us").to_datetime64()
        closes = self._table.closes
        if when > closes[-1] + np.timedelta64(7, "D"):
            raise self._beyond(instant)
        return self._pick(int(np.searchsorted(closes, when, side="right")) - 1, instant)

    def newest_closed(self, instant: datetime) -> pd.Timestamp:
        """As `last_closed`; where the calendar ends before the instant, its last session."""
        return self.last_closed(min(instant, self.close(self.last)))

    def known_after(self, days: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """The close (UTC) of each day's session; of the next session where the market is shut.

        A row that a source dates on a shut day can be counted as known no earlier.

        Args:
            days: Dates `(rows,)`.

        Returns:
            Instants in UTC `(rows,)`.
        """
        wanted = days.to_numpy().astype("datetime64[us]")
        if wanted.size:
            self._day(days.min())
            self._day(days.max())
        table = self._table
        return pd.DatetimeIndex(table.closes[np.searchsorted(table.sessions, wanted)]).tz_localize(UTC)

    def opens(self, days: pd.DatetimeIndex) -> pd.DatetimeIndex:
        """The open (UTC) of each day's session; NaT where it is not known, or the day is no session.

        Args:
            days: Dates `(rows,)`.

        Returns:
            Instants in UTC `(rows,)`.

        >>> calendar("XNYS").opens(pd.DatetimeIndex(["2018-01-16", "2018-01-15"]))
        DatetimeIndex(['2018-01-16 14:30:00+00:00', 'NaT'], dtype='datetime64[us, UTC]', freq=None)
        """
        table, wanted = self._table, days.to_numpy().astype("datetime64[us]")
        at = np.searchsorted(table.sessions, wanted).clip(max=len(table.sessions) - 1)
        held = table.sessions[at] == wanted
        return pd.DatetimeIndex(np.where(held, table.opens[at], np.datetime64("NaT", "us"))).tz_localize(UTC)

    @property
    def _table(self) -> Timetable:
        now = datetime.now(UTC)
        return timetable(self.code, (now.year, now.month))

    def _at(self, when: np.datetime64) -> int:
        return int(np.searchsorted(self._table.sessions, when))

    def _day(self, day: Day) -> np.datetime64:
        """The day as numpy has it, refused where the calendar cannot speak of it."""
        when = as_day(day).to_datetime64()
        sessions = self._table.sessions
        if when < sessions[0].astype("datetime64[Y]") or when > sessions[-1]:
            raise self._beyond(day)
        return when

    def _pick(self, position: int, asked: Day) -> pd.Timestamp:
        sessions = self._table.sessions
        if not 0 <= position < len(sessions):
            raise self._beyond(asked)
        return _stamp(sessions[position])

    def _instant(self, close: np.datetime64) -> pd.Timestamp:
        return _stamp(close).tz_localize(UTC)

    def _beyond(self, day: Day) -> CalendarRangeError:
        if self.ends and as_day(day) >= self.last:
            return CalendarRangeError(
                f"calendar {self.code}'s sessions after {self.last:%Y-%m-%d} are not known to the installed "
                f"exchange_calendars {version('exchange_calendars')}: update it"
            )
        shown = str(day)[:19]
        return CalendarRangeError(
            f"{shown} is outside calendar {self.code}, which covers {self.first:%Y-%m-%d} to "
            f"{self.last:%Y-%m-%d}: use a day between, or another calendar"
        )

    def _not_a_session(self, day: Day) -> str:
        when = as_day(day)
        near = f"the session before it is {self.previous(day):%Y-%m-%d}, after it {self.next(day):%Y-%m-%d}"
        return f"{when:%Y-%m-%d} is not a session of calendar {self.code}: {near}"


def calendar(code: str | Calendar) -> Calendar:
    """The calendar of a code; a calendar is returned as it is.

    Raises:
        UnknownCalendarError: Offers the nearest codes; or the calendar cannot be built.

    >>> calendar("XNYZ")
    Traceback (most recent call last):
    ingest.errors.UnknownCalendarError: calendar 'XNYZ' is not known: nearest: XNZE, XNYS
    """
    if isinstance(code, Calendar):
        return code
    made = Calendar(code)
    _ = made.first  # a calendar that is not known or cannot be built says so here, not in the middle of a run
    return made


def as_day(day: Day) -> pd.Timestamp:
    """The local date as a naive midnight of unit us.

    Raises:
        AsOfError: It is no date; a text whose day and month could be taken for each other, and a bare number, are none.

    >>> as_day("2018-01-21")
    Timestamp('2018-01-21 00:00:00')
    >>> as_day("3.6.2018")
    Traceback (most recent call last):
    ingest.errors.AsOfError: '3.6.2018' is not a date: write it as 2018-01-21
    """
    if isinstance(day, Real) or (isinstance(day, str) and day and not _ISO.fullmatch(day)):
        raise AsOfError(f"{day!r} is not a date: write it as 2018-01-21")
    try:
        stamp = pd.Timestamp(day)
    except ValueError as error:
        raise AsOfError(f"{day!r} is not a date: write it as 2018-01-21") from error
    if pd.isna(stamp):
        raise AsOfError("a date is missing: write it as 2018-01-21")
    return stamp.tz_localize(None).normalize().as_unit("us")


def _stamp(when: np.datetime64) -> pd.Timestamp:
    return pd.Timestamp(when).as_unit("us")
