"""What the scores amount to, in words, before any of them is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Callout
from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(_report: DailyReport | BacktestReport, asset: AssetPage | BacktestAsset) -> Iterator[Block]:
    """The verdicts, or that there are none yet."""
    yield Callout(
        "Verdict", asset.verdicts or ("No forecast has been scored yet, so nothing can be said about skill.",)
    )


SECTION = Section((DailyReport, BacktestReport), "asset", 10, "", _blocks)
