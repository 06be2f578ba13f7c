"""Whether the fits settled: the ELBO over the steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Figure, Paragraph
from reports.contents import AssetPage, DailyReport
from reports.figures import elbo
from reports.numerals import number
from reports.palette import in_order, looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd


def _blocks(report: DailyReport, asset: AssetPage) -> Iterator[Block]:
    """The curves, or that no model was trained by steps."""
    if asset.elbo.empty:
        yield Paragraph("None of the models shown was trained by steps that left a curve.")
        return
    ends = "; ".join(_end(asset.elbo, name) for name in in_order(asset.elbo, report.models))
    yield Figure(
        elbo.draw(asset.elbo, looks(report.models), report.models, asset.symbol, simulated=asset.simulated),
        f"{'SIMULATED. ' if asset.simulated else ''}Training curves of {asset.symbol}: minus the ELBO by step. {ends}.",
        "Minus the evidence lower bound (ELBO) by step; a fit has settled where its curve is flat. Steps "
        "are spaced by powers of ten; each panel has its own scale.",
    )


def _end(table: pd.DataFrame, model: str) -> str:
    """Where a curve begins and ends."""
    losses = table[table["model"] == model].sort_values("step")["loss"]
    return f"{model} from {number(losses.iloc[0], 1)} to {number(losses.iloc[-1], 1)} nats"


SECTION = Section((DailyReport,), "asset", 80, "Training", _blocks)
