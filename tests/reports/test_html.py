"""The HTML page: one file, no script, no network, and literal about every text."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from reports import html, writing
from reports.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport

HOSTILE = '<script>alert(1)</script> {{ 7 * 7 }} "quoted" & <b>bold</b>'
EMPTY = {"meta", "br", "link", "img", "line", "rect", "path", "use"}


class Page(HTMLParser):
    """What a page is made of: its elements with their attributes, its text, and whether its tags match."""

    def __init__(self, source: str) -> None:
        """Reads `source` at once."""
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(name="page", scope="module")
def daily_page(
    asset: Callable[..., AssetPage],
    daily: Callable[..., DailyReport],
    tmp_path_factory: pytest.TempPathFactory,
) -> Page:
    """A day's page with a real and a simulated asset, under hostile words."""
    report = daily(
        asset("REAL", notes=(HOSTILE,)),
        asset(HOSTILE, simulated=True, verdicts=(HOSTILE,)),
        withheld={"A": HOSTILE},
        provenance={HOSTILE: HOSTILE},
    )
    return Page(html.render(report, tmp_path_factory.mktemp("page") / "report.html").read_text("utf-8"))


def test_its_tags_match_and_no_identifier_occurs_twice(page: Page) -> None:
    assert page.open == []
    identifiers = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identifiers) == len(set(identifiers))


def test_it_is_complete_without_script_or_network(page: Page) -> None:
    names = {tag for tag, _ in page.elements}
    assert not names & {"script", "link", "img", "iframe", "object", "embed"}
    for _, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on")
            if name in {"href", "src", "xlink:href"}:
                assert (value or "").startswith("#")


def test_links_and_references_lead_somewhere(page: Page) -> None:
    targets = {attributes.get("id") for _, attributes in page.elements}
    for _, attributes in page.elements:
        for name in ("href", "xlink:href"):
            if name in attributes:
                assert str(attributes[name])[1:] in targets
        for value in attributes.values():
            for clip in re.findall(r"url\(#([^)]+)\)", value or ""):
                assert clip in targets


def test_a_text_that_looks_like_markup_is_shown_as_it_is(page: Page) -> None:
    assert page.text.count(HOSTILE) >= 6
    assert "49" not in re.findall(r"alert\(1\)\D{0,12}(\d+)", page.text)


def test_every_drawing_is_named_or_hidden(page: Page) -> None:
    drawings = [attributes for tag, attributes in page.elements if tag == "svg"]
    named = [drawing for drawing in drawings if drawing.get("role") == "img"]
    assert len(named) == 10
    assert all(drawing["aria-label"] for drawing in named)
    assert all(drawing.get("aria-hidden") == "true" for drawing in drawings if drawing not in named)


def test_a_simulated_asset_has_its_badge(page: Page) -> None:
    badges = [attributes for tag, attributes in page.elements if attributes.get("class") == "badge simulated"]
    assert len(badges) == 3  # in the list of assets, at its rows, at its section
    assert sum("SIMULATED" in (attributes.get("aria-label") or "") for _, attributes in page.elements) >= 6


def test_it_is_the_same_each_time(
    backtest_asset: Callable[..., BacktestAsset], backtest: Callable[..., BacktestReport], tmp_path: Path
) -> None:
    first = html.render(backtest(backtest_asset(days=30)), tmp_path / "first.html").read_bytes()
    assert first == html.render(backtest(backtest_asset(days=30)), tmp_path / "second.html").read_bytes()


def test_a_failed_render_leaves_the_old_file(
    daily: Callable[..., DailyReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("yesterday")
    monkeypatch.setattr(html, "_TEMPLATES", tmp_path / "nowhere")
    with pytest.raises(ReportError, match="Reinstall"):
        html.render(daily(), path)
    assert path.read_text() == "yesterday"


def test_a_disk_that_fails_half_way_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "report.html"
    path.write_text("yesterday")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(writing.os, "fsync", full)
    with pytest.raises(ReportError, match="No space left"):
        writing.publish(path, b"today")
    assert path.read_text() == "yesterday"
    assert list(tmp_path.iterdir()) == [path]
