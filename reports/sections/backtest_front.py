"""The front of a backtest: what it amounts to, and every score."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import score_rows
from reports.blocks import Block, Callout, Group, Paragraph, Table
from reports.contents import BacktestAsset, BacktestReport
from reports.marks import anchor, simulated_badge
from reports.numerals import day
from reports.palette import looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.palette import Looks


def _blocks(report: BacktestReport) -> Iterator[Block]:
    """What is said of all models together, then the scoreboard; each asset's own pages say the rest."""
    made_up = [asset.symbol for asset in report.assets if asset.simulated]
    if made_up:
        yield Callout(
            "Read with care",
            (f"SIMULATED data, made up by a program; it says nothing about a real market: {', '.join(made_up)}.",),
            "warning",
        )
    said = tuple(f"{asset.symbol}: {sentence}" for asset in report.assets for sentence in asset.summary)
    yield Callout("Verdicts", said or ("Nothing has been scored, so nothing can be said about skill.",))
    groups = tuple(group for i, asset in enumerate(report.assets) for group in _groups(report, asset, i))
    if groups:
        yield Table(score_rows.COLUMNS, groups, score_rows.CAPTION)
    else:
        yield Paragraph("There are no scores: no session has both a forecast and an outcome.")


def _groups(report: BacktestReport, asset: BacktestAsset, position: int) -> Iterator[Group]:
    """An asset's scoreboard."""
    drawn: Looks = looks(report.models)
    for origin, rows in score_rows.by_origin(asset.scoreboard, drawn, report.models):
        yield Group(
            rows,
            title=asset.symbol,
            detail=f"{origin}, {day(asset.first)} to {day(asset.last)}",
            link=anchor(position),
            badges=simulated_badge(asset.simulated),
        )


SECTION = Section((BacktestReport,), "front", 10, "Results", _blocks)
