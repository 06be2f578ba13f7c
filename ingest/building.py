"""A calendar as exchange_calendars has it, from its first known year on, and only where it is what it declares.

The library's sessions come from date offsets of pandas, and two things go wrong there in silence:

- Offsets ask for holidays without saying from when, and pandas then begins in 1970: before that, every holiday on a
  weekday is a session. The calendars built here have rules that begin before the first of them.
- pandas 3.1 renamed what the library overrides: special sessions vanish, whole years lose their holidays. So a
  calendar's sessions are also worked out from its weekdays, rules and lists by numpy alone, and where the two differ
  it is refused by name.
"""

from __future__ import annotations

import copy
import warnings
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest import known_years
from ingest.errors import UnknownCalendarError, nearest

if TYPE_CHECKING:
    import exchange_calendars

BEFORE_ALL = pd.Timestamp("1885-01-01")
"""Where rules of holidays are made to begin: before any session that is asked for."""

A_MONTH = ("2024-01-01", "2024-01-31")
"""Some days of any calendar: only its class is wanted of them."""

Instants = npt.NDArray[np.datetime64]
Days = npt.NDArray[np.datetime64]


def build(code: str, end: pd.Timestamp) -> tuple[Instants, Instants, Instants, str]:
    """Sessions, closes and opens of a calendar.

    Args:
        code: `24/7`, `24/5`, the code of an exchange or an alias of it.
        end: The last day that is asked for; a calendar may end before it.

    Returns:
        Sessions, closes and opens `(sessions,)` in microseconds, the last two in UTC without saying so; no open where
        the library lacks the session. And the calendar's time zone, none where it is no calendar of the library's.

    Raises:
        UnknownCalendarError: Nobody knows the code; or the installed library and pandas do not build it right.
    """
    import exchange_calendars  # noqa: PLC0415  # it takes half a second to import, and is asked once a month

    name = _name(code)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations and slow calls of the library's own
        try:
            kind = type(exchange_calendars.get_calendar(name, start=A_MONTH[0], end=A_MONTH[1]))
            built = _of_kind(kind, pd.Timestamp(known_years.first_year(name), 1, 1), end)
            declared = _declared(built)
        except (ValueError, NotImplementedError, exchange_calendars.errors.CalendarError) as error:
            raise _refused(code, "cannot be built") from error
    sessions = built.sessions.to_numpy().astype("datetime64[D]")
    closes, opens = (
        pd.DatetimeIndex(instants).tz_convert(None).to_numpy().astype("datetime64[us]")
        for instants in (built.closes, built.opens)
    )
    lacking, their_closes = _lacking(name, sessions)
    differ = np.setdiff1d(np.setxor1d(sessions, declared), lacking)
    if differ.size:
        fault = f"({differ[0]} is {'not ' if differ[0] in declared else ''}among its sessions)"
        raise _refused(code, f"is not built right {fault}")
    zone = str(getattr(built.tz, "key", "")) if kind.__module__.startswith("exchange_calendars.") else ""
    order = np.argsort(whole := np.concatenate([sessions, lacking]))
    closes = np.concatenate([closes, their_closes])
    opens = np.concatenate([opens, np.full_like(their_closes, np.datetime64("NaT"))])
    return whole[order].astype("datetime64[us]"), closes[order], opens[order], zone


def zone(code: str) -> str:
    """The time zone in which a calendar is at home, by its name.

    Raises:
        UnknownCalendarError: Nobody knows the code.
    """
    import exchange_calendars  # noqa: PLC0415  # as above

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # as above
        built = exchange_calendars.get_calendar(_name(code), start=A_MONTH[0], end=A_MONTH[1])
    return str(getattr(built.tz, "key", "")) or "UTC"


def _name(code: str) -> str:
    """The library's own code for a code or an alias of it."""
    import exchange_calendars  # noqa: PLC0415  # as above

    known = exchange_calendars.get_calendar_names()
    if code not in known:
        raise UnknownCalendarError(f"calendar {code!r} is not known: {nearest(str(code), known)}")
    return str(exchange_calendars.resolve_alias(code))


def _of_kind(
    kind: type[exchange_calendars.ExchangeCalendar], start: pd.Timestamp, end: pd.Timestamp
) -> exchange_calendars.ExchangeCalendar:
    """A calendar whose rules begin early; nothing of pandas or of the library is changed for anyone else."""

    class Early(kind):  # type: ignore[misc]  # the library has no types
        @property
        def regular_holidays(self) -> Any:  # noqa: ANN401  # as the library has it
            return _early(super().regular_holidays)

    first, last = kind.bound_min(), kind.bound_max()
    return Early(
        start=start if first is None else max(start, first),
        end=end if last is None else min(end, last),
    )


def _early(rules: Any) -> Any:  # noqa: ANN401  # as the library has them
    """Rules that begin before all, where they are asked without saying from when; the given ones stay as they are."""
    if rules is None:
        return None
    rules, asked = copy.copy(rules), rules.holidays

    def holidays(start: object = None, end: object = None, return_name: bool = False) -> Any:  # noqa: ANN401
        return asked(BEFORE_ALL if start is None else start, end, return_name)

    rules.holidays = holidays
    return rules


def _declared(built: exchange_calendars.ExchangeCalendar) -> Days:
    """The sessions that follow from a calendar's weekdays, rules and lists."""
    first, last = built.sessions[0], built.sessions[-1]
    shut = [pd.DatetimeIndex(built.adhoc_holidays)]
    if built.regular_holidays is not None:
        shut.append(pd.DatetimeIndex(built.regular_holidays.holidays(first, last)))
    holidays = np.concatenate([days.to_numpy().astype("datetime64[D]") for days in shut])
    days = np.arange(first.to_datetime64(), last.to_datetime64() + np.timedelta64(1, "D"), dtype="datetime64[D]")
    trades = np.is_busday(days, weekmask=built.weekmask, holidays=holidays)
    for start, end, weekmask in getattr(built, "special_weekmasks", ()):
        within = (days >= (start or first).to_datetime64()) & (days <= (end or last).to_datetime64())
        trades[within] = np.is_busday(days[within], weekmask=weekmask, holidays=holidays)
    return days[trades]


def _lacking(name: str, sessions: Days) -> tuple[Days, Instants]:
    """Sessions that were held and that the library lacks, and their closes."""
    opened = {np.datetime64(day): f"{day}T{close}" for day, close in known_years.OPENED.get(name, {}).items()}
    held = {day: at for day, at in opened.items() if sessions[0] < day < sessions[-1] and day not in sessions}
    return np.array(list(held), "datetime64[D]"), np.array(list(held.values()), "datetime64[us]")


def _refused(code: str, fault: str) -> UnknownCalendarError:
    return UnknownCalendarError(
        f"calendar {code!r} {fault} by exchange_calendars {version('exchange_calendars')} "
        f"with pandas {pd.__version__}: install pandas 3.0 (`pip install 'pandas<3.1'`), "
        "or use another calendar with the same trading days"
    )
