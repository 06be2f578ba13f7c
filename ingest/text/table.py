"""A file as header, cells and line numbers; nothing is interpreted yet."""

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt

from ingest.errors import EmptyFileError, FileFaultError
from ingest.text.body import body
from ingest.text.contents import Contents, contents
from ingest.text.decoding import decoded
from ingest.text.recognition import refuse_answers, refuse_returns
from ingest.text.workbook import Line

DELIMITERS = (",", ";", "\t", "|")
PREAMBLE = 2000
"""Lines before the header, such as a provider's address and terms, that are tolerated."""
_NAMES = 25
"""Early lines in which names are looked for under each encoding."""
Cells = tuple[str, ...]
IsHeader = Callable[[Cells], bool]
Naming = Callable[[Sequence[Cells]], Cells | None]


@dataclass(frozen=True)
class TextTable:
    """The cells of a file.

    Attributes:
        path: The file, or what else the rows are of, for messages.
        header: The names of the columns, stripped.
        rows: The cells of each row, as many as the header has, stripped.
        lines: The line of the file on which each row ends, from 1.
        delimiter: One of `DELIMITERS`; none in a workbook.
        sha256: Of the file's bytes, hex.
        above: The rows above the header.
        events: Rows that announce a dividend or a split between the rows of prices, left out.
        form: Encoding, separator, what it is packed in and where its header stands, in words.
        notes: What a user must know: that the columns were named by what stands in them.
        unit: What a line is called: `line`, or the row of a sheet.
    """

    path: Path | str
    header: Cells
    rows: tuple[Cells, ...]
    lines: tuple[int, ...]
    delimiter: str
    sha256: str
    above: tuple[Cells, ...] = ()
    events: int = 0
    form: str = ""
    notes: tuple[str, ...] = ()
    unit: str = "line"

    def column(self, position: int) -> Cells:
        """The cells of one column."""
        return tuple(row[position] for row in self.rows)

    def place(self, row: int) -> str:
        """File and line of a row, for messages."""
        return f"{self.path}, {self.unit} {self.lines[row]}"

    def places(self, one: int, other: int) -> str:
        """File and lines of two rows, for messages."""
        return f"{self.path}, {self.unit}s {self.lines[one]} and {self.lines[other]}"

    def only(self, positions: Sequence[int]) -> Self:
        """The table with these columns alone, in this order."""
        rows = tuple(tuple(row[at] for at in positions) for row in self.rows)
        return replace(self, header=tuple(self.header[at] for at in positions), rows=rows)

    def numbers(self, position: int) -> npt.NDArray[np.float64] | None:
        """A column as numbers `(rows,)`, where they are known and not read from its cells."""
        return None


class _Grid(NamedTuple):
    """The cells of a file before it is known which are the header: how they were written, and the test that tells."""

    lines: list[Line]
    test: IsHeader | None
    delimiter: str
    form: str
    unit: str
    text: str


def read_table(path: Path, *tests: IsHeader, naming: Naming | None = None, sheet: str = "") -> TextTable:
    """The cells of a text file separated by commas, semicolons, tabs or bars, or of a sheet of a workbook.

    Args:
        path: The file; text in UTF-8 or UTF-16, or as `ingest.text.decoding` finds; a workbook; either packed.
        tests: Whether a line's cells are the header, the surest test first.
        naming: Names of columns by what stands in them, for a file in which no line is the header; else its first is.
        sheet: The sheet that is wanted of a workbook with several.

    Raises:
        MissingFileError: No such file, a folder, or no permission.
        NotTextError: Bytes that are neither text nor a workbook.
        EmptyFileError: No line with a row below the header.
        FileFaultError: It is no table of prices, a row has more or fewer fields than the header, or a quote is never
            closed.
    """
    held = contents(path)
    grid = _of_sheets(path, held, tests, naming, sheet) if held.sheets is not None else _of_text(path, held, tests)
    start, header, notes = _header(path, grid, naming)
    above = tuple(cells for _, cells in grid.lines[:start])
    rows, events, below = body(grid.lines[start:] if notes else grid.lines[start + 1 :], header, above)
    while rows and not header[-1] and all(len(cells) < len(header) for _, cells in rows):
        header = header[:-1]
    for line, cells in rows:
        if len(cells) != len(header):
            refuse_returns(path, grid.text)
            raise FileFaultError(
                f"{path}, {grid.unit} {line} has {len(cells)} fields where the header has {len(header)}: "
                "complete the line, and put quotes around numbers with a comma"
            )
    named = "no header" if notes else f"header in {grid.unit} {grid.lines[start][0]}"
    return TextTable(
        path=path,
        header=header,
        rows=tuple(cells for _, cells in rows),
        lines=tuple(line for line, _ in rows),
        delimiter=grid.delimiter,
        sha256=sha256(held.raw).hexdigest(),
        above=above,
        events=events,
        form=", ".join((grid.form, named, *([f"{below} lines below the rows, left out"] if below else []))),
        notes=notes,
        unit=grid.unit,
    )


