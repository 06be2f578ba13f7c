"""How the fits settled: minus the ELBO over the steps of the optimiser, a panel a model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullLocator

from reports import blocks
from reports.canvas import FULL_WIDTH, drawing, quiet_grid, to_svg
from reports.figures import Illustration
from reports.numerals import number, shortest
from reports.palette import in_order, looks

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from matplotlib.axes import Axes

    from reports.contents import AssetPage, DailyReport
    from reports.palette import Looks

_MOST_COLUMNS = 4
_WIDE = 3  # columns at least, so that one curve does not fill the page


def draw(elbo: pd.DataFrame, looks: Looks, models: Iterable[str], symbol: str, *, simulated: bool) -> str:
    """SVG of `elbo` (as `AssetPage.elbo`, not empty): loss in nats over the logarithm of the step."""
    names = in_order(elbo, models)
    rows = math.ceil(len(names) / _MOST_COLUMNS)
    columns = max(math.ceil(len(names) / rows), _WIDE)
    with drawing(FULL_WIDTH, 9 + 26 * rows, f"{symbol}: training", simulated=simulated) as figure:
        panels = figure.subplots(rows, columns, squeeze=False)
        for axes, name in zip(panels.flat, names, strict=False):
            curve = elbo[elbo["model"] == name].sort_values("step")
            x = np.maximum(curve["step"].to_numpy(float), 1.0)
            loss = curve["loss"].to_numpy(float, copy=True)
            loss[~np.isfinite(loss)] = np.nan
            axes.plot(x, loss, color=looks[name].colour, linewidth=0.9, marker="." if len(x) == 1 else "")
            _scales(axes, x)
            axes.set_title(name, color=looks[name].colour, fontweight="bold")
        for axes in panels.flat[len(names) :]:
            axes.set_visible(False)
        panels[0, 0].set_ylabel("\u2212ELBO, nats")
        return to_svg(figure)


def _scales(axes: Axes, steps: np.ndarray) -> None:
    """Steps by powers of ten: the first are as visible as the last."""
    axes.set_xscale("log")
    if len(steps):
        axes.set_xlim(max(steps.min() * 0.9, 0.9), max(steps.max() * 1.15, 10))
    axes.xaxis.set_major_locator(LogLocator(10))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: number(value, 0)))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(shortest))
    axes.set_xlabel("step")
    quiet_grid(axes)


def _figure(report: DailyReport, asset: AssetPage) -> blocks.Figure | blocks.Paragraph:
    """The curves of the models that have one."""
    if asset.elbo.empty:
        return blocks.Paragraph("None of the models shown was trained by steps that left a curve.")
    ends = "; ".join(_end(asset.elbo, name) for name in in_order(asset.elbo, report.models))
    return blocks.Figure(
        draw(asset.elbo, looks(report.models), report.models, asset.symbol, simulated=asset.simulated),
        f"{'SIMULATED. ' if asset.simulated else ''}Training curves of {asset.symbol}: minus the ELBO by step. {ends}.",
        "Minus the evidence lower bound (ELBO) by step; a fit has settled where its curve is flat. Steps "
        "are spaced by powers of ten; each panel has its own scale.",
    )


def _end(table: pd.DataFrame, model: str) -> str:
    """Where a curve begins and ends."""
    losses = table[table["model"] == model].sort_values("step")["loss"]
    return f"{model} from {number(losses.iloc[0], 1)} to {number(losses.iloc[-1], 1)} nats"


FIGURE = Illustration("training", _figure)
