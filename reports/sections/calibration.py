"""Whether the forecasts' probabilities were the right size: PIT histograms, and what tests find in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import calibration_rows
from reports.blocks import Block, Figure, Group, Paragraph, Table
from reports.contents import BacktestAsset, BacktestReport
from reports.figures import pit
from reports.palette import in_order, looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(report: BacktestReport, asset: BacktestAsset) -> Iterator[Block]:
    """A histogram a model, then two tables."""
    if asset.calibration.empty:
        yield Paragraph("No outcome has been placed within its forecast yet.")
        return
    drawn, names = looks(report.models), in_order(asset.calibration, report.models)
    yield Figure(
        pit.draw(asset, drawn, report.models),
        f"{'SIMULATED. ' if asset.simulated else ''}Histograms in ten bins of where the outcomes of "
        f"{asset.symbol} fell within the forecasts (PIT), one for each of {', '.join(names)}, with the level of a "
        "calibrated model. The tables that follow give the shares of days inside the intervals.",
        "Flat: calibrated. Humped: intervals too wide. Raised ends: too narrow. Sloped: forecasts off to one "
        "side. The band is for all bars of a model together and independent days: of 20 calibrated models, one has a "
        "bar outside by chance.",
    )
    if asset.tests.empty:
        yield Paragraph("The days are too few to test calibration.")
        return
    tested = in_order(asset.tests, report.models)
    for columns, rows, caption in (
        (calibration_rows.WIDTHS, calibration_rows.widths, calibration_rows.WIDTHS_CAPTION),
        (calibration_rows.TAIL, calibration_rows.tail, calibration_rows.TAIL_CAPTION),
    ):
        yield Table(columns, (Group(tuple(rows(asset, name, drawn[name].colour) for name in tested)),), caption)


SECTION = Section((BacktestReport,), "asset", 60, "Calibration", _blocks)