def _header(path: Path, grid: _Grid, naming: Naming | None) -> tuple[int, Cells, tuple[str, ...]]:
    """Where the header or, without one, the first row stands; the names; and that they were found by content."""
    if not grid.lines:
        raise EmptyFileError(f"{path} has no cells: save the file again with a header line and one row per day")
    if grid.test is not None:
        found = ((at, cells) for at, (_, cells) in enumerate(grid.lines) if grid.test(cells))
        start, header = next(found)
        return start, header, ()
    width = Counter(len(cells) for _, cells in grid.lines).most_common(1)[0][0]
    lines = body(grid.lines, ("",) * width, ()).rows
    if naming is not None and (names := naming([cells for _, cells in lines])):
        return 0, names, (f"without a header; columns recognised by their content: {', '.join(names)}",)
    return 0, grid.lines[0][1], ()


def _of_text(path: Path, held: Contents, tests: tuple[IsHeader, ...]) -> _Grid:
    def begins(test: IsHeader, text: str) -> bool:
        return _form(list(islice(_lines(text), _NAMES)), (test,))[1] is not None

    found = decoded(path, held.text, [partial(begins, test) for test in tests])
    text = _unquoted(found.text)
    lines = list(islice(_lines(text), PREAMBLE))
    if not lines:
        raise EmptyFileError(f"{path} is empty: save the file again with a header line and one row per day")
    refuse_answers(path, text)
    delimiter, test = _form(lines, tests)
    name = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}[delimiter]
    form = ", ".join(word for word in (held.packed, found.encoding.upper(), f"fields between {name}") if word)
    return _Grid(_numbered(path, text, delimiter), test, delimiter, form, "line", text)


def _of_sheets(path: Path, held: Contents, tests: tuple[IsHeader, ...], naming: Naming | None, sheet: str) -> _Grid:
    """The one sheet that is a table of prices, or the one that is named.

    Raises:
        FileFaultError: Several are, or none has that name.
    """
    sheets = held.sheets or {}
    listed = ", ".join(sheets)[:200]
    if sheet and sheet not in sheets:
        raise FileFaultError(f"{path} has no sheet {sheet}: --sheet is one of {listed}")
    wanted = {sheet: sheets[sheet]} if sheet else {name: lines for name, lines in sheets.items() if lines}
    tables = {name: _test_of(lines, tests) for name, lines in wanted.items()}
    fit = [name for name, test in tables.items() if test] or [
        name for name, lines in wanted.items() if naming and naming([cells for _, cells in lines])
    ]
    if len(fit) > 1:
        raise FileFaultError(f"{path} has several sheets of prices: say --sheet, one of {', '.join(fit)[:200]}")
    if not wanted or (not fit and len(wanted) > 1):
        raise EmptyFileError(f"{path} has no sheet with a date and a close (its sheets: {listed}): name its columns")
    name = fit[0] if fit else next(iter(wanted))
    form = ", ".join(word for word in (held.packed, f"workbook, sheet {name}") if word)
    return _Grid(wanted[name], tables[name], "", form, f"sheet {name}, row", "")


def _test_of(lines: Sequence[Line], tests: tuple[IsHeader, ...]) -> IsHeader | None:
    return next((test for test in tests if any(test(cells) for _, cells in lines[:PREAMBLE])), None)


def _lines(text: str) -> Iterator[str]:
    """The lines that say something."""
    return (line for line in io.StringIO(text, newline=None) if line.strip())


def _unquoted(text: str) -> str:
    """The text without quotes around each whole line, as spreadsheets leave them where a file is saved twice."""
    if not text.lstrip("\ufeff \t\r\n").startswith('"'):
        return text
    lines = text.splitlines()
    full = [line for line in lines if line.strip()]
    whole = all(line.startswith('"') and line.endswith('"') and line.count('"') == 2 and "," in line for line in full)  # noqa: PLR2004  # one at each end
    return "\n".join(line.strip('"') for line in lines) if full and whole else text


def _form(lines: list[str], tests: tuple[IsHeader, ...]) -> tuple[str, IsHeader | None]:
    """The sign that makes an early line the header, and the test that it passed; else the commonest of the first."""
    for test in tests:
        for line in lines:
            for delimiter in DELIMITERS:
                if delimiter in line and test(_cells(line, delimiter)):
                    return delimiter, test
    return max(DELIMITERS, key=lines[0].count) if lines else ",", None


def _cells(line: str, delimiter: str) -> Cells:
    try:
        return _stripped(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:  # a quote that goes on in the next line, or a field without an end: no header
        return ()


def _numbered(path: Path, text: str, delimiter: str) -> list[Line]:
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, _stripped(cells)) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise FileFaultError(
            f"{path}, line {reader.line_num} cannot be split into fields ({error}): check its quotes"
        ) from error


def _stripped(cells: list[str]) -> Cells:
    return tuple(_formula(cell) if cell[:1] == "=" else cell for cell in map(str.strip, cells))


def _formula(cell: str) -> str:
    """What a cell such as `="0700"` shows, which some write so that a spreadsheet leaves it as it is."""
    return cell[2:-1].strip() if cell.startswith('="') and cell.endswith('"') and len(cell) > len('="') else cell
