"""Finished shards on disk: each is there whole or not at all, and one that was touched counts as absent.

A file is named by the key of its shard and the hash of its own bytes.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from forecaster.errors import ForecasterError

if TYPE_CHECKING:
    from collections.abc import Iterator

LENGTH = 32
"""Hexadecimal digits of either hash in a name."""


class Parts:
    """The finished shards of one run.

    Args:
        folder: Where they lie; made where it is not there.
    """

    def __init__(self, folder: Path) -> None:
        """Makes the folder; see the class."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, key: str) -> Path | None:
        """The file of a shard, None where there is none that is whole."""
        for path in self._named(key):
            if path.stem[LENGTH + 1 :] == _hash(path.read_bytes()):
                return path
            path.unlink()
        return None

    def commit(self, key: str, data: bytes) -> Path:
        """Keeps a shard's result.

        Raises:
            ForecasterError: Where it cannot be written.
        """
        path = self.folder / f"{key[:LENGTH]}-{_hash(data)}.parquet"
        try:
            with tempfile.NamedTemporaryFile(dir=self.folder, prefix="unfinished-", delete=False) as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(file.name).replace(path)
        except OSError as fault:
            raise ForecasterError(
                f"{self.folder} cannot be written ({fault.strerror}): free some space; what is done so far is kept"
            ) from fault
        return path

    def _named(self, key: str) -> Iterator[Path]:
        return self.folder.glob(f"{key[:LENGTH]}-*.parquet")


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:LENGTH]
