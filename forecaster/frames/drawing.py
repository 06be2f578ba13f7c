"""Drawings for notebooks, on matplotlib axes, in the colours and words of the reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib import pyplot as plt
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.figure import Figure

from forecaster import models
from reports.names import spoken
from reports.palette import ALARM, INK, MUTED, looks

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes

    from forecaster.distribution.predictive import Predictive

_POINTS, _EDGE = 400, 0.002
"""Points of a curve, and the probability that lies beyond either end of the axis, of the widest."""
_BAR = np.timedelta64(19, "h")
"""Width of a bar: most of a day."""
_DATES = 8
"""Most dates along the bottom: more would run into each other."""


def densities(predictive: Mapping[str, Predictive], title: str, ax: Axes | None) -> Axes:
    """The density of each model over the change in per cent, of its continuous part where it has an atom.

    Args:
        predictive: Model to distribution, at least one.
        title: What is drawn.
        ax: Where; new axes where None.
    """
    axes = _axes(ax)
    ends = np.array([one.quantile([_EDGE, 1 - _EDGE]) for one in predictive.values()])
    grid = np.linspace(ends[:, 0].min(), ends[:, 1].max(), _POINTS)
    own, labels = looks(predictive), models.labels(predictive)
    for name, one in predictive.items():
        look = own[name]
        dash = (0, look.dash) if look.dash else "solid"
        density = np.exp(one.continuous.log_prob(grid)) / 100
        axes.plot(100 * grid, density, color=look.colour, linestyle=dash, label=spoken(name, labels))
    axes.axvline(0, color=MUTED, linewidth=0.5)
    axes.set(xlabel="change by the next close, %", ylabel="density per percentage point", title=title)
    axes.set_xlim(100 * grid[0], 100 * grid[-1])
    axes.set_ylim(bottom=0)
    axes.legend()
    return axes


def intervals(rows: pd.DataFrame, model: str, title: str, ax: Axes | None) -> Axes:
    """One model's past forecasts as intervals, with what happened.

    Args:
        rows: Of one asset and model: `target_date, q05, q25, q50, q75, q95, y`, fractions, at least one row.
        model: Its id, for its label.
        title: What is drawn.
        ax: Where; new axes where None.
    """
    axes = _axes(ax)
    colour = looks([model])[model].colour
    at = rows["target_date"].to_numpy()
    low, lower, middle, upper, high, y = (
        100 * rows[n].to_numpy(float) for n in ("q05", "q25", "q50", "q75", "q95", "y")
    )
    axes.bar(at, high - low, _BAR, low, color=colour, alpha=0.22, linewidth=0, label="90 % interval")
    axes.bar(at, upper - lower, _BAR, lower, color=colour, alpha=0.45, linewidth=0, label="50 % interval")
    axes.hlines(middle, at - _BAR / 2, at + _BAR / 2, color=colour, linewidth=1, label="median")
    outside = (y < low) | (y > high)
    inside = ~outside & ~np.isnan(y)
    axes.plot(at[inside], y[inside], "o", color=INK, markersize=3, label="what happened")
    axes.plot(at[outside], y[outside], "D", color=ALARM, markersize=3, label="outside 90 %")
    axes.axhline(0, color=MUTED, linewidth=0.5)
    axes.set(xlabel="session", ylabel="change, %", title=f"{title}, {spoken(model, models.labels([model]))}")
    marks = AutoDateLocator(maxticks=_DATES)  # type: ignore[no-untyped-call]  # matplotlib annotates only a part
    axes.xaxis.set_major_locator(marks)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(marks))  # type: ignore[no-untyped-call]  # the same
    axes.legend(fontsize="small", ncols=3)
    return axes


def before_and_after(pairs: Mapping[str, tuple[Predictive, Predictive]], title: str) -> Figure:
    """Two densities of each model in a panel of its own, as it is and in a scenario; no window is opened.

    Args:
        pairs: Model to both distributions, at least one.
        title: What is drawn.
    """
    figure = Figure(figsize=(8, 0.7 + 2.5 * len(pairs)), layout="constrained")
    panels = figure.subplots(len(pairs), 1, sharex=True, squeeze=False)[:, 0]
    ends = np.array([one.quantile([_EDGE, 1 - _EDGE]) for pair in pairs.values() for one in pair])
    grid = np.linspace(ends[:, 0].min(), ends[:, 1].max(), _POINTS)
    own, labels = looks(pairs), models.labels(pairs)
    for axes, (name, (before, after)) in zip(panels, pairs.items(), strict=True):
        shown = [np.exp(one.continuous.log_prob(grid)) / 100 for one in (before, after)]
        axes.plot(100 * grid, shown[0], color=MUTED, linestyle="--", label="as it is")
        axes.plot(100 * grid, shown[1], color=own[name].colour, label="scenario")
        axes.fill_between(100 * grid, shown[1], color=own[name].colour, alpha=0.15, linewidth=0)
        axes.axvline(0, color=MUTED, linewidth=0.5)
        axes.set_title(spoken(name, labels), loc="left", fontsize="medium")
        axes.set(ylabel="density per\npercentage point", xlim=(100 * grid[0], 100 * grid[-1]))
        axes.set_ylim(bottom=0)
        axes.legend(loc="upper right")
    panels[-1].set_xlabel("change by the next close, %")
    figure.suptitle(title)
    return figure


def _axes(given: Axes | None) -> Axes:
    if given is not None:
        return given
    _, axes = plt.subplots(figsize=(8, 4), layout="constrained")
    return axes
