"""A delimited text file as header, cells and line numbers; nothing is interpreted yet."""

import codecs
import csv
import io
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ingest.errors import EmptyFileError, FileFaultError, MissingFileError, NotTextError
from ingest.text.dates import Order, one_date
from ingest.text.recognition import refuse_answers, refuse_returns

DELIMITERS = (",", ";", "\t", "|")
PREAMBLE = 25
"""Lines before the header, such as a provider's address, that are tolerated."""
_SPLIT, _WORDS = 2, 3
"""Cells of a last line of words, which may hold a separator, and the words of its first from which on it is one."""
_EVENTS = ("dividend", "stock split", "capital gain")
"""Words of rows that a copied web page has between its rows of prices."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_LANDS = ("gb18030", "euc_kr", "shift_jis")
Cells = tuple[str, ...]
IsHeader = Callable[[Cells], bool]


@dataclass(frozen=True)
class TextTable:
    """The cells of a file.

    Attributes:
        path: The file, or what else the rows are of, for messages.
        header: The names of the columns, stripped.
        rows: The cells of each row, as many as the header has, stripped.
        lines: The line of the file on which each row ends, from 1.
        delimiter: One of `DELIMITERS`.
        sha256: Of the file's bytes, hex.
        above: The rows above the header.
        events: Rows that announce a dividend or a split between the rows of prices, left out.
    """

    path: Path | str
    header: Cells
    rows: tuple[Cells, ...]
    lines: tuple[int, ...]
    delimiter: str
    sha256: str
    above: tuple[Cells, ...] = ()
    events: int = 0

    def column(self, position: int) -> Cells:
        """The cells of one column."""
        return tuple(row[position] for row in self.rows)

    def place(self, row: int) -> str:
        """File and line of a row, for messages."""
        return f"{self.path}, line {self.lines[row]}"

    def places(self, one: int, other: int) -> str:
        """File and lines of two rows, for messages."""
        return f"{self.path}, lines {self.lines[one]} and {self.lines[other]}"

    def numbers(self, position: int) -> npt.NDArray[np.float64] | None:
        """A column as numbers `(rows,)`, where they are known and not read from its cells."""
        return None


def read_table(path: Path, *tests: IsHeader) -> TextTable:
    """The cells of a text file separated by commas, semicolons, tabs or bars.

    Args:
        path: The file; UTF-8 or UTF-16 with or without a mark, else Windows-1252.
        tests: Whether a line's cells are the header, the surest test first; if no early line's are, the first is.

    Raises:
        MissingFileError: No such file, a folder, or no permission.
        NotTextError: Bytes that are no text.
        EmptyFileError: No line with a row below the header.
        FileFaultError: It is no table of prices, a row has more or fewer fields than the header, or a quote is never
            closed.
    """
    raw = _bytes(path)
    text = _text(path, raw, tests)
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise EmptyFileError(f"{path} is empty: save the file again with a header line and a row a day")
    refuse_answers(path, text)
    delimiter, test = _form(lines[:PREAMBLE], tests)
    numbered = _numbered(path, text, delimiter)
    start = next((at for at, (_, cells) in enumerate(numbered[:PREAMBLE]) if test and test(cells)), 0)
    header = numbered[start][1]
    body, events = _body(numbered[start + 1 :], header)
    for line, cells in body:
        if len(cells) != len(header):
            refuse_returns(path, text)
            raise FileFaultError(
                f"{path}, line {line} has {len(cells)} fields where the header has {len(header)}: "
                "complete the line, and put quotes around numbers with a comma"
            )
    return TextTable(
        path=path,
        header=header,
        rows=tuple(cells for _, cells in body),
        lines=tuple(line for line, _ in body),
        delimiter=delimiter,
        sha256=sha256(raw).hexdigest(),
        above=tuple(cells for _, cells in numbered[:start]),
        events=events,
    )


def _body(numbered: list[tuple[int, Cells]], header: Cells) -> tuple[list[tuple[int, Cells]], int]:
    """The rows below the header, without it where it comes again and a last line of words; and how many are events."""
    width = len(header)
    while numbered and width > 1 and _is_footer(numbered[-1][1], width):
        numbered = numbered[:-1]
    body = [(line, cells if any(cells[width:]) else cells[:width]) for line, cells in numbered]
    rows = [(line, cells) for line, cells in body if cells != header]
    kept = [(line, cells) for line, cells in rows if not _is_event(cells, width)]
    return kept, len(rows) - len(kept)


def _is_footer(cells: Cells, width: int) -> bool:
    """Whether this is a line of words, such as where the file comes from, and no row of which the end is lost."""
    told = [cell for cell in cells if cell]
    short = len(told) == 1 or (len(told) == _SPLIT and len(cells) < width)
    words = len(cells[0].split()) >= _WORDS and not cells[0][:1].isdigit()
    return short and words and one_date(cells[0], Order.MONTH_FIRST) is None


def _is_event(cells: Cells, width: int) -> bool:
    """Whether this is a line such as `Aug 10, 2026  0.50 Dividend` of a copied page."""
    told = [cell.casefold() for cell in cells if cell]
    return len(told) == 2 < width and any(word in told[1] for word in _EVENTS)  # noqa: PLR2004  # a day and an event


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise MissingFileError(f"{path} does not exist: check the name and the folder") from error
    except IsADirectoryError as error:
        raise MissingFileError(f"{path} is a folder: name the file in it") from error
    except PermissionError as error:
        raise MissingFileError(f"{path} may not be read: check its permissions") from error
    except (OSError, ValueError) as error:
        raise MissingFileError(f"{path} cannot be read ({error}): copy it to a local disk and try again") from error


def _text(path: Path, raw: bytes, tests: tuple[IsHeader, ...]) -> str:
    encoding = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = _of_another_land(raw, tests) or raw.decode("cp1252", errors="replace")
    if any(ord(sign) < ord(" ") and sign not in "\t\r\n\f" for sign in text):
        raise NotTextError(f"{path} is no text file: export it as CSV (comma-separated text) first")
    return _unquoted(text)


def _of_another_land(raw: bytes, tests: tuple[IsHeader, ...]) -> str | None:
    """The text in the encoding of another land in which an early line is a header; None where it is in none."""
    for encoding in ("cp1252", *_LANDS):
        with suppress(UnicodeDecodeError):
            text = raw.decode(encoding)
            lines = [line for line in text.splitlines() if line.strip()][:PREAMBLE]
            if lines and any(test(_cells(line, sign)) for test in tests for line in lines for sign in DELIMITERS):
                return text
    return None


def _unquoted(text: str) -> str:
    """The text without quotes around each whole line, as spreadsheets leave them where a file is saved twice."""
    lines = text.splitlines()
    told = [line for line in lines if line.strip()]
    whole = all(line.startswith('"') and line.endswith('"') and line.count('"') == 2 and "," in line for line in told)  # noqa: PLR2004  # one at each end
    return "\n".join(line.strip('"') for line in lines) if told and whole else text


def _form(lines: list[str], tests: tuple[IsHeader, ...]) -> tuple[str, IsHeader | None]:
    """The sign that makes an early line the header, and the test that it passed; else the commonest of the first."""
    for test in tests:
        for line in lines:
            for delimiter in DELIMITERS:
                if test(_cells(line, delimiter)):
                    return delimiter, test
    return max(DELIMITERS, key=lines[0].count), None


def _cells(line: str, delimiter: str) -> Cells:
    try:
        return _stripped(next(csv.reader([line], delimiter=delimiter), []))
    except csv.Error:  # a quote that goes on in the next line, or a field without an end: no header
        return ()


def _numbered(path: Path, text: str, delimiter: str) -> list[tuple[int, Cells]]:
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter, strict=True)
    try:
        numbered = [(reader.line_num, _stripped(cells)) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise FileFaultError(
            f"{path}, line {reader.line_num} cannot be split into fields ({error}): check its quotes"
        ) from error
    if not numbered:
        raise EmptyFileError(f"{path} has no cells: save the file again with a header line and a row a day")
    return numbered


def _stripped(cells: list[str]) -> Cells:
    return tuple(cell.strip() for cell in cells)
