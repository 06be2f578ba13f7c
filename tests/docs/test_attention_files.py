"""Every file that `docs/attention_files.md` shows is read, or refused, as it says there."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from ingest.attention.csv_file import attention
from ingest.errors import IngestError
from tests.docs.pages import ROOT, Example, files

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "attention_files.md").read_text("utf-8")
EXAMPLES = files(PAGE)
NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)


def outcome(path: Path, example: Example) -> str:
    """What comes of a file: its first day, the count and what is counted, or the reason for which it is refused."""
    path.write_text(example.text, "utf-8")
    try:
        counts = attention(str(path), "2025-01-01", "2026-01-01", NOW, **example.said)
    except IngestError as fault:
        return str(fault)
    return f"{counts.days.index[0]:%Y-%m-%d}: {counts.days.iloc[0]:.10g} {counts.kind}"


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.text.split("\n")[0][:40])
def test_an_example_is_read_as_the_page_says(tmp_path: Path, example: Example) -> None:
    found = outcome(tmp_path / "counts.csv", example)
    assert example.is_borne_out(found), found


def test_all_examples_of_the_page_are_run() -> None:
    assert len(EXAMPLES) == PAGE.count("```csv") > 0
