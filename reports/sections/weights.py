"""What the models have learnt: a weight for each lag of each series, with its spread where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Figure, Paragraph
from reports.contents import AssetPage, DailyReport
from reports.figures import weights
from reports.palette import in_order, looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(report: DailyReport, asset: AssetPage) -> Iterator[Block]:
    """The weights drawn, or that no model has any."""
    if asset.weights.empty:
        yield Paragraph("None of the models shown has weights on the inputs to draw.")
        return
    names = in_order(asset.weights, report.models)
    spread = asset.weights.dropna(subset=["sd"])
    bayesian = in_order(spread, report.models)
    single = [name for name in names if name not in bayesian]
    told = [
        f"with posterior means and spreads: {', '.join(bayesian)}" if bayesian else "",
        f"with one value each: {', '.join(single)}" if single else "",
    ]
    yield Figure(
        weights.draw(asset.weights, looks(report.models), report.models, asset.symbol, simulated=asset.simulated),
        f"{'SIMULATED. ' if asset.simulated else ''}Weights of {asset.symbol} by lag, a column a series, "
        f"{'; '.join(text for text in told if text)}.",
        "On standardised inputs. A weight whose \u00b12 sd whisker spans zero is not told apart from none. "
        "Rows have scales of their own.",
    )


SECTION = Section((DailyReport,), "asset", 70, "Weights", _blocks)
