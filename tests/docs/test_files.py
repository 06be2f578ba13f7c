"""Every file that `docs/files.md` shows is read, or refused, as it says there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest.errors import IngestError
from ingest.sources.csv_file import read
from ingest.text.choices import Choices
from tests.docs.pages import ROOT, Example, files

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "files.md").read_text("utf-8")
EXAMPLES = files(PAGE)


def outcome(path: Path, example: Example) -> str:
    """What comes of a file: its first session and close, or the reason for which it is refused."""
    path.write_text(example.text, "utf-8")
    said = dict(example.said)
    calendar = said.pop("calendar", "XNYS")
    try:
        first = read(path, "ASSET", calendar, Choices(**said)).rows.iloc[0]
    except IngestError as fault:
        return str(fault)
    return f"{first['session']:%Y-%m-%d}: {first['close']:.10g}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.text.split("\n")[0][:40])
def test_an_example_is_read_as_the_page_says(tmp_path: Path, example: Example) -> None:
    found = outcome(tmp_path / "prices.csv", example)
    assert example.is_borne_out(found), found


def test_all_examples_of_the_page_are_run() -> None:
    assert len(EXAMPLES) == PAGE.count("```csv") > 0
