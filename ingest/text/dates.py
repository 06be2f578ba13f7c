"""Dates as files have them: ISO, `Jan 21 2018`, `21.01.2018`, `1/21/2018` and `1/21/18` where that is sure.

A date of three numbers may mean month/day or day/month, and with two digits year/month/day too:
`ingest.text.date_order` chooses. Between points the day stands first.
"""

import re
from collections.abc import Sequence
from datetime import date, timedelta
from enum import Enum

_MONTHS = (
    *("january", "february", "march", "april", "may", "june"),
    *("july", "august", "september", "october", "november", "december"),
)
_GERMAN = (
    *("januar", "februar", "märz", "april", "mai", "juni"),
    *("juli", "august", "september", "oktober", "november", "dezember"),
)
_SHORTEST = 3
_WEEKDAY = re.compile(r"(?:mon|tue|wed|thu|fri|sat|sun)[a-z]{0,6}\.?,?\s+", re.IGNORECASE)
_YEAR_FIRST = re.compile(r"(\d{4})([-/.])(\d{1,2})\2(\d{1,2})")
_CHINESE = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:\.0)?")
_MONTH_FIRST = re.compile(r"([^\W\d_]{3,9})\.?[ -](\d{1,2}),?[ -](\d{4})")
_DAY_FIRST = re.compile(r"(\d{1,2})\.?[ -]([^\W\d_]{3,9})\.?,?[ -](\d{4}|\d{2})")
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4}|\d{2})")
_EITHER = re.compile(r"(\d{1,2})([/-])(\d{1,2})\2(\d{4}|\d{2})")
_SERIAL = re.compile(r"(\d{5})(?:\.\d+)?")
_EXCELS_FIRST = date(1899, 12, 30)
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
    return bool(month_first) or any(_MONTH_FIRST.fullmatch(text) for text in texts)


def one_date(text: str, order: Order) -> date | None:
    """The date of a text without a clock; None where it is none.

    >>> one_date("Tue, Jun 09, 2026", Order.MONTH_FIRST), one_date("09.06.26", Order.MONTH_FIRST)
    (datetime.date(2026, 6, 9), datetime.date(2026, 6, 9))
    """
    plain = _WEEKDAY.sub("", text, count=1) if _WEEKDAY.match(text) else text
    try:
        found = three_numbers(plain)
        return in_order(found, order) if found else _sure(plain)
    except ValueError:  # such as February 30
        return None


def serial_date(text: str) -> date | None:
    """The date of a spreadsheet's number of days, such as 43121; None where it is none.

    >>> serial_date("43121.0")
    datetime.date(2018, 1, 21)
    """
    found = _SERIAL.fullmatch(text)
    return _EXCELS_FIRST + timedelta(days=int(found[1])) if found else None


def _sure(text: str) -> date | None:
    """A date that can be read in one way only.

    Raises:
        ValueError: It would be no day of the calendar.
    """
    if found := _YEAR_FIRST.fullmatch(text):
        return date(int(found[1]), int(found[3]), int(found[4]))
    if found := _COMPACT.fullmatch(text) or _CHINESE.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _DOTTED.fullmatch(text):
        return date(_year(found[3]), int(found[2]), int(found[1]))
    if found := _MONTH_FIRST.fullmatch(text):
        return date(int(found[3]), _month(found[1]), int(found[2]))
    if found := _DAY_FIRST.fullmatch(text):
        return date(_year(found[3]), _month(found[2]), int(found[1]))
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
    year, month, day = (numbers[at] for at in order.value)
    if order is Order.YEAR_FIRST and (len(found[4]) > _SHORT_YEAR or len(found[1]) < _SHORT_YEAR):
        return None
    try:
        return date(_year(year), int(month), int(day))
    except ValueError:
        return None


def _year(text: str) -> int:
    number = int(text)
    return number if len(text) > _SHORT_YEAR else number + (1900 if number >= _PIVOT else 2000)


def _month(name: str) -> int:
    """The month of a full name or of its first letters, English or German.

    Raises:
        ValueError: No month.
    """
    for months in (_MONTHS, _GERMAN):
        for number, month in enumerate(months, start=1):
            if len(name) >= _SHORTEST and month.startswith(name.casefold()):
                return number
    raise ValueError(name)
