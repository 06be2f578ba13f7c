"""What was understood of a file, by example: for each column a cell as it is written, and what it was read as."""

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import numpy.typing as npt

from ingest.errors import quoted
from ingest.text.stamps import Stamp
from ingest.text.table import TextTable

Numbers = npt.NDArray[np.float64]
_NAMES = {
    "adjusted": "adjusted close",
    "market_cap": "market capitalisation",
    "gain": "capital gain",
    "adjustment": "adjustment factor",
}
_MOST = 200
"""Signs of a list of columns."""


def understood(
    table: TextTable,
    at: int,
    texts: Sequence[str],
    stamps: Sequence[Stamp],
    days: npt.NDArray[np.datetime64],
    positions: Mapping[str, int],
    values: Mapping[str, Numbers],
) -> tuple[tuple[str, str], ...]:
    """What each part of a file was taken for.

    Args:
        table: Of one ticker.
        at: Position of the column of dates.
        texts: Its cells `(rows,)`, with their clocks.
        stamps: What they say `(rows,)`.
        days: The session of each row.
        positions: Role -> its column.
        values: Role -> its numbers `(rows,)`.

    Returns:
        A name and a sentence each, in the order of the file's own parts.
    """
    row = max(range(len(texts)), key=lambda row: stamps[row].day.day)  # a day after the twelfth shows the order
    session: date = days[row].astype("datetime64[D]").item()
    zone = stamps[row].zone
    zoned = "no time zone" if zone is None else f"time zone {zone}"
    found = [
        ("file", table.form),
        ("date", f"{_called(table, at)}: {quoted(texts[row])} is the session of {session:%a %Y-%m-%d} ({zoned})"),
    ]
    found += [(_NAMES.get(role, role), _example(table, own, values[role])) for role, own in positions.items()]
    unused = [
        _called(table, own).removeprefix("column ")
        for own in range(len(table.header))
        if own not in {at, *positions.values()}
    ]
    return (*found, *([("not used", ", ".join(unused)[:_MOST])] if unused else []))


def _called(table: TextTable, at: int) -> str:
    return f"column {' '.join(table.header[at].split()) or '(no name)'}"


def _example(table: TextTable, at: int, numbers: Numbers) -> str:
    """The longest of the cells with a number, since it shows most of how they are written."""
    cells = table.column(at)
    there = [row for row in range(len(cells)) if not np.isnan(numbers[row])]
    if not there:
        return f"{_called(table, at)}: no number in any row"
    row = max(there, key=lambda row: len(cells[row]))
    gaps = f", {len(cells) - len(there)} gaps" if len(there) < len(cells) else ""
    return f"{_called(table, at)}: {quoted(cells[row])} is {numbers[row]:.15g}{gaps}"
