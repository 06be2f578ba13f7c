"""Dates as files have them: ISO, `Jan 21 2018`, `21 janvier 2018`, `21.01.2018`, `1/21/2018` where that is sure.

A date of three numbers may mean month/day or day/month, and with two digits year/month/day too:
`ingest.text.date_order` chooses. Between points the day stands before the month.
"""

import re
from collections.abc import Sequence
from datetime import date
from enum import Enum

from ingest.text.month_names import is_english, month_of, without_weekday

_NAME = r"([^\W\d_]{3,14})\.?"
_ORDINAL = r"(?:er|st|nd|rd|th|[º°.])?"
_BETWEEN = r"(?:[ /-]|\s+de\s+)?"
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_EASTERN = re.compile(r"(\d{4})(?:年|년|\.)\s*(\d{1,2})(?:月|월|\.)\s*(\d{1,2})(?:日|일|\.)?")
_MINGUO = re.compile(r"(1\d{2})([-/.])(\d{1,2})\2(\d{1,2})")
_BEFORE_MINGUO = 1911
"""The years of Taiwan begin with 1912."""
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0)?")
_MONTH_FIRST = re.compile(rf"{_NAME}[ -](\d{{1,2}}){_ORDINAL},?[ -](\d{{4}}|'\d{{2}})", re.IGNORECASE)
_DAY_FIRST = re.compile(
    rf"(\d{{1,2}}){_ORDINAL}{_BETWEEN}{_NAME},?{_BETWEEN}(\d{{4}}|'?\d{{2}})(?:\s*[\u0433r]\.)?", re.IGNORECASE
)
_NAMED_YEAR_FIRST = re.compile(rf"(\d{{4}})[ /-]?{_NAME}[ /-]?(\d{{1,2}})")
_EITHER = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4}|\d{2})")
_SHORT_YEAR = 2
_PIVOT = 70
"""Years of two digits from here on are of the last century."""


class Order(Enum):
    """How three numbers are read: the places of year, month and day."""

    MONTH_FIRST = (2, 0, 1)
    DAY_FIRST = (2, 1, 0)
    YEAR_FIRST = (0, 1, 2)


def american(texts: Sequence[str]) -> bool:
    """Whether dates are written as Americans do, month first: where they are, the decimal mark is a point.

    >>> american(["1/21/2018"]), american(["Nov 27, 2026"]), american(["21.01.2018"]), american(["2018-01-21"])
    (True, True, False, False)
    """
    sure = [match for text in texts if (match := three_numbers(text)) and len(match[4]) > _SHORT_YEAR]
    month_first = [match for match in sure if in_order(match, Order.DAY_FIRST) is None]
    named = (_MONTH_FIRST.fullmatch(text) for text in texts)
    return bool(month_first) or any(found is not None and is_english(found[1]) for found in named)


def one_date(text: str, order: Order) -> date | None:
    """The date of a text without a clock; None where it is none.

    >>> one_date("Tue, Jun 09, 2026", Order.MONTH_FIRST), one_date("09.06.26", Order.MONTH_FIRST)
    (datetime.date(2026, 6, 9), datetime.date(2026, 6, 9))
    """
    plain = without_weekday(text)
    try:
        found = three_numbers(plain)
        return in_order(found, order) if found else _sure(plain)
    except ValueError:  # such as February 30
        return None


def _sure(text: str) -> date | None:
    """A date that can be read in one way only.

    Raises:
        ValueError: It would be no day of the calendar.
    """
    if found := _YEAR_FIRST.fullmatch(text) or _MINGUO.fullmatch(text):
        year = int(found[1])
        return date(year if len(found[1]) > len("115") else _BEFORE_MINGUO + year, int(found[3]), int(found[4]))
    if found := _COMPACT.fullmatch(text) or _EASTERN.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _MONTH_FIRST.fullmatch(text):
        return date(_year(found[3]), _month(found[1]), int(found[2]))
    if found := _DAY_FIRST.fullmatch(text):
        return date(_year(found[3]), _month(found[2]), int(found[1]))
    if found := _NAMED_YEAR_FIRST.fullmatch(text):
        return date(int(found[1]), _month(found[2]), int(found[3]))
    return None


def three_numbers(text: str) -> re.Match[str] | None:
    """The three numbers of a date that may be read in several orders, as groups 1, 3 and 4; None for another text.

    >>> three_numbers("1/21/2018")[3], three_numbers("2018-01-21")
    ('21', None)
    """
    return _EITHER.fullmatch(text)


def in_order(found: re.Match[str], order: Order) -> date | None:
    """The date of three numbers read in an order; None where it would be none.

    Args:
        found: What `three_numbers` gives.
        order: The places of year, month and day.
    """
    numbers = (found[1], found[3], found[4])
    read = Order.DAY_FIRST if found[2] == "." and order is Order.MONTH_FIRST else order
    year, month, day = (numbers[at] for at in read.value)
    if order is Order.YEAR_FIRST and (len(found[4]) > _SHORT_YEAR or len(found[1]) < _SHORT_YEAR):
        return None
    try:
        return date(_year(year), int(month), int(day))
    except ValueError:
        return None


def _year(text: str) -> int:
    digits = text.lstrip("'")
    number = int(digits)
    return number if len(digits) > _SHORT_YEAR else number + (1900 if number >= _PIVOT else 2000)


def _month(name: str) -> int:
    """The month of a name.

    Raises:
        ValueError: No month, or none that is sure.
    """
    month = month_of(name)
    if month is None:
        raise ValueError(name)
    return month
