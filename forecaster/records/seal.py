"""The seal behind a file's last byte: the sha256 of all before it, so that a change or a cut anywhere is seen."""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

from forecaster.errors import LedgerError

if TYPE_CHECKING:
    from pathlib import Path

FORM = 1
"""The form of a backup; one that an older program cannot read takes the next number."""
_WRITTEN = "\nforecaster backup {form} sha256 {digest}\n"
_READ = re.compile(rb"\nforecaster backup (\d) sha256 ([0-9a-f]{64})\n")
_BYTES = len(_WRITTEN.format(form=FORM, digest="0" * 64))
_CHUNK = 1 << 20


def seal(file: Path) -> None:
    """Puts the seal behind a file, and has both on the disk."""
    with file.open("r+b") as written:
        digest = hashlib.file_digest(written, "sha256").hexdigest()
        written.seek(0, os.SEEK_END)
        written.write(_WRITTEN.format(form=FORM, digest=digest).encode())
        written.flush()
        os.fsync(written.fileno())


def renamed(copy: Path, file: Path) -> None:
    """Gives a file its name, for good: the folder's entry is on the disk too."""
    copy.rename(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def unseal(file: Path, copy: Path) -> None:
    """Copies what stands before the seal.

    Raises:
        LedgerError: Where the seal is not there, is of a newer program, or is not that of the content.
        OSError: Where a file cannot be read or written.
    """
    digest = hashlib.sha256()
    with file.open("rb") as sealed, copy.open("wb") as target:
        left = os.fstat(sealed.fileno()).st_size - _BYTES
        while left > 0 and (chunk := sealed.read(min(left, _CHUNK))):
            digest.update(chunk)
            target.write(chunk)
            left -= len(chunk)
        found = _READ.fullmatch(sealed.read(_BYTES + 1))
    if found is None:
        raise LedgerError(
            f"{file} is not a complete backup: it was cut short or changed, or `forecaster backup` did not write it; "
            "take another copy; nothing was changed"
        )
    if int(found[1]) > FORM:
        raise LedgerError(
            f"{file} was written by a newer version of this program: update the program; nothing was changed"
        )
    if found[2].decode() != digest.hexdigest():
        raise LedgerError(f"{file} is damaged, not what was written: take another copy; nothing was changed")
