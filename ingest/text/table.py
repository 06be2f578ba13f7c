"""A delimited text file as header, cells and line numbers; nothing is interpreted yet."""

import codecs
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ingest.errors import EmptyFileError, FileFaultError, MissingFileError, NotTextError

DELIMITERS = (",", ";", "\t")
PREAMBLE = 10
"""Lines before the header, such as a provider's address, that are tolerated."""

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


@dataclass(frozen=True)
class TextTable:
    """The cells of a file.

    Attributes:
        path: The file, for messages.
        header: The names of the columns, stripped.
        rows: The cells of each row, as many as the header has, stripped.
        lines: The line of the file on which each row ends, from 1.
        delimiter: One of `DELIMITERS`.
        sha256: Of the file's bytes, hex.
    """

    path: Path
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]
    delimiter: str
    sha256: str

    def column(self, position: int) -> tuple[str, ...]:
        """The cells of one column."""
        return tuple(row[position] for row in self.rows)

    def place(self, row: int) -> str:
        """File and line of a row, for messages."""
        return f"{self.path}, line {self.lines[row]}"


def read_table(path: Path, is_header: Callable[[tuple[str, ...]], bool]) -> TextTable:
    """The cells of a text file separated by commas, semicolons or tabs.

    Args:
        path: The file; UTF-8 or UTF-16 with or without a mark, else Windows-1252.
        is_header: Whether a line's cells are the header; if no early line's are, the first is.

    Raises:
        MissingFileError: No such file, a folder, or no permission.
        NotTextError: Bytes that are no text.
        EmptyFileError: No line with a row below the header.
        FileFaultError: A row with more or fewer fields than the header, or a quote never closed.
    """
    raw = _bytes(path)
    text = _text(path, raw)
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise EmptyFileError(f"{path} is empty: save the file again with a header line and a row a day")
    delimiter = _delimiter(lines[:PREAMBLE], is_header)
    numbered = _numbered(path, text, delimiter)
    start = next((at for at, (_, cells) in enumerate(numbered[:PREAMBLE]) if is_header(cells)), 0)
    header = numbered[start][1]
    width = len(header)
    body = [(line, cells if any(cells[width:]) else cells[:width]) for line, cells in numbered[start + 1 :]]
    for line, cells in body:
        if len(cells) != len(header):
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
    )


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


def _text(path: Path, raw: bytes) -> str:
    encoding = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), "utf-8")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    if any(ord(sign) < ord(" ") and sign not in "\t\r\n\f" for sign in text):
        raise NotTextError(f"{path} is no text file: export it as CSV (comma-separated text) first")
    return text


def _delimiter(lines: list[str], is_header: Callable[[tuple[str, ...]], bool]) -> str:
    """The sign that makes an early line the header, else the commonest of the first line."""
    for line in lines:
        for delimiter in DELIMITERS:
            if is_header(_stripped(next(csv.reader([line], delimiter=delimiter)))):
                return delimiter
    return max(DELIMITERS, key=lines[0].count)


def _numbered(path: Path, text: str, delimiter: str) -> list[tuple[int, tuple[str, ...]]]:
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=delimiter, strict=True)
    try:
        return [(reader.line_num, _stripped(cells)) for cells in reader if any(cell.strip() for cell in cells)]
    except csv.Error as error:
        raise FileFaultError(
            f"{path}, line {reader.line_num} cannot be split into fields ({error}): check its quotes"
        ) from error


def _stripped(cells: list[str]) -> tuple[str, ...]:
    return tuple(cell.strip() for cell in cells)
