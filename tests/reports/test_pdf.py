"""The PDF: tagged, the same bytes for the same facts, and literal about every text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader

from reports import document, html, pdf
from reports.blocks import Beside, Figure, Group, Heading, Table
from reports.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pypdf.generic import DictionaryObject

    from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport

HOSTILE = '#import "x" <script>alert(1)</script> *x* _y_ $z$ `raw` @ref \\n //c [d]'


def words(path: Path) -> list[str]:
    """The text of each page, its runs of space and its breakable places made one space."""
    pages = [page.extract_text() for page in PdfReader(path).pages]
    return [re.sub(r"\s+", " ", page.replace("\u200b", "")) for page in pages]


def tagged(node: DictionaryObject) -> Iterator[DictionaryObject]:
    """Every element of a structure tree."""
    yield node
    children = node.get("/K", [])
    for child in children if isinstance(children, list) else [children]:
        found = child.get_object()
        if isinstance(found, dict):
            yield from tagged(found)  # type: ignore[arg-type]


def figures(composed: document.Document) -> list[Figure]:
    """Every drawing of a document."""
    found: list[Figure] = []
    for part in composed.parts:
        for block in part.blocks:
            if isinstance(block, Figure):
                found.append(block)
            elif isinstance(block, Beside):
                found += block.figures
    return found


def test_the_same_facts_give_the_same_bytes(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    first = pdf.render(daily(asset()), tmp_path / "first.pdf").read_bytes()
    assert first == pdf.render(daily(asset()), tmp_path / "second.pdf").read_bytes()


def test_a_backtest_has_the_same_bytes_too(
    backtest_asset: Callable[..., BacktestAsset], backtest: Callable[..., BacktestReport], tmp_path: Path
) -> None:
    first = pdf.render(backtest(backtest_asset(days=40)), tmp_path / "first.pdf").read_bytes()
    assert first == pdf.render(backtest(backtest_asset(days=40)), tmp_path / "second.pdf").read_bytes()


def test_the_creation_date_is_that_of_the_newest_forecast(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    about = PdfReader(pdf.render(daily(asset()), tmp_path / "report.pdf")).metadata
    assert about is not None
    assert about.creation_date == datetime(2026, 3, 4, 21, 5, 7, tzinfo=UTC)
    assert about.title == "Forecasts from the close of 4 Mar 2026"


def test_it_is_tagged_and_every_drawing_has_its_text(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    composed = document.compose(daily(asset()))
    reader = PdfReader(pdf.render(composed, tmp_path / "report.pdf"))
    root = reader.root_object
    assert root["/MarkInfo"]["/Marked"]  # type: ignore[index]
    assert root["/Lang"] == "en-GB"
    texts = {str(node["/Alt"]) for node in tagged(root["/StructTreeRoot"]) if "/Alt" in node}  # type: ignore[arg-type]
    expected = {figure.alt for figure in figures(composed)}
    assert len(expected) == 5
    assert expected <= texts


@pytest.mark.parametrize("kind", ["daily", "backtest"])
def test_simulated_is_said_on_every_page_that_shows_it(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    make = request.getfixturevalue("asset" if kind == "daily" else "backtest_asset")
    report = request.getfixturevalue(kind)(make("REAL"), make("MADEUP", simulated=True))
    pages = words(pdf.render(report, tmp_path / "report.pdf"))
    showing = [page for page in pages if "MADEUP" in page]
    assert len(showing) >= 2
    assert all("SIMULATED" in page for page in showing)
    headed = [page for page in pages if page.startswith("MADEUP")]
    assert headed
    assert all("SIMULATED" in page[:60] for page in headed)
    own = [page for page in pages if page.startswith("REAL")]
    assert own
    assert not any("SIMULATED" in page for page in own)


def test_every_drawing_of_a_simulated_asset_says_so(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport]
) -> None:
    drawn = figures(document.compose(daily(asset(simulated=True))))
    assert all("SIMULATED" in figure.svg for figure in drawn)
    assert all(figure.alt.startswith("SIMULATED") for figure in drawn)


def test_a_symbol_stands_in_every_drawing_as_it_is(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport]
) -> None:
    drawn = figures(document.compose(daily(asset("A$B$ <i>"))))
    assert all(">A$B$ &lt;i&gt;" in figure.svg for figure in drawn)


def test_a_simulated_group_is_marked_on_each_page_it_runs_over(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    composed = document.compose(daily(asset("MADEUP", simulated=True)))
    front = composed.parts[0]
    table = next(block for block in front.blocks if isinstance(block, Table))
    group = table.groups[0]
    long = Table(table.columns, (Group(group.rows * 24, group.title, badges=group.badges),))
    pages = words(pdf.render(_only(composed, (Heading("Long"), long)), tmp_path / "long.pdf"))
    assert len(pages) >= 3
    assert all(page.count("SIMULATED") == 1 for page in pages)


def _only(composed: document.Document, blocks: tuple[Heading | Table, ...]) -> document.Document:
    """A document of one part without a word in its header."""
    part = document.Part("front", "", "", blocks)
    return document.Document(composed.title, "", None, "", (part,))


def test_a_text_that_looks_like_markup_is_shown_as_it_is(
    asset: Callable[..., AssetPage], daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    report = daily(
        asset(HOSTILE, notes=(HOSTILE,), verdicts=(HOSTILE,)),
        withheld={"A": HOSTILE},
        provenance={HOSTILE: HOSTILE},
    )
    text = " ".join(words(pdf.render(report, tmp_path / "report.pdf")))
    assert text.count(HOSTILE) >= 6


def test_a_failed_render_leaves_the_old_file(
    asset: Callable[..., AssetPage],
    daily: Callable[..., DailyReport],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "report.pdf"
    path.write_text("yesterday")

    template = tmp_path / "template.typ"
    template.write_text('#panic("no ink")')
    monkeypatch.setattr(pdf, "_TEMPLATE", template)
    with pytest.raises(ReportError, match="cannot be typeset"):
        pdf.render(daily(asset()), path)
    assert path.read_text() == "yesterday"
    assert {entry.name for entry in tmp_path.iterdir()} == {"report.pdf", "template.typ"}


def test_a_panic_of_the_typesetter_is_one_plain_line_and_an_interrupt_stays_one(
    daily: Callable[..., DailyReport], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault: BaseException = type("PanicException", (BaseException,), {})("index out of range\nbacktrace")

    def failing(*_: object, **__: object) -> bytes:
        raise fault

    monkeypatch.setattr(pdf.typst, "compile", failing)
    with pytest.raises(ReportError, match=r"cannot be typeset: index out of range[.]"):
        pdf.render(daily(), tmp_path / "report.pdf")
    fault = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        pdf.render(daily(), tmp_path / "report.pdf")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("renderer", [pdf, html])
def test_a_place_that_cannot_be_written_is_one_plain_line(
    renderer: object, daily: Callable[..., DailyReport], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ReportError, match=r"Cannot write the report to .*file/report") as caught:
        renderer.render(daily(), tmp_path / "file" / "report")  # type: ignore[attr-defined]
    assert "\n" not in str(caught.value)
