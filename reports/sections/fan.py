"""Past forecasts against what happened, for a day's report and for a backtest; the figure `fan` says it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Paragraph
from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(_report: DailyReport | BacktestReport, asset: AssetPage | BacktestAsset) -> Iterator[Block]:
    """That there are none yet, where that is so."""
    if asset.fan.empty:
        yield Paragraph("No earlier forecast is on record yet; this page fills as days go by.")


SECTION = Section((DailyReport, BacktestReport), "asset", 50, "Forecasts against what happened", _blocks)
