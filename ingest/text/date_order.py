"""Which of three numbers is the month: one reading for a whole column, or a question.

The rows rule readings out that make no day of one of them. Year first or last with two digits each, the rows' distance
tells as well: read wrongly, days of one month become years, and a file of a row a day has rows a year apart. Month or
day first is told by the rows alone; where they do not, a silent mistake would shuffle the history, and it is asked for.
Between points the day stands before the month, and the year first only where the distance tells.
"""

import re
from collections.abc import Callable, Sequence
from itertools import pairwise
from statistics import median

from ingest.errors import BadDateError, quoted
from ingest.text.dates import Order, in_order, three_numbers

_SEVERAL = 8
"""Rows from which on their distance tells."""
_DAILY = 4.5
"""Days between the rows of a market that is open every day but weekends and holidays, in the median, at most."""
_CAN_CHOOSE = ", or say --dates "
_NAMES = {Order.MONTH_FIRST: "mdy", Order.DAY_FIRST: "dmy", Order.YEAR_FIRST: "ymd"}
_SAID = {name: order for order, name in _NAMES.items()}
Found = Sequence[tuple[int, re.Match[str]]]


def date_order(texts: Sequence[str], place: Callable[[int], str], said: str | None = None) -> Order:
    """How dates of three numbers are read in this column; month first as well where there are none.

    Args:
        texts: Dates without a clock `(rows,)`.
        place: File and line of a row, for messages.
        said: The order as the user says, such as `dmy`; nothing where he does not, None where he cannot.

    Raises:
        BadDateError: They can be read in two ways throughout, or not in the one that is said.

    >>> date_order(["1/2/2018", "1/13/2018"], str), date_order(["1/2/2018"], str, "dmy")
    (<Order.MONTH_FIRST: (2, 0, 1)>, <Order.DAY_FIRST: (2, 1, 0)>)
    """
    found = [(row, match) for row, text in enumerate(texts) if (match := three_numbers(text))]
    if said:
        return _as_said(found, texts, place, said)
    fit = [order for order in Order if all(in_order(match, order) is not None for _, match in found)]
    if not found or not fit:
        return Order.MONTH_FIRST
    fit = _daily(found, fit)
    for row, match in found if len(fit) > 1 else ():
        if match[2] != "." and len({in_order(match, order) for order in fit}) > 1:
            named = [order.name.lower().replace("_", " ") for order in fit]
            option = "" if said is None else _CAN_CHOOSE + " or ".join(_NAMES[order] for order in fit)
            raise BadDateError(
                f"{place(row)}: {quoted(texts[row])} may be {' or '.join(named)}, and no row of the file says which: "
                f"write dates as 2018-01-21{option}"
            )
    return fit[0]


def _as_said(found: Found, texts: Sequence[str], place: Callable[[int], str], said: str) -> Order:
    order = _SAID[said]
    for row, match in found:
        if (match[2] == "." and order is Order.MONTH_FIRST) or in_order(match, order) is None:
            raise BadDateError(f"{place(row)}: {quoted(texts[row])} is not a date where --dates is {said}: say another")
    return order


def _daily(found: Found, fit: list[Order]) -> list[Order]:
    """The orders, without those that are told from a year first by the distance of rows."""
    if len(found) < _SEVERAL or len(fit) == 1 or Order.YEAR_FIRST not in fit:
        return fit
    daily = [order for order in fit if _distance(found, order) <= _DAILY]
    if daily == [Order.YEAR_FIRST]:
        return daily
    return fit if Order.YEAR_FIRST in daily or not daily else [order for order in fit if order is not Order.YEAR_FIRST]


def _distance(found: Found, order: Order) -> float:
    """Days between rows, in the median."""
    days = sorted({day for _, match in found if (day := in_order(match, order)) is not None})
    return median((after - before).days for before, after in pairwise(days)) if len(days) > 1 else 0.0
