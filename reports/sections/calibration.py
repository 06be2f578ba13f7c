"""Whether the forecasts' probabilities were the right size: PIT histograms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Figure, Paragraph
from reports.contents import BacktestAsset, BacktestReport
from reports.figures import pit
from reports.palette import in_order, looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(report: BacktestReport, asset: BacktestAsset) -> Iterator[Block]:
    """A histogram a model."""
    if asset.calibration.empty:
        yield Paragraph("No outcome has been placed within its forecast yet.")
        return
    names = ", ".join(in_order(asset.calibration, report.models))
    yield Figure(
        pit.draw(asset.calibration, looks(report.models), report.models, asset.symbol, simulated=asset.simulated),
        f"{'SIMULATED. ' if asset.simulated else ''}Histograms in ten bins of where the outcomes of "
        f"{asset.symbol} fell "
        f"within the forecasts (PIT), one for each of {names}, with the level of a calibrated model. The "
        "scoreboard gives the shares of days inside the 50 and 90 per cent intervals.",
        "Flat: calibrated. Humped: intervals too wide. Raised ends: too narrow. Sloped: forecasts off to one "
        "side. The band is for one bar and independent days: a few bars leave it by chance.",
    )


SECTION = Section((BacktestReport,), "asset", 60, "Calibration", _blocks)
