"""What a change in an input is worth: weights by lag and series, with their spread where there is one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from reports import blocks
from reports.axes import Axis, even, reach
from reports.canvas import FULL_WIDTH, Panel, drawing
from reports.figures import Illustration
from reports.legends import Key, Legend
from reports.palette import INK, MUTED, in_order, looks
from reports.strokes import curve, dots, filled, line, upright

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from reports.contents import AssetPage, DailyReport
    from reports.palette import Looks
    from reports.strokes import Stroke

_ROW_HEIGHT, _OF_MANY = 42.0, 28.5  # millimetres for the one row, for each of several
_WHISKERS = ((2, 0.7), (1, 1.9))  # posterior sds either way, and how wide their line is
_SIDE = 0.65  # from the outer lags to the edge, in sessions
_COMPARABLE = 4.0  # models whose reach differs by more than this factor get a row, and a scale, of their own


def draw(weights: pd.DataFrame, looks: Looks, models: Iterable[str], symbol: str, *, simulated: bool) -> str:
    """SVG of `weights` (as `AssetPage.weights`, not empty), in units of standardised inputs.

    A dot is a mean, the thick bar one posterior sd either way and the thin one two; a diamond is a weight
    without spread. Models of very different reach are drawn in rows of their own, each with its own scale.
    """
    names = in_order(weights, models)
    series = list(dict.fromkeys(weights["series"]))
    lags = sorted(set(weights["lag"].astype(int)))
    rows, panels = _rows(weights, names), []
    for i, together in enumerate(rows):
        own = weights[weights["model"].isin(together)]
        y = even(_reach(own), 5, grid=True, label="weight")
        x = Axis(lags[0] - _SIDE, lags[-1] + _SIDE, tuple(lags))
        if i == len(rows) - 1:
            x = replace(x, words=tuple(map(str, lags)), label="lag, sessions (1 is the most recent)")
        for name in series:
            panels.append(_panel((x, y), own[own["series"] == name], together, looks, name))
            y = replace(y, words=(), label="")
    size, title = (FULL_WIDTH, 17 + _height(len(rows))), f"{symbol}: weights of each lag"
    return drawing(size, (title, simulated), panels, len(series), _legend(weights, names, looks))


def _reach(rows: pd.DataFrame) -> tuple[float, float]:
    """From the lowest to the highest whisker, zero among them."""
    mean, spread = rows["mean"].to_numpy(float), 2 * rows["sd"].fillna(0).to_numpy(float)
    return reach([mean - spread, mean + spread, np.zeros(1)], 0.05)


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


def _panel(axes: tuple[Axis, Axis], rows: pd.DataFrame, names: list[str], looks: Looks, title: str) -> Panel:
    """One series: the models of a row side by side at each lag."""
    strokes = [curve([axes[0].low, axes[0].high], [0, 0], line(0.5, MUTED))]
    pitch = 0.76 / len(names)
    for i, name in enumerate(names):
        own = rows[rows["model"] == name]
        at = own["lag"].to_numpy(float) + (i - (len(names) - 1) / 2) * pitch
        strokes += _model(at, own["mean"].to_numpy(float), own["sd"].to_numpy(float), looks[name].colour)
    return Panel(*axes, strokes, title)


def _model(at: np.ndarray, mean: np.ndarray, sd: np.ndarray, colour: str) -> list[Stroke]:
    """Means as marks, spreads as whiskers."""
    spread = np.isfinite(sd)
    whiskers = [upright(at, mean - n * sd, mean + n * sd, line(width, colour)) for n, width in _WHISKERS]
    ring = dots(at[spread], mean[spread], 3.0, _ring(colour))
    return [*whiskers, ring, dots(at[~spread], mean[~spread], 3.3, filled(colour), shape="diamond")]


def _ring(colour: str) -> str:
    return f'fill="#ffffff" stroke="{colour}" stroke-width="0.9"'


def _legend(weights: pd.DataFrame, names: list[str], looks: Looks) -> Legend:
    """The models, then what the marks mean."""
    keys, middle = [], ([0.5], [0.5])
    for name in names:
        colour = looks[name].colour
        if np.isfinite(weights.loc[weights["model"] == name, "sd"].to_numpy(float)).any():
            keys.append(Key(name, [_level(1.6, colour), dots(*middle, 3.2, _ring(colour))]))
        else:
            mark = dots(*middle, 3.2, filled(colour), shape="diamond")
            keys.append(Key(f"{name} (one value, no spread)", [mark]))
    keys += [Key(f"\u00b1{n} sd", [_level(width, INK)]) for n, width in reversed(_WHISKERS)]
    return Legend(keys, 5)


def _level(width: float, colour: str) -> Stroke:
    """A line across a key."""
    return curve([0, 1], [0.5, 0.5], line(width, colour))


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
        f"{'SIMULATED. ' if asset.simulated else ''}Weights of {asset.symbol} by lag, one column per series, "
        f"{'; '.join(text for text in told if text)}.",
        "Weight of each lag, for standardised inputs; each row has its own scale. A weight whose \u00b12 sd whisker "
        "crosses zero cannot be distinguished from zero.",
    )


FIGURE = Illustration("weights", _figure)
