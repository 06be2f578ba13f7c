"""What the tests of files share: a few lines of one, written on the spot."""

from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]
DAYS = ("2026-06-08", "2026-06-09", "2026-06-10", "2026-06-11")


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A function that writes a file of a header and of rows under days, each given without its day."""

    def make(header: str, *rows: str, sep: str = ",") -> Path:
        path = tmp_path / "prices.csv"
        days = [f"{day}{sep}{row}" for day, row in zip(DAYS, rows, strict=False)]
        path.write_text("\n".join([header, *days, ""]))
        return path

    return make
