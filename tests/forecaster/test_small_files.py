"""Of a file that somebody names, never more is read than it may have."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from forecaster import small_files


def test_a_file_of_its_size_is_read_and_one_byte_more_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"1234")
    assert small_files.read(file, 4) == b"1234"
    with pytest.raises(OSError, match="it has more than 3 bytes"):
        small_files.read(file, 3)


def test_what_is_no_plain_file_is_refused_unread(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        with pytest.raises(OSError, match="it is no plain file"):
            small_files.read(place, 4)
    with pytest.raises(OSError, match="its name is not that of a file"):
        small_files.read(Path("a\0b"), 4)
