"""Dates as files have them: ISO, `Jan 21 2018`, `21.01.2018`, and 1/21/2018 where that is sure.

A date with slashes may mean month/day or day/month. One reading is chosen for the whole file, and
only if some row rules the other out; otherwise the file is refused, since a silent mistake would
shuffle the history.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date

from ingest.errors import BadDateError

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_SHORTEST = 3
_CLOCK = r"(?:[T ]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?\s*(?:Z|UTC|[+-]\d{2}:?\d{2})?)?"
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})" + _CLOCK)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.?[ -](\d{1,2}),?[ -](\d{4})")
_DAY_FIRST = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})" + _CLOCK)
_EITHER = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4})" + _CLOCK)
_MONTHS_IN_A_YEAR = 12


def parse_dates(texts: Sequence[str], place: Callable[[int], str]) -> list[date]:
    """The dates of a column, all read in one consistent way.

    Args:
        texts: The cells `(rows,)`.
        place: File and line of a row, for messages.

    Raises:
        BadDateError: A text that is no date, or slashes that can be read in two ways throughout.

    >>> parse_dates(["Jan 21 2018", "Feb 1, 2018"], str)
    [datetime.date(2018, 1, 21), datetime.date(2018, 2, 1)]
    >>> parse_dates(["1/2/2018", "1/13/2018"], str)
    [datetime.date(2018, 1, 2), datetime.date(2018, 1, 13)]
    """
    month_first = _month_first(texts, place)
    dates = []
    for row, text in enumerate(texts):
        try:
            found = _plain(text) or _slashed(text, month_first=month_first)
        except ValueError:  # such as February 30
            found = None
        if found is None:
            raise BadDateError(f"{place(row)}: {text!r} is no date: write it as 2018-01-21")
        dates.append(found)
    return dates


def _plain(text: str) -> date | None:
    """A date that can be read in one way only."""
    if found := _YEAR_FIRST.fullmatch(text):
        return date(int(found[1]), int(found[3]), int(found[4]))
    if found := _COMPACT.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _DOTTED.fullmatch(text):
        return date(int(found[3]), int(found[2]), int(found[1]))
    if found := _MONTH_FIRST.fullmatch(text):
        return date(int(found[3]), _month(found[1]), int(found[2]))
    if found := _DAY_FIRST.fullmatch(text):
        return date(int(found[3]), _month(found[2]), int(found[1]))
    return None


def _slashed(text: str, *, month_first: bool) -> date | None:
    found = _EITHER.fullmatch(text)
    if not found:
        return None
    first, second, year = int(found[1]), int(found[3]), int(found[4])
    return date(year, first, second) if month_first else date(year, second, first)


def _month_first(texts: Sequence[str], place: Callable[[int], str]) -> bool:
    """How slashes are read in this file; True as well where there are none."""
    slashed = [(row, found) for row, text in enumerate(texts) if (found := _EITHER.fullmatch(text))]
    month_first = all(int(found[1]) <= _MONTHS_IN_A_YEAR for _, found in slashed)
    day_first = all(int(found[3]) <= _MONTHS_IN_A_YEAR for _, found in slashed)
    if month_first and day_first:
        for row, found in slashed:
            if int(found[1]) != int(found[3]):
                raise BadDateError(
                    f"{place(row)}: {texts[row]!r} may be month first or day first, and no row of the file "
                    "tells which: write dates as 2018-01-21"
                )
    return month_first or not day_first


def _month(name: str) -> int:
    """The month of a full name or of its first letters.

    Raises:
        ValueError: No month.
    """
    for number, month in enumerate(_MONTHS, start=1):
        if len(name) >= _SHORTEST and month.startswith(name.casefold()):
            return number
    raise ValueError(name)
