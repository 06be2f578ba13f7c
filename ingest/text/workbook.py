"""The sheets of a workbook as cells of text: Excel, old and new, and OpenDocument, read by calamine.

Cells are typed there, so nothing is guessed: a date is written as ISO, a number with a decimal point that cannot be
taken for a sign between thousands. Cells that are merged all say what is written in them, as a reader sees it: pandas
merges the equal ones of a table with two levels of rows or columns.
"""

import io
from collections.abc import Mapping
from datetime import date, datetime, time
from pathlib import Path

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from ingest.errors import FileFaultError

Line = tuple[int, tuple[str, ...]]
"""A row's number, from 1, and its cells."""
Sheets = Mapping[str, list[Line]]
"""Name of a sheet -> its rows that are not empty."""
_GROUP = 3


def sheets_of(path: Path, raw: bytes) -> Sheets:
    """The visible sheets of a workbook, in order.

    Args:
        path: The file, for messages.
        raw: The workbook.

    Raises:
        FileFaultError: It is damaged, or locked with a password.
    """
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        visible = [sheet.name for sheet in book.sheets_metadata if sheet.visible == SheetVisibleEnum.Visible]
        return {name: _lines(book, name) for name in visible}
    except CalamineError as error:
        raise FileFaultError(
            f"{path} cannot be opened as a workbook ({error}): save it without a password, or as CSV"
        ) from error


def _lines(book: CalamineWorkbook, name: str) -> list[Line]:
    sheet = book.get_sheet_by_name(name)
    above, left = sheet.start or (0, 0)
    rows = [[_text(cell) for cell in row] for row in sheet.to_python()]
    for (top, first), (bottom, last) in sheet.merged_cell_ranges or ():
        _fill(rows, slice(top - above, bottom - above + 1), slice(first - left, last - left + 1))
    return [(number, tuple(cells)) for number, cells in enumerate(rows, start=above + 1) if any(cells)]


def _fill(rows: list[list[str]], down: slice, across: slice) -> None:
    """Writes what merged cells say into each of them; those beyond the last cell that says something stay away."""
    if down.start < 0 or across.start < 0 or down.start >= len(rows):
        return
    said = next(iter(rows[down.start][across]), "")
    for row in rows[down] if said else ():
        row[across] = [said] * len(row[across])


def _text(cell: object) -> str:
    """A cell as a file of text would have it.

    >>> [_text(cell) for cell in (13.465, 47095878.0, datetime(2026, 6, 9), datetime(2026, 6, 9, 16), " Close ")]
    ['13.4650', '47095878', '2026-06-09', '2026-06-09 16:00:00', 'Close']
    """
    if isinstance(cell, float):
        whole = str(int(cell)) if cell.is_integer() else repr(cell)
        decimals = whole.partition(".")[2]
        return f"{whole}0" if len(decimals) == _GROUP and decimals.isdigit() else whole
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    return "" if cell is None else str(cell).strip()
