"""Files that somebody names, of a size that nobody knows: never more of one is read than it may have."""

from __future__ import annotations

import errno
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def read(file: Path, most: int) -> bytes:
    """The content of a plain file.

    Args:
        file: One that may be anything.
        most: Bytes that it may have.

    Raises:
        OSError: It cannot be read, is no plain file, or has more; its `strerror` says so.
    """
    try:
        if not stat.S_ISREG(file.stat().st_mode):  # one that is none may have no end, or never begin
            raise OSError(errno.EINVAL, "it is no plain file")
        with file.open("rb") as found:
            data = found.read(most + 1)
    except ValueError as fault:  # a name that no file has
        raise OSError(errno.EINVAL, "its name is not that of a file") from fault
    if len(data) > most:
        raise OSError(errno.EFBIG, f"it has more than {most} bytes")
    return data
