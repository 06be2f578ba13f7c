"""Whether the fits settled: the ELBO over the steps, which the figure `elbo` draws."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Paragraph
from reports.contents import AssetPage, DailyReport
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(_report: DailyReport, asset: AssetPage) -> Iterator[Block]:
    """That no model was trained by steps, where that is so."""
    if asset.elbo.empty:
        yield Paragraph("None of the models shown was trained by steps that left a curve.")


SECTION = Section((DailyReport,), "asset", 80, "Training", _blocks)
