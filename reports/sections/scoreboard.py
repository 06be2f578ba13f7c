"""The scores of an asset's forecasts so far, live ones apart from replayed ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import score_rows
from reports.blocks import Block, Group, Paragraph, Table
from reports.contents import AssetPage, DailyReport
from reports.palette import looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

_TITLES = {"live": "Live forecasts", "replayed": "Replayed forecasts", "": "All forecasts"}


def _blocks(report: DailyReport, asset: AssetPage) -> Iterator[Block]:
    """The scoreboard, or that nothing has been scored yet."""
    groups = tuple(
        Group(rows, _TITLES.get(origin, origin))
        for origin, rows in score_rows.by_origin(asset.scoreboard, looks(report.models), report.models)
    )
    if groups:
        yield Table(score_rows.COLUMNS, groups, score_rows.CAPTION)
    else:
        yield Paragraph("No outcome is known yet for any forecast, so there is nothing to score.")


SECTION = Section((DailyReport,), "asset", 40, "Scoreboard", _blocks)
