"""What a reader should know about an asset's data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Bullets
from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(_report: DailyReport | BacktestReport, asset: AssetPage | BacktestAsset) -> Iterator[Block]:
    """The notes as a list; no heading where there are none."""
    if asset.notes:
        yield Bullets(asset.notes)


SECTION = Section((DailyReport, BacktestReport), "asset", 45, "Notes on the data", _blocks)
