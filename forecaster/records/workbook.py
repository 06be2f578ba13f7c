"""The record as a workbook of Excel's kind, .xlsx, written row by row in little memory.

Days and instants are real dates, numbers are the record's to the last bit, and a text is a text: what a spreadsheet
would take for a formula is marked as text in the cell's style, so that it stays one when somebody edits the cell.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from xlsxwriter import Workbook
from xlsxwriter.exceptions import FileCreateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

    Cell = Callable[[Worksheet, int, int, Any], object]

MOST = 1_048_575
"""Rows of a sheet below the one of names."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins with one of these is a formula to a spreadsheet, or becomes one on its way through a CSV file."""
_DATES = {"as_of": "yyyy-mm-dd", "target": "yyyy-mm-dd", "issued_at": "yyyy-mm-dd hh:mm:ss"}
"""Columns of dates, and how they are shown."""
_LONGEST = 32_767
"""Characters that a cell holds."""
_EPOCH = "1901"
"""Earlier days are text: Excel has no dates before 1900, and one too many in that year."""


class _Exact(float):
    """A number with all of its digits, where the library would write sixteen."""

    def __format__(self, _: str) -> str:
        return repr(float(self))


def write(draft: Path, names: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Writes a workbook of one sheet.

    Args:
        draft: The file; what is needed on the way is kept in its folder.
        names: Of the columns. `as_of` and `target` are ISO dates, `issued_at` is an ISO instant, shown in UTC.
        rows: A value a column, at most `MOST` rows; the cell of a None or an empty text stays empty.

    Returns:
        How many rows were written.

    Raises:
        OSError: Where the file cannot be written.
    """
    options = {"constant_memory": True, "tmpdir": str(draft.parent), "nan_inf_to_errors": True, "use_zip64": True}
    count = 0
    book = Workbook(str(draft), options)
    try:
        with book:
            sheet, cells = book.add_worksheet("record"), _cells(book, names)
            sheet.freeze_panes(1, 0)
            for column, name in enumerate(names):
                sheet.set_column(column, column, len(_DATES.get(name, name)) + 2)
            sheet.write_row(0, 0, names, book.add_format({"bold": True}))
            for count, row in enumerate(rows, start=1):
                for column, (cell, value) in enumerate(zip(cells, row, strict=True)):
                    if value not in {None, ""}:
                        cell(sheet, count, column, value)
    except FileCreateError as fault:
        raise OSError(*fault.args[0].args) from fault
    finally:
        for sheet in book.worksheets():
            _closed(sheet)
    return count


def _closed(sheet: Worksheet) -> None:
    """Closes the files that a sheet is kept in until it is whole, which stay open where the disk is full."""
    for file in (getattr(sheet, "row_data_fh", None), getattr(sheet, "fh", None)):
        with suppress(OSError):
            if file is not None:
                file.close()


def _cells(book: Workbook, names: Sequence[str]) -> list[Cell]:
    """What writes a value of each column."""
    text = partial(_plain, quoted=book.add_format({"quote_prefix": True}))
    shown = {form: book.add_format({"num_format": form}) for form in set(_DATES.values())}
    return [
        partial(_date, shown=shown[_DATES[name]], text=text) if name in _DATES else partial(_value, text=text)
        for name in names
    ]


def _value(sheet: Worksheet, row: int, column: int, value: object, text: Cell) -> None:
    if isinstance(value, bool):
        sheet.write_boolean(row, column, value)
    elif isinstance(value, (int, float)):
        sheet.write_number(row, column, _Exact(value) if isinstance(value, float) else value)
    else:
        text(sheet, row, column, value)


def _plain(sheet: Worksheet, row: int, column: int, value: object, quoted: Format) -> None:
    words = str(value)[:_LONGEST]
    sheet.write_string(row, column, words, quoted if words.startswith(FORMULA) else None)


def _date(sheet: Worksheet, row: int, column: int, value: str, shown: Format, text: Cell) -> None:
    if value < _EPOCH:
        text(sheet, row, column, value)
        return
    moment = datetime.fromisoformat(value)
    moment = moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment
    sheet.write_datetime(row, column, moment, shown)
