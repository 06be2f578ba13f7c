"""The folder is the registry: one new file in it is a new section, in both kinds of page."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from reports import document, html, sections
from reports.blocks import Heading, Paragraph
from reports.palette import looks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport

PLANTED = """
from reports.blocks import Paragraph
from reports.contents import DailyReport
from reports.sections import Section

SECTION = Section(
    (DailyReport,), "asset", 55, "A planted section", lambda report, asset: [Paragraph(asset.symbol)]
)
"""


@pytest.fixture(name="planted")
def planted_section(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A section in a folder that is made part of the registry's."""
    (tmp_path / "planted.py").write_text(PLANTED)
    monkeypatch.setattr(sections, "__path__", [*sections.__path__, str(tmp_path)])
    yield
    sys.modules.pop("reports.sections.planted", None)


@pytest.mark.usefixtures("planted")
def test_one_new_file_is_a_new_section(
    asset: Callable[..., AssetPage],
    daily: Callable[..., DailyReport],
    backtest_asset: Callable[..., BacktestAsset],
    backtest: Callable[..., BacktestReport],
) -> None:
    composed = document.compose(daily(asset("ABC")))
    headings = [block.text for block in composed.parts[1].blocks if isinstance(block, Heading)]
    at = headings.index("A planted section")
    assert headings[at - 1 : at + 2] == ["Forecasts against what happened", "A planted section", "Weights"]
    assert Paragraph("ABC") in composed.parts[1].blocks
    assert "A planted section" in html.markup(composed)
    other = document.compose(backtest(backtest_asset(days=5)))
    assert "A planted section" not in html.markup(other)


def test_sections_of_a_place_have_ranks_of_their_own() -> None:
    for place in ("front", "asset", "closing"):
        for kind in {kind for section in sections.load() for kind in section.reports}:
            ranks = [s.order for s in sections.load() if s.place == place and kind in s.reports]
            assert len(ranks) == len(set(ranks))


def test_a_document_is_composed_once(asset: Callable[..., AssetPage], daily: Callable[..., DailyReport]) -> None:
    composed = document.compose(daily(asset()))
    assert document.compose(composed) is composed


def test_each_model_keeps_a_look_of_its_own() -> None:
    drawn = looks(f"m{i}" for i in range(24))
    assert len({(look.colour, look.dash) for look in drawn.values()}) == 24
    assert len({drawn[f"m{i}"].colour for i in range(12)}) == 12
    assert drawn["predict zero"].colour not in {look.colour for look in drawn.values()}
