"""What the models have learnt: a weight for each lag of each series, which the figure `weights` draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Paragraph
from reports.contents import AssetPage, DailyReport
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(_report: DailyReport, asset: AssetPage) -> Iterator[Block]:
    """That no model has any, where that is so."""
    if asset.weights.empty:
        yield Paragraph("None of the models shown has weights on the inputs to draw.")


SECTION = Section((DailyReport,), "asset", 70, "Weights", _blocks)
