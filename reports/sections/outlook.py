"""The forecast drawn: the figures `densities`, and beside it `window`, what the models saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Paragraph
from reports.contents import AssetPage, DailyReport
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(_report: DailyReport, asset: AssetPage) -> Iterator[Block]:
    """A sentence for a drawing that has nothing to show."""
    if asset.densities.empty or asset.densities["density"].isna().all():
        yield Paragraph("There are no predictive densities to draw for this session.")
    if asset.window.empty:
        yield Paragraph("The window of inputs is not on record for this session.")


SECTION = Section((DailyReport,), "asset", 30, "Forecast, drawn", _blocks)
