"""Calibration drawn: where outcomes fell within the forecasts, a histogram a model."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from reports import blocks
from reports.canvas import FULL_WIDTH, drawing, to_svg
from reports.figures import Illustration
from reports.palette import INK, MUTED, WASH, in_order, looks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from reports.contents import BacktestAsset, BacktestReport
    from reports.palette import Looks

_BINS = 10
_BAND = (0, (4, 2))
_MOST_COLUMNS = 5


def draw(asset: BacktestAsset, looks: Looks, models: Iterable[str]) -> str:
    """SVG of the PIT histograms of an asset whose `calibration` is not empty.

    The line is the level of a calibrated model; the band holds all bars of such a model together on 95 % of occasions.
    """
    calibration = asset.calibration
    bands = asset.calibrated.set_index("model")[["low", "high"]]
    names = in_order(calibration, models)
    rows = math.ceil(len(names) / _MOST_COLUMNS)
    columns = max(math.ceil(len(names) / rows), 3)
    title = f"{asset.symbol}: where outcomes fell within the forecasts (PIT)"
    with drawing(FULL_WIDTH, 17 + 35 * rows, title, simulated=asset.simulated) as figure:
        panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
        tops = []
        for axes, name in zip(panels.flat, names, strict=False):
            pit = calibration.loc[calibration["model"] == name, "pit"].to_numpy(float)
            tops.append(_panel(axes, pit[np.isfinite(pit)], bands.loc[name].to_numpy(float), looks[name].colour))
            axes.set_title(name, color=looks[name].colour, fontweight="bold")
        for axes in panels.flat[len(names) :]:
            axes.set_visible(False)
        for axes in panels[:, 0]:
            axes.set_ylabel("days")
        panels[0, 0].set_ylim(0, 1.12 * max(tops))  # one scale for all panels, the tallest bar of any in it
        _legend(figure)
        return to_svg(figure)


def _panel(axes: Axes, pit: np.ndarray, band: np.ndarray, colour: str) -> float:
    """Counts in ten bins, with what chance alone would give; returns how high it reaches, in days."""
    counts, edges = np.histogram(pit, bins=_BINS, range=(0, 1))
    low, high = (float(limit) for limit in band)
    axes.bar(
        edges[:-1],
        counts,
        width=1 / _BINS,
        align="edge",
        color=colour,
        alpha=0.45,
        edgecolor="white",
        linewidth=0.6,
    )
    axes.axhspan(low, high, facecolor=WASH, zorder=0, linewidth=0)
    for limit in (low, high):
        axes.axhline(limit, color=MUTED, linewidth=0.6, linestyle=_BAND)
    axes.axhline(len(pit) / _BINS, color=INK, linewidth=0.8)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.5, 1], ["0", "0.5", "1"])
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.get_xticklabels()[0].set_horizontalalignment("left")
    axes.get_xticklabels()[-1].set_horizontalalignment("right")
    axes.set_xlabel(f"PIT, {len(pit)} days")
    return max(high, float(counts.max(initial=0)), 1.0)


def _legend(figure: Figure) -> None:
    """The line and the band, said in words."""
    marks = [
        Line2D([], [], color=INK, linewidth=0.8, label="level of a calibrated model"),
        Line2D(
            [],
            [],
            color=MUTED,
            linewidth=0.6,
            linestyle=_BAND,
            label="95 % band for all bars of a calibrated model together",
        ),
    ]
    figure.legend(handles=marks, loc="outside lower center", ncols=2)


def _figure(report: BacktestReport, asset: BacktestAsset) -> blocks.Figure | blocks.Paragraph:
    """A histogram a model; it stands before the tests of what it shows."""
    if asset.calibration.empty:
        return blocks.Paragraph("No outcome has been placed within its forecast yet.")
    names = in_order(asset.calibration, report.models)
    return blocks.Figure(
        draw(asset, looks(report.models), report.models),
        f"{'SIMULATED. ' if asset.simulated else ''}Histograms in ten bins of where the outcomes of "
        f"{asset.symbol} fell within the forecasts (PIT), one for each of {', '.join(names)}, with the level of a "
        "calibrated model. The tables that follow give the shares of days inside the intervals.",
        "Flat: calibrated. Humped: intervals too wide. Raised ends: too narrow. Sloped: forecasts off to one "
        "side. The band is for all bars of a model together and independent days: of 20 calibrated models, one has a "
        "bar outside by chance.",
    )


FIGURE = Illustration("calibration", _figure, leads=True)
