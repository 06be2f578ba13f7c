"""How the fits settled: minus the ELBO over the steps of the optimiser, one panel per model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reports import blocks
from reports.axes import even, powers_of_ten, reach, terse
from reports.canvas import FULL_WIDTH, Panel, drawing
from reports.figures import Illustration
from reports.numerals import number
from reports.palette import in_order, looks
from reports.strokes import curve, dots, filled, line

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from reports.contents import AssetPage, DailyReport
    from reports.palette import Looks

_MOST_COLUMNS = 4
_ROOM = 0.05  # above and below a curve, in parts of its reach
_WIDE = 3  # columns at least, so that one curve does not fill the page


def draw(elbo: pd.DataFrame, looks: Looks, models: Iterable[str], symbol: str, *, simulated: bool) -> str:
    """SVG of `elbo` (as `AssetPage.elbo`, not empty): loss in nats over the logarithm of the step."""
    names = in_order(elbo, models)
    rows = math.ceil(len(names) / _MOST_COLUMNS)
    columns = max(math.ceil(len(names) / rows), _WIDE)
    panels = [
        _panel(elbo[elbo["model"] == name].sort_values("step"), name, looks[name].colour, first=name == names[0])
        for name in names
    ]
    return drawing((FULL_WIDTH, 9 + 26 * rows), (f"{symbol}: training", simulated), panels, columns)


def _panel(rows: pd.DataFrame, name: str, colour: str, *, first: bool) -> Panel:
    """One model; steps by powers of ten, so that the first are as visible as the last."""
    steps, loss = np.maximum(rows["step"].to_numpy(float), 1.0), rows["loss"].to_numpy(float)
    loss = np.where(np.isfinite(loss), loss, np.nan)
    x = powers_of_ten((max(steps.min() * 0.9, 0.9), max(steps.max() * 1.15, 10.0)), label="step")
    y = even(reach([loss], _ROOM), 4, terse, label="\u2212ELBO, nats" if first else "", grid=True)
    strokes = [curve(steps, loss, line(0.9, colour))]
    if len(steps) == 1:
        strokes.append(dots(steps, loss, 3.0, filled(colour)))
    return Panel(x, y, strokes, name, colour, "bold")


def _figure(report: DailyReport, asset: AssetPage) -> blocks.Figure | blocks.Paragraph:
    """The curves of the models that have one."""
    if asset.elbo.empty:
        return blocks.Paragraph("None of the models shown has a training curve.")
    ends = "; ".join(_end(asset.elbo, name) for name in in_order(asset.elbo, report.models))
    return blocks.Figure(
        draw(asset.elbo, looks(report.models), report.models, asset.symbol, simulated=asset.simulated),
        f"{'SIMULATED. ' if asset.simulated else ''}Training curves of {asset.symbol}: minus the ELBO by step. {ends}.",
        "Minus the evidence lower bound (ELBO) by step; a fit has settled where its curve is flat. The "
        "step axis is logarithmic; each panel has its own scale.",
    )


def _end(table: pd.DataFrame, model: str) -> str:
    """Where a curve begins and ends."""
    losses = table[table["model"] == model].sort_values("step")["loss"]
    return f"{model} from {number(losses.iloc[0], 1)} to {number(losses.iloc[-1], 1)} nats"


FIGURE = Illustration("training", _figure)
