"""A report put together: its sections in order, part by part, ready for either renderer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from reports import sections
from reports.blocks import Block, Heading
from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport
from reports.marks import anchor, simulated_badge
from reports.names import in_words
from reports.numerals import day, moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from reports.sections import Place, Section


@dataclass(frozen=True)
class Part:
    """Pages under one running header: the front, an asset, or the closing pages.

    Attributes:
        place: Which of the three.
        running: What the header of each page says.
        warning: What the header says of a rehearsal and of simulated data, empty where there is neither.
        blocks: The content.
    """

    place: Place
    running: str
    warning: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """Everything a renderer needs.

    Attributes:
        title: The report's title.
        subtitle: One line under it.
        issued: When the facts were complete (UTC); None where the facts carry no such instant.
        footer: What the foot of each page says.
        parts: Front, assets, closing pages.
    """

    title: str
    subtitle: str
    issued: datetime | None
    footer: str
    parts: tuple[Part, ...]


def compose(report: DailyReport | BacktestReport | Document) -> Document:
    """The whole document for a report, from every section that belongs to its kind.

    A document composed once may be rendered as often as one likes, and is returned as it is.
    """
    if isinstance(report, Document):
        return report
    report = in_words(report)
    chosen = [section for section in sections.load() if type(report) in section.reports]
    title, subtitle, footer = _wording(report)
    return Document(
        title=title,
        subtitle=subtitle,
        issued=report.rendered_from if isinstance(report, DailyReport) else None,
        footer=footer,
        parts=(
            _whole(report, "front", title, chosen),
            *(_asset(report, i, chosen) for i in range(len(report.assets))),
            _whole(report, "closing", title, chosen),
        ),
    )


def _wording(report: DailyReport | BacktestReport) -> tuple[str, str, str]:
    """Title, subtitle and footer."""
    size = f"{_count(len(report.assets), 'asset')}, {_count(len(report.models), 'model')}"
    if isinstance(report, DailyReport):
        issued, mark = moment(report.rendered_from), "REHEARSAL \u00b7 " if report.rehearsal else ""
        return (
            f"Forecasts from the close of {day(report.as_of)}",
            f"{mark}{size} \u00b7 issued {issued}",
            f"{mark}Issued {issued} \u00b7 not investment advice",
        )
    days = [when for asset in report.assets for when in (asset.first, asset.last)]
    period = f" \u00b7 {day(min(days))} to {day(max(days))}" if days else ""
    return report.title, size + period, f"{report.title}{period} \u00b7 not investment advice"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _whole(
    report: DailyReport | BacktestReport,
    place: Literal["front", "closing"],
    title: str,
    chosen: Iterable[Section],
) -> Part:
    """The front or the closing pages."""
    blocks: list[Block] = []
    for section in chosen:
        if section.place == place:
            blocks += _under(Heading(section.heading), section.blocks(report))
    made_up = ", ".join(asset.symbol for asset in report.assets if asset.simulated) if place == "front" else ""
    return Part(place, title, _warning(report, f"SIMULATED: {made_up}" if made_up else ""), tuple(blocks))


def _asset(report: DailyReport | BacktestReport, position: int, chosen: Iterable[Section]) -> Part:
    """One asset's pages."""
    asset = report.assets[position]
    blocks: list[Block] = [Heading(asset.symbol, 1, anchor(position), simulated_badge(asset.simulated))]
    for section in chosen:
        if section.place == "asset":
            blocks += _under(Heading(section.heading, 2), section.blocks(report, asset))
    return Part("asset", _running(asset), _warning(report, "SIMULATED" if asset.simulated else ""), tuple(blocks))


def _warning(report: DailyReport | BacktestReport, simulated: str) -> str:
    """What every page of a part must say above all."""
    rehearsal = "REHEARSAL" if isinstance(report, DailyReport) and report.rehearsal else ""
    return " \u00b7 ".join(text for text in (rehearsal, simulated) if text)


def _running(asset: AssetPage | BacktestAsset) -> str:
    """An asset's running header."""
    if isinstance(asset, AssetPage):
        return f"{asset.symbol} \u00b7 forecast for {day(asset.target)}"
    return f"{asset.symbol} \u00b7 {day(asset.first)} to {day(asset.last)}"


def _under(heading: Heading, blocks: Iterable[Block]) -> list[Block]:
    """Blocks under their heading; a section without anything to say has no heading either."""
    found = list(blocks)
    return [heading, *found] if found and heading.text else found
