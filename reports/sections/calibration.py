"""Whether the forecasts' probabilities were the right size: PIT histograms, and what tests find in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import calibration_rows
from reports.blocks import Block, Group, Paragraph, Table
from reports.contents import BacktestAsset, BacktestReport
from reports.palette import in_order, looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(report: BacktestReport, asset: BacktestAsset) -> Iterator[Block]:
    """Two tables below the histograms of the figure `pit`."""
    if asset.calibration.empty:
        return
    if asset.tests.empty:
        yield Paragraph("There are too few days to test calibration.")
        return
    drawn, tested = looks(report.models), in_order(asset.tests, report.models)
    for columns, rows, caption in (
        (calibration_rows.WIDTHS, calibration_rows.widths, calibration_rows.WIDTHS_CAPTION),
        (calibration_rows.TAIL, calibration_rows.tail, calibration_rows.TAIL_CAPTION),
    ):
        yield Table(columns, (Group(tuple(rows(asset, name, drawn[name].colour) for name in tested)),), caption)


SECTION = Section((BacktestReport,), "asset", 60, "Calibration", _blocks)
