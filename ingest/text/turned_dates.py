"""Dates of which a spreadsheet has turned day and month around in some: refused.

A spreadsheet that reads 11/09/2026, meant as a ninth of November, in the order of another land makes the eleventh of
September of it, and leaves 11/13/2026 as a text, since there is no thirteenth month. Saved, the former are written in
another form than the latter; or all are written in one, and the rows, which followed each other, jump.
"""

import re
from collections.abc import Callable, Sequence
from datetime import date
from itertools import pairwise
from statistics import median

from ingest.errors import BadDateError, quoted

_NUMBERS = re.compile(r"(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})")
_MONTHS = 12
_SEVERAL = 5
"""Rows of which the order tells."""
_MANY = 5
"""How many times fewer jumps there must be."""
_DAILY = 4.5
"""Days between rows in the median, at most."""


def refuse_turned(texts: Sequence[str], days: Sequence[date], place: Callable[[int], str]) -> None:
    """Refuses dates of which those up to the twelfth of a month are turned around, and no others.

    Args:
        texts: Dates without a clock `(rows,)`.
        days: What they are read as.
        place: File and line of a row, for messages.

    Raises:
        BadDateError: Names the first of them.
    """
    may_turn = [day.day <= _MONTHS for day in days]
    row = next((row for row, may in enumerate(may_turn) if may), None)
    if row is None or all(may_turn):
        return
    forms = [_form(text) for text in texts]
    turned = {form for form, may in zip(forms, may_turn, strict=True) if may}
    apart = turned.isdisjoint(form for form, may in zip(forms, may_turn, strict=True) if not may)
    if apart or _straight(days):
        raise BadDateError(
            f"{place(row)}: {quoted(texts[row])}: day and month are turned around in the dates up to the 12th of a "
            "month, as a spreadsheet does that expects another land's order: take the file as it was before, or write "
            "dates as 2018-01-21"
        )


def _form(text: str) -> tuple[str, bool]:
    """The sign between three numbers, and whether the year stands first; nothing for other texts, as of names."""
    found = _NUMBERS.fullmatch(text)
    return (found[2], len(found[1]) > len(found[4])) if found else ("", False)


def _straight(days: Sequence[date]) -> bool:
    """Whether the rows follow each other day by day once the dates up to the twelfth are turned, and before did not."""
    turned = [date(day.year, day.day, day.month) if day.day <= _MONTHS else day for day in days]
    return (
        len(days) >= _SEVERAL
        and _MANY * _jumps(turned) < _jumps(days)
        and median(abs((after - before).days) for before, after in pairwise(turned)) <= _DAILY
    )


def _jumps(days: Sequence[date]) -> int:
    """How often the order of rows goes against its direction."""
    rises = sum(after > before for before, after in pairwise(days))
    falls = sum(after < before for before, after in pairwise(days))
    return min(rises, falls)
