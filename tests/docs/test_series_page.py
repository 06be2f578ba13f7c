"""Every file that `docs/series.md` shows is read, or refused, as it says there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ingest import series_file
from ingest.errors import IngestError
from ingest.series_terms import declared
from ingest.sessions import calendar
from ingest.text.choices import Choices
from tests.docs.pages import ROOT, Example, files

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "series.md").read_text("utf-8")
EXAMPLES = files(PAGE)


def outcome(path: Path, example: Example) -> str:
    """What comes of a file: the first value, how many there are and what is noted, or why it is refused."""
    path.write_text(example.text, "utf-8")
    said = {"transform": "", "column": "", **example.said}
    name, transform, column = (said.pop(word) for word in ("name", "transform", "column"))
    try:
        terms = (name, declared(name, transform), 15)
        given = series_file.read(path, "AAPL", calendar("XNYS"), terms, column, Choices(**said))
    except IngestError as fault:
        return str(fault)
    values = given.by_session
    notes = [note for note in given.notes if "without a value" not in note]
    return "; ".join((f"{values.index[0]:%Y-%m-%d}: {values.iloc[0]:.10g}, {len(values)} in all", *notes))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.text.split("\n")[0][:40])
def test_an_example_is_read_as_the_page_says(tmp_path: Path, example: Example) -> None:
    found = outcome(tmp_path / "series.csv", example)
    assert example.is_borne_out(found), found


def test_all_examples_of_the_page_are_run() -> None:
    assert len(EXAMPLES) == PAGE.count("```csv") > 0
