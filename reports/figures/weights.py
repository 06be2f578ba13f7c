"""What a change in an input is worth: weights by lag and series, with their spread where there is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from reports import blocks
from reports.canvas import FULL_WIDTH, drawing, quiet_grid, to_svg
from reports.figures import Illustration
from reports.palette import INK, MUTED, in_order, looks

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reports.contents import AssetPage, DailyReport
    from reports.palette import Look, Looks

_ROW_HEIGHT, _OF_MANY = 42.0, 28.5  # millimetres for the one row, for each of several
_COMPARABLE = 4.0  # models whose reach differs by more than this factor get a row, and a scale, of their own


def draw(weights: pd.DataFrame, looks: Looks, models: Iterable[str], symbol: str, *, simulated: bool) -> str:
    """SVG of `weights` (as `AssetPage.weights`, not empty), in units of standardised inputs.

    A dot is a mean, the thick bar one posterior sd either way and the thin one two; a diamond is a weight
    without spread. Models of very different reach are drawn in rows of their own, each with its own scale.
    """
    names = in_order(weights, models)
    series = list(dict.fromkeys(weights["series"]))
    rows = _rows(weights, names)
    title = f"{symbol}: weights of each lag"
    with drawing(FULL_WIDTH, 17 + _height(len(rows)), title, simulated=simulated) as figure:
        panels = figure.subplots(len(rows), len(series), sharex=True, sharey="row", squeeze=False)
        for line, together in zip(panels, rows, strict=True):
            for axes, name in zip(line, series, strict=True):
                _panel(axes, weights[weights["series"] == name], together, looks)
                axes.set_title(name)
            line[0].set_ylabel("weight")
        for axes in panels[-1]:
            axes.set_xlabel("lag, sessions (1 is the most recent)")
        _legend(figure, weights, names, looks)
        return to_svg(figure)


def _height(rows: int) -> float:
    """Millimetres for all rows together."""
    return _ROW_HEIGHT if rows == 1 else _OF_MANY * rows


def _rows(weights: pd.DataFrame, names: list[str]) -> list[list[str]]:
    """The models by reach: those that can share a scale share a row; the report's order within it."""
    reach = {}
    for name in names:
        rows = weights[weights["model"] == name]
        sizes = rows["mean"].abs().to_numpy(float) + 2 * rows["sd"].fillna(0).to_numpy(float)
        reach[name] = float(np.nanmax(sizes, initial=0.0))
    groups: list[list[str]] = []
    for name in sorted(names, key=lambda model: reach[model]):
        if groups and reach[name] <= _COMPARABLE * max(reach[groups[-1][0]], 1e-12):
            groups[-1].append(name)
        else:
            groups.append([name])
    return [sorted(group, key=names.index) for group in groups]


def _panel(axes: Axes, rows: pd.DataFrame, names: list[str], looks: Looks) -> None:
    """One series: the models of a row side by side at each lag."""
    axes.axhline(0, color=MUTED, linewidth=0.5, zorder=1)
    pitch = 0.76 / len(names)
    for i, name in enumerate(names):
        own = rows[rows["model"] == name]
        at = own["lag"].to_numpy(float) + (i - (len(names) - 1) / 2) * pitch
        _model(axes, at, own, looks[name])
    axes.set_xticks(sorted(set(rows["lag"].astype(int))))
    axes.yaxis.set_major_locator(MaxNLocator(5))
    quiet_grid(axes)


def _model(axes: Axes, at: np.ndarray, own: pd.DataFrame, look: Look) -> None:
    """Means as marks, spreads as whiskers."""
    mean, sd = own["mean"].to_numpy(float), own["sd"].to_numpy(float)
    spread = np.isfinite(sd)
    for width, sds in ((0.7, 2), (1.9, 1)):
        low, high = mean[spread] - sds * sd[spread], mean[spread] + sds * sd[spread]
        axes.vlines(at[spread], low, high, color=look.colour, linewidth=width, zorder=2)
    axes.scatter(at[spread], mean[spread], s=9, color="white", edgecolors=look.colour, linewidths=0.9, zorder=3)
    axes.scatter(at[~spread], mean[~spread], s=11, marker="D", color=look.colour, linewidths=0, zorder=3)


def _legend(figure: Figure, weights: pd.DataFrame, names: list[str], looks: Looks) -> None:
    """The models, then what the marks mean."""
    marks = []
    for name in names:
        spread = bool(np.isfinite(weights.loc[weights["model"] == name, "sd"].to_numpy(float)).any())
        marks.append(
            Line2D(
                [],
                [],
                color=looks[name].colour,
                linestyle="-" if spread else "",
                linewidth=1.6,
                marker="o" if spread else "D",
                markersize=3.2,
                markerfacecolor="white" if spread else looks[name].colour,
                label=name if spread else f"{name} (one value, no spread)",
            )
        )
    marks.append(Line2D([], [], color=INK, linewidth=1.9, label="\u00b11 sd"))
    marks.append(Line2D([], [], color=INK, linewidth=0.7, label="\u00b12 sd"))
    figure.legend(handles=marks, loc="outside lower center", ncols=min(len(marks), 5))


def _figure(report: DailyReport, asset: AssetPage) -> blocks.Figure | blocks.Paragraph:
    """The weights of the models that have any."""
    if asset.weights.empty:
        return blocks.Paragraph("None of the models shown has weights on the inputs to draw.")
    names = in_order(asset.weights, report.models)
    spread = asset.weights.dropna(subset=["sd"])
    bayesian = in_order(spread, report.models)
    single = [name for name in names if name not in bayesian]
    told = [
        f"with posterior means and spreads: {', '.join(bayesian)}" if bayesian else "",
        f"with one value each: {', '.join(single)}" if single else "",
    ]
    return blocks.Figure(
        draw(asset.weights, looks(report.models), report.models, asset.symbol, simulated=asset.simulated),
        f"{'SIMULATED. ' if asset.simulated else ''}Weights of {asset.symbol} by lag, a column a series, "
        f"{'; '.join(text for text in told if text)}.",
        "On standardised inputs. A weight whose \u00b12 sd whisker spans zero is not told apart from none. "
        "Rows have scales of their own.",
    )


FIGURE = Illustration("weights", _figure)
