"""The rows below a header: without what else stands there, such as the header once more, a footer, announcements."""

from collections.abc import Sequence
from typing import NamedTuple

from ingest.text.columns import IDENTIFIERS, find_columns, normal_name
from ingest.text.dates import Order, one_date
from ingest.text.workbook import Line

Cells = tuple[str, ...]
_SPLIT, _WORDS = 2, 3
"""Cells of a last line of words, which may hold a separator, and the words of its first from which on it is one."""
_EVENTS = ("dividend", "stock split", "capital gain")
"""Words of rows that a copied web page has between its rows of prices."""
_SUMMARIES = frozenset(
    {
        *(
            "total",
            "sum",
            "average",
            "avg",
            "mean",
            "median",
            "highest",
            "lowest",
            "high",
            "low",
            "max",
            "min",
            "change",
        ),
        *(
            "summe",
            "gesamt",
            "durchschnitt",
            "hoch",
            "tief",
            "moyenne",
            "promedio",
            "media",
            "totale",
            "razem",
            "średnia",
        ),
    }
)
"""First words of a last line that sums its columns up."""
_STAMPED = ("time", "date")


class Body(NamedTuple):
    """Rows with their lines, as wide as the header; how many announce an event; how many stood below the rows."""

    rows: list[Line]
    events: int
    below: int


def body(lines: Sequence[Line], header: Cells, above: Sequence[Cells]) -> Body:
    """The rows below a header.

    Args:
        lines: Everything below it.
        header: The names of the columns.
        above: The rows above it; those that come again with it, where files were joined, are none of the rows.
    """
    at = find_columns(header).get("date", 0)
    width, last = len(header), len(lines)
    while last and width > 1 and _is_footer(lines[last - 1][1], width, at):
        last -= 1
    names = {header, *above[-2:]}
    cut = [(line, cells if any(cells[width:]) else cells[:width]) for line, cells in lines[:last]]
    rows = [(line, cells) for line, cells in cut if cells not in names]
    kept = [(line, cells) for line, cells in rows if not _is_event(cells, width)]
    return Body(_filled(kept, header), len(rows) - len(kept), len(lines) - last)


def _is_footer(cells: Cells, width: int, at: int) -> bool:
    """Whether this is a line of words, such as where the file comes from, and not a row of which the end is lost."""
    reported = [cell for cell in cells if cell]
    short = len(reported) == 1 or (len(reported) == _SPLIT and len(cells) < width)
    words = len(cells[0].split()) >= _WORDS and not cells[0][:1].isdigit()
    if short and words and one_date(cells[0], Order.MONTH_FIRST) is None:
        return True
    first = cells[at] if at < len(cells) else cells[0]
    if _has_digit(first) or not any(sign.isalpha() for sign in first):
        return False
    return normal_name(first) in _SUMMARIES or not any(_has_digit(cell) for cell in cells)


def _has_digit(text: str) -> bool:
    return any(sign.isdigit() for sign in text)


def _is_event(cells: Cells, width: int) -> bool:
    """Whether this is a line such as `Aug 10, 2026  0.50 Dividend` of a copied page."""
    reported = [cell.casefold() for cell in cells if cell]
    return len(reported) == 2 < width and any(word in reported[1] for word in _EVENTS)  # noqa: PLR2004  # a day and an event


def _filled(rows: list[Line], header: Cells) -> list[Line]:
    """The rows, each with an empty field for the one column that says whose rows they are, where all lack it.

    Some exports name such a column and leave its field out. That it is this one which lacks is seen by the columns of
    times, under which times stand then, and by nothing else.
    """
    whose = [at for at, name in enumerate(header) if normal_name(name) in IDENTIFIERS]
    timed = [at for at, name in enumerate(header) if normal_name(name).startswith(_STAMPED)]
    if len(whose) != 1 or not rows or any(len(cells) != len(header) - 1 for _, cells in rows):
        return rows
    at = whose[0]
    filled = [(line, (*cells[:at], "", *cells[at:])) for line, cells in rows]
    fits = len(timed) > 1 and timed[-1] > at
    return filled if fits and all(_is_stamp(cells[timed[-1]]) for _, cells in filled) else rows


def _is_stamp(text: str) -> bool:
    return text[:4].isdigit() and text[4:5] == "-" and "T" in text
