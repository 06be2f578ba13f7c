"""Calibration drawn: where outcomes fell within the forecasts, a histogram a model."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from reports import blocks
from reports.axes import Axis, even
from reports.canvas import FULL_WIDTH, Panel, drawing
from reports.figures import Illustration
from reports.legends import Key, Legend
from reports.palette import INK, MUTED, WASH, in_order, looks
from reports.strokes import boxes, curve, filled, line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reports.contents import BacktestAsset, BacktestReport
    from reports.palette import Looks

_BINS = 10
_LEVEL, _BAND = line(0.8, INK), line(0.6, MUTED, (4, 2))
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
    histograms = [_counts(calibration.loc[calibration["model"] == name, "pit"].to_numpy(float)) for name in names]
    limits = [bands.loc[name].to_numpy(float) for name in names]
    top = 1.12 * max(1.0, *(float(part.max(initial=0)) for part in (*histograms, *limits)))  # one scale for all
    y = even((0.0, top), 4, whole=True, label="days")
    panels = [
        _panel(counts, band, y if i % columns == 0 else replace(y, words=(), label=""), (name, looks[name].colour))
        for i, (name, counts, band) in enumerate(zip(names, histograms, limits, strict=True))
    ]
    title = f"{asset.symbol}: where outcomes fell within the forecasts (PIT)"
    return drawing((FULL_WIDTH, 17 + 35 * rows), (title, asset.simulated), panels, columns, _legend())


def _counts(pit: np.ndarray) -> np.ndarray:
    """Days in each of ten bins."""
    return np.histogram(pit[np.isfinite(pit)], bins=_BINS, range=(0, 1))[0]


def _panel(counts: np.ndarray, band: np.ndarray, y: Axis, heading: tuple[str, str]) -> Panel:
    """Days in ten bins, with what chance alone would give, under a name in its colour."""
    days, edges, (low, high) = int(counts.sum()), np.linspace(0, 1, _BINS + 1), (float(limit) for limit in band)
    ground = [boxes(0, 1, low, high, filled(WASH))]
    bars = f'{filled(heading[1], 0.45)} stroke="#ffffff" stroke-width="0.6"'
    strokes = [boxes(edges[:-1], edges[1:], 0, counts, bars)]
    strokes += [curve([0, 1], [limit, limit], _BAND) for limit in (low, high)]
    strokes.append(curve([0, 1], [days / _BINS] * 2, _LEVEL))
    x = Axis(0, 1, (0, 0.5, 1), ("0", "0.5", "1"), f"PIT, {days} days")
    return Panel(x, y, strokes, *heading, "bold", ground=ground)


def _legend() -> Legend:
    """The line and the band, said in words."""
    said = {"level of a calibrated model": _LEVEL, "95 % band for all bars of a calibrated model together": _BAND}
    return Legend([Key(words, [curve([0, 1], [0.5, 0.5], drawn)]) for words, drawn in said.items()], 2)


def _figure(report: BacktestReport, asset: BacktestAsset) -> blocks.Figure | blocks.Paragraph:
    """One histogram per model; it precedes the tests of what it shows."""
    if asset.calibration.empty:
        return blocks.Paragraph("No forecast has an outcome yet, so there is no PIT to draw.")
    names = in_order(asset.calibration, report.models)
    return blocks.Figure(
        draw(asset, looks(report.models), report.models),
        f"{'SIMULATED. ' if asset.simulated else ''}Histograms in ten bins of where the outcomes of "
        f"{asset.symbol} fell within the forecasts (PIT), one for each of {', '.join(names)}, with the level of a "
        "calibrated model. The tables that follow give the shares of days inside the intervals.",
        "Flat: calibrated. Humped: intervals too wide. Raised ends: too narrow. Sloped: forecasts biased to "
        "one side. The band covers all bars of a model together: of 20 calibrated models, one has a bar outside it by "
        "chance.",
    )


FIGURE = Illustration("calibration", _figure, leads=True)
