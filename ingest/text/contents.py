"""What a user's file holds: text, or the sheets of a workbook, out of whatever it is packed in.

A `.gz`, and a `.zip` with one file, hold what is inside them. What is no table is refused by what it is: the first
bytes say it, never the name.
"""

import gzip
import io
import zipfile
import zlib
from pathlib import Path
from typing import IO, NamedTuple

from ingest.errors import EmptyFileError, FileFaultError, MissingFileError, NotTextError
from ingest.text.workbook import Sheets, sheets_of

LARGEST = 1 << 30
"""Bytes that a packed file may hold."""
_GZIP, _ZIP, _EMPTY, _OLE = b"\x1f\x8b", b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_WORKBOOK = ("xl/", "content.xml", "Index/")
"""Entries of a zip that is a workbook: of Excel, OpenDocument, and Numbers."""
_NUMBERS = "Index/"
_OTHERS = (
    (b"PAR1", "a Parquet file: read it with pandas and pass the frame to forecaster.forecast, or save it as CSV"),
    (b"ARROW1", "an Arrow file: read it with pandas and pass the frame to forecaster.forecast, or save it as CSV"),
    (b"\x89HDF", "an HDF5 file: read it with pandas and pass the frame to forecaster.forecast, or save it as CSV"),
    (b"SQLite format 3", "a SQLite database: export its table as CSV"),
    (b"%PDF", "a PDF: download the prices as CSV or as an Excel workbook"),
    (b"BZh", "packed with bzip2: unpack it first"),
    (b"\xfd7zXZ", "packed with xz: unpack it first"),
    (b"7z\xbc\xaf", "packed with 7-Zip: unpack it first"),
    (b"Rar!", "packed with RAR: unpack it first"),
)


_DAMAGED = (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, ValueError)
"""What the standard library raises for an archive that it cannot read: a wrong place in it is a `ValueError`."""


class Contents(NamedTuple):
    """A file's own bytes; the bytes of text in it, or else its sheets; and what it was packed in, in words."""

    raw: bytes
    text: bytes
    sheets: Sheets | None
    packed: str


def contents(path: Path) -> Contents:
    """What a file holds.

    Args:
        path: The file.

    Raises:
        MissingFileError: No such file, a folder, or no permission.
        NotTextError: It is neither text nor a workbook, or is packed in a way that is not read.
        FileFaultError: It is damaged, or holds several files.
    """
    raw = _bytes(path)
    inner, packed = _unpacked(path, raw)
    if packed:
        inner, again = _unpacked(path, inner)
        packed = ", ".join(word for word in (packed, again) if word)
        if again and _unpacked(path, inner)[1]:
            raise NotTextError(f"{path} is packed more than twice: unpack it first")
    for magic, what in _OTHERS:
        if inner.startswith(magic):
            raise NotTextError(f"{path} is {what}")
    if inner.startswith((_OLE, _ZIP)):
        return Contents(raw, b"", sheets_of(path, inner), packed)
    return Contents(raw, inner, None, packed)


def _bytes(path: Path) -> bytes:
    if path.name.startswith(("~$", ".~lock.")):
        own = path.name.removeprefix("~$").removeprefix(".~lock.").rstrip("#")
        raise NotTextError(f"{path} only says that a workbook is open elsewhere: name the workbook itself, {own}")
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        if path.parts[0] in {"http:", "https:"}:
            raise MissingFileError(f"{path} is a web address: download it, and name the file that was saved") from error
        raise MissingFileError(f"{path} does not exist: check the name and the folder{_there(path.parent)}") from error
    except IsADirectoryError as error:
        raise MissingFileError(f"{path} is a folder: name the file in it{_there(path)}") from error
    except PermissionError as error:
        raise MissingFileError(
            f"{path} may not be read: check its permissions, and close it where another program has it open"
        ) from error
    except (OSError, ValueError) as error:
        raise MissingFileError(f"{path} cannot be read ({error}): copy it to a local disk and try again") from error


def _there(folder: Path) -> str:
    """The files of a folder that may be meant."""
    try:
        names = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in {".csv", ".xlsx", ".txt", ".zip"})
    except OSError:
        return ""
    return f" (there: {', '.join(names[:5])}{', ...' if len(names) > 5 else ''})" if names else ""  # noqa: PLR2004  # a few


def _unpacked(path: Path, raw: bytes) -> tuple[bytes, str]:
    """What is packed in these bytes, and how, in words; themselves and nothing where they are not packed."""
    if raw.startswith(_GZIP):
        return _within(path, gzip.GzipFile(fileobj=io.BytesIO(raw))), "gzip"
    if not raw.startswith((_ZIP, _EMPTY)):
        return raw, ""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return _one_of(path, archive, raw)
    except _DAMAGED as error:
        raise NotTextError(f"{path} is a damaged archive ({error}): download it again") from error


def _one_of(path: Path, archive: zipfile.ZipFile, raw: bytes) -> tuple[bytes, str]:
    names = archive.namelist()
    if any(name.startswith(_NUMBERS) for name in names):
        raise NotTextError(f"{path} is a workbook of Numbers: export it as CSV or as an Excel workbook")
    if any(name.startswith(_WORKBOOK) for name in names):
        return raw, ""
    files = [f for f in archive.infolist() if not f.is_dir() and not _is_beside(f.filename)]
    if not files:
        raise EmptyFileError(f"{path} holds no file: pack it again, or name the file itself")
    if len(files) != 1:
        listed = ", ".join(file.filename for file in files[:5])
        raise FileFaultError(f"{path} holds {len(files)} files ({listed}): unpack it, and name the one with the prices")
    if files[0].flag_bits & 1:
        raise FileFaultError(f"{path} is locked with a password: unpack it first")
    with archive.open(files[0]) as inner:
        return _within(path, inner), f"{files[0].filename} in a zip"


def _is_beside(name: str) -> bool:
    """Whether this file only accompanies others: of a system, such as `.DS_Store`, or one to read first."""
    own = name.rpartition("/")[2].casefold()
    return name.startswith("__MACOSX/") or own.startswith((".", "readme", "license", "licence"))


def _within(path: Path, packed: IO[bytes] | gzip.GzipFile) -> bytes:
    """All bytes that are packed, where they are not too many."""
    try:
        unpacked = packed.read(LARGEST + 1)
    except _DAMAGED as error:
        raise NotTextError(f"{path} is a damaged archive ({error}): download it again") from error
    if len(unpacked) > LARGEST:
        raise FileFaultError(f"{path} unpacks to more than {LARGEST >> 20} MiB: unpack it, and keep one ticker of it")
    return unpacked
