"""The scores of an asset's forecasts so far, apart by what they are evidence of."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports import score_rows
from reports.blocks import Block, Group, Paragraph, Table
from reports.contents import AssetPage, DailyReport
from reports.origins import ORIGINS, hours
from reports.palette import looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd


def _blocks(report: DailyReport, asset: AssetPage) -> Iterator[Block]:
    """The scoreboard, or that nothing has been scored yet."""
    groups = tuple(
        Group(rows, ORIGINS[origin].title, _issued(asset.evidence, origin))
        for origin, rows in score_rows.by_origin(asset.scoreboard, looks(report.models), report.models)
    )
    if groups:
        yield Table(score_rows.COLUMNS, groups, score_rows.CAPTION)
    else:
        yield Paragraph("No outcome is known yet for any forecast, so there is nothing to score.")


def _issued(evidence: pd.DataFrame, origin: str) -> str:
    """How early those forecasts were issued."""
    for _, row in evidence[evidence["origin"] == origin].iterrows():
        if math.isfinite(row["least"]) and row["least"] >= 0:
            return f"issued {hours(row['least'])} or more before the open, {hours(row['median'])} in the middle"
        if math.isfinite(row["median"]) and row["median"] >= 0:
            return f"issued {hours(row['median'])} before the open in the middle, some after it"
        if math.isfinite(row["median"]):
            return "most were issued after the open"
    return ""


SECTION = Section((DailyReport,), "asset", 40, "Scoreboard", _blocks)
