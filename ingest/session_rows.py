"""Which rows of a table are sessions, each once: idle weekends, shut days, rows that come again."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ingest.errors import DuplicateSessionError, FileFaultError
from ingest.sessions import Calendar
from ingest.stamped_days import ALWAYS, CURRENCIES, open_days
from ingest.text.table import TextTable

Days = npt.NDArray[np.datetime64]
Values = dict[str, npt.NDArray[np.float64]]
_WEEKEND = 0.15
"""Share of rows on weekends from which on the market is none that shuts."""
_A_FEW = 4
_SOME = 15
"""Rows among which a market that never closes has a weekend's."""
_SAME = 1e-6
"""Relative: values that are this near are one, written in two ways."""
_A_DAY = np.timedelta64(1, "D")
_THURSDAY, _SATURDAY = 3, 5
"""Of a week that begins with Monday as 0; days are counted from a Thursday, 1 January 1970."""


def outside(covered: npt.NDArray[np.bool_], calendar: Calendar) -> list[str]:
    """How many rows the calendar does not cover."""
    if covered.all():
        return []
    span = f"{calendar.first:%Y-%m-%d} to {calendar.last:%Y-%m-%d}"
    return [f"{int((~covered).sum())} rows outside calendar {calendar.code} ({span}), left out"]


def without_weekends(days: Days, calendar: Calendar) -> list[str]:
    """That a market which never closes has no row on any weekend, in some rows."""
    if calendar.code != ALWAYS or days.size < _SOME or (_weekdays(days) >= _SATURDAY).any():
        return []
    return [f"no row on a weekend: for a market that closes say --calendar {CURRENCIES}, or the code of its exchange"]


def idle_rows(days: Days, values: Values, calendar: Calendar) -> npt.NDArray[np.bool_]:
    """Rows of currencies on weekends, without volume where weekdays have one: some write the last close there."""
    weekend = _weekdays(days) >= _SATURDAY
    volume = values.get("volume")
    if calendar.code != CURRENCIES or volume is None or 2 * np.sum(volume[~weekend] > 0) <= np.sum(~weekend):
        return np.zeros(days.size, dtype=bool)
    return np.asarray(weekend & (volume == 0), dtype=bool)


def _weekdays(days: Days) -> npt.NDArray[np.int64]:
    return np.asarray((days.astype(np.int64) + _THURSDAY) % 7, dtype=np.int64)


def without_session(table: TextTable, days: Days, calendar: Calendar) -> list[str]:
    """How many rows stand on days when the market is shut.

    Raises:
        FileFaultError: So many on weekends that it is another market's.
    """
    shut = days[~open_days(days, calendar)]
    saturdays, weekend = int(np.sum(_weekdays(shut) == _SATURDAY)), int(np.sum(_weekdays(shut) >= _SATURDAY))
    flat = "leave out the flat rows of weekends, or " if calendar.code == CURRENCIES else ""
    if saturdays >= _A_FEW / 2 and weekend >= _A_FEW and weekend > _WEEKEND * days.size:
        raise FileFaultError(
            f"{table.path} has {weekend} of {days.size} rows on weekend days, when {calendar.code} does not trade: "
            f"{flat}for a market that never closes say --calendar {ALWAYS}"
        )
    refuse_shifted(table, days, calendar)
    return [f"{shut.size} on days without a session of {calendar.code}"] if shut.size else []


def refuse_shifted(table: TextTable, days: Days, calendar: Calendar) -> None:
    """Refuses days of which many are no sessions, and those beside them are.

    Raises:
        FileFaultError: They are a day early, or late.
    """
    shut = days[~open_days(days, calendar)]
    for step, early in ((_A_DAY, "early"), (-_A_DAY, "late")) if shut.size > _WEEKEND * days.size else ():
        if shut.size >= _A_FEW and np.sum(~open_days(days + step, calendar)) < shut.size / _A_FEW:
            raise FileFaultError(
                f"{table.path} has {shut.size} of {days.size} rows on days without a session of {calendar.code}, and "
                f"its dates seem a day {early}: correct them, or write the time and its zone beside them"
            )


def one_per_session(table: TextTable, dates: Days, values: Values, kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Positions of the rows to keep, oldest first: equal duplicates once, and a row with a close before one without.

    What the latter pays is the former's.

    Raises:
        FileFaultError: Most days have several rows.
        DuplicateSessionError: A day has two that differ.
    """
    order = np.lexsort((np.isnan(values["close"]), dates))
    order = order[kept[order]]
    numbers = np.column_stack(list(values.values()))
    closed = ~np.isnan(values["close"])
    repeated = np.flatnonzero(dates[order][1:] == dates[order][:-1]) + 1
    pairs = [(order[at - 1], order[at]) for at in repeated]
    _pass_payments([(first, second) for first, second in pairs if closed[first] and not closed[second]], values)
    differ = [
        (first, second)
        for first, second in pairs
        if closed[second] and not np.allclose(numbers[first], numbers[second], rtol=_SAME, atol=0, equal_nan=True)
    ]
    if len(differ) > max(1, (order.size - repeated.size) // 2):
        raise FileFaultError(
            f"{table.path} has several rows a day: they are hourly, or of several tickers: keep one row per day, of "
            "one ticker"
        )
    for first, second in differ:
        raise DuplicateSessionError(
            f"{table.places(int(min(first, second)), int(max(first, second)))} both give {dates[first]}, with "
            "different values: keep the right one"
        )
    return np.delete(order, repeated)


def _pass_payments(pairs: Sequence[tuple[np.intp, np.intp]], values: Values) -> None:
    """Gives a row what another of the same day, which has no close, pays."""
    for first, second in pairs:
        for role, none in (("dividend", (0.0,)), ("gain", (0.0,)), ("split", (0.0, 1.0))):
            column = values.get(role)
            if column is not None and (np.isnan(column[first]) or column[first] in none):
                column[first] = column[second]
