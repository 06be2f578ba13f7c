"""Past forecasts against what happened: a panel a model, all on one scale."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import blocks
from reports.canvas import FULL_WIDTH, drawing, quiet_grid, to_svg
from reports.choice import drawn
from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport
from reports.figures import Illustration
from reports.numerals import day, short_day, shortest
from reports.palette import ALARM, INK, MUTED, WASH, in_order, looks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from matplotlib.axes import Axes

    from reports.palette import Looks

_PANEL, _LONG_PANEL = 37.0, 23.0  # heights in millimetres
_PAIRS = (2, 4)  # numbers of models that make a better block in pairs
_TALLEST = 205.0  # all panels together, so that they fit on one page
_NARROW_LIMIT = 45  # more forecasts than this need the width of the page
_ONE_LINE = 5  # marks that fit beside each other in the legend
_FEWEST_SLOTS = 8  # so that a single forecast is not as wide as the panel
_DAILY, _BACKTEST = 30, 120  # forecast sessions that are drawn


def draw(fan: pd.DataFrame, looks: Looks, models: Iterable[str], symbol: str, *, simulated: bool) -> str:
    """SVG of the forecasts in `fan` (as `AssetPage.fan`, not empty), changes in per cent.

    Bars are the central 50 % and 90 % intervals with the median across them; a dot is the outcome, darker
    inside the 90 % interval and a diamond outside it, hollow where the forecast was replayed, on a shaded
    ground.
    """
    names = in_order(fan, models)
    days = sorted(set(fan["target"]))
    long = len(days) > _NARROW_LIMIT
    columns = 1 if long else min(len(names), 2 if len(names) in _PAIRS else 3)
    rows = math.ceil(len(names) / columns)
    origins = sorted(set(fan["origin"]))
    title = f"{symbol}: {' and '.join(origins)} forecasts and what happened"
    legend = 10 if len(names) % columns else 19  # in a panel's place, or below them all
    height = legend + min((_LONG_PANEL if long else _PANEL) * rows, _TALLEST)
    with drawing(FULL_WIDTH, height, title, simulated=simulated) as figure:
        panels = figure.subplots(rows, columns, sharey=True, squeeze=False)
        for axes, name in zip(panels.flat, names, strict=False):
            own = fan[fan["model"] == name]
            _panel(axes, own, days, looks[name].colour)
            if len(origins) > 1:
                _ground(axes, own, days)
            axes.set_title(name, color=looks[name].colour, fontweight="bold")
        low, high = panels[0, 0].get_ylim()
        panels[0, 0].set_ylim(low, high + 0.14 * (high - low))  # room for the names of the grounds
        for axes in panels.flat[: len(names) - 1] if long else ():
            axes.tick_params(labelbottom=False)
        for axes in panels.flat[len(names) + 1 :]:
            axes.set_visible(False)
        for axes in panels[:, 0]:
            axes.set_ylabel("change, %")
        if panels.size > len(names):
            panels.flat[len(names)].set_axis_off()
            panels.flat[len(names)].legend(handles=_marks(fan), loc="center left")
        else:
            marks = _marks(fan)
            lines = 2 if len(marks) > _ONE_LINE else 1
            figure.legend(handles=marks, loc="outside lower center", ncols=math.ceil(len(marks) / lines))
        return to_svg(figure)


def _panel(axes: Axes, rows: pd.DataFrame, days: list[pd.Timestamp], colour: str) -> None:
    """One model's forecasts, a slot a session."""
    place = {day: i for i, day in enumerate(days)}
    at = np.array([place[day] for day in rows["target"]], dtype=float)
    replayed = (rows["origin"] == "replayed").to_numpy()
    axes.axhline(0, color=MUTED, linewidth=0.5, zorder=1)
    for low, high, alpha in (("q05", "q95", 0.22), ("q25", "q75", 0.45)):
        _bars(axes, at, 100 * rows[low].to_numpy(float), 100 * rows[high].to_numpy(float), colour, alpha)
    median = 100 * rows["q50"].to_numpy(float)
    ticks = [[(x - 0.42, y), (x + 0.42, y)] for x, y in zip(at, median, strict=True) if np.isfinite(y)]
    axes.add_collection(LineCollection(ticks, colors=colour, linewidths=1.0, zorder=3))
    _outcomes(axes, at, rows, replayed)
    _scales(axes, days)


def _ground(axes: Axes, own: pd.DataFrame, days: list[pd.Timestamp]) -> None:
    """A shaded ground under replayed forecasts; each kind is named where it is longest."""
    for name in ("replayed", "live"):
        slots = np.flatnonzero(pd.Series(days).isin(own.loc[own["origin"] == name, "target"]))
        if not len(slots):
            continue
        runs = np.split(slots, np.flatnonzero(np.diff(slots) > 1) + 1)
        for run in runs if name == "replayed" else []:
            axes.axvspan(run[0] - 0.5, run[-1] + 0.5, facecolor=WASH, edgecolor="none", zorder=0)
        start = float(max(runs, key=len)[0]) - 0.3
        axes.annotate(
            name,
            (start, 1),
            xycoords=axes.get_xaxis_transform(),
            xytext=(0, -1),
            textcoords="offset points",
            va="top",
            fontsize=5.8,
            style="italic",
            color=MUTED,
        )


def _bars(axes: Axes, at: np.ndarray, low: np.ndarray, high: np.ndarray, colour: str, alpha: float) -> None:
    """Intervals as bars, one a session; a missing one leaves its slot empty."""
    boxes = [
        [(x - 0.42, a), (x + 0.42, a), (x + 0.42, b), (x - 0.42, b)]
        for x, a, b in zip(at, low, high, strict=True)
        if np.isfinite(a) and np.isfinite(b)
    ]
    axes.add_collection(PolyCollection(boxes, facecolors=colour, alpha=alpha, linewidths=0, zorder=2))


def _outcomes(axes: Axes, at: np.ndarray, rows: pd.DataFrame, replayed: np.ndarray) -> None:
    """What happened: inside or outside by colour and shape, replayed or live by filling."""
    y = rows["y"].to_numpy(float)
    low, high = rows["q05"].to_numpy(float), rows["q95"].to_numpy(float)
    known = np.isfinite(y)
    outside = known & ((y < low) | (y > high))
    size = 9.0 if len(at) <= _NARROW_LIMIT else 6.0
    for chosen, colour, marker in ((known & ~outside, INK, "o"), (outside, ALARM, "D")):
        for past in (True, False):
            take = chosen & (replayed == past)
            axes.scatter(
                at[take],
                100 * y[take],
                s=size,
                marker=marker,
                facecolors="white" if past else colour,
                edgecolors=colour,
                linewidths=0.7,
                zorder=4,
            )


def _scales(axes: Axes, days: list[pd.Timestamp]) -> None:
    """Sessions along the bottom, a few of them named; per cent up the side."""
    axes.set_xlim(-0.7, max(len(days), _FEWEST_SLOTS) - 0.3)
    step = math.ceil(max(len(days), _FEWEST_SLOTS) / (4 if len(days) <= _NARROW_LIMIT else 11))
    at = list(range(0, len(days), step))
    axes.set_xticks(at, [short_day(days[i]) for i in at])
    axes.margins(y=0.06)
    axes.autoscale_view(scalex=False)
    axes.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(shortest))
    quiet_grid(axes)


def _marks(fan: pd.DataFrame) -> list[Patch | Line2D]:
    """What the drawing's marks mean, once for all panels."""
    origins = set(fan["origin"])
    marks: list[Patch | Line2D] = [
        Patch(facecolor=MUTED, alpha=0.22, label="90 % interval"),
        Patch(facecolor=MUTED, alpha=0.6, label="50 % interval"),
        Line2D([], [], color=INK, linewidth=1.0, label="median"),
    ]
    for origin, filling in (("live", None), ("replayed", "white")):
        if origin not in origins:
            continue
        for name, colour, marker in (("inside", INK, "o"), ("outside 90 %", ALARM, "D")):
            marks.append(
                Line2D(
                    [],
                    [],
                    linestyle="",
                    marker=marker,
                    markersize=3.2,
                    markeredgecolor=colour,
                    markeredgewidth=0.7,
                    markerfacecolor=filling or colour,
                    label=f"{origin}: {name}",
                )
            )
    return marks


def _figure(report: DailyReport | BacktestReport, asset: AssetPage | BacktestAsset) -> blocks.Figure | blocks.Paragraph:
    """The last forecasts, and what they are in words."""
    if asset.fan.empty:
        return blocks.Paragraph("No earlier forecast is on record yet; this page fills as days go by.")
    named, chosen = drawn(asset.fan, report.models, asset.scoreboard)
    shown = _latest(asset.fan[asset.fan["model"].isin(named)], _DAILY if isinstance(asset, AssetPage) else _BACKTEST)
    days = sorted(set(shown["target"]))
    origins = " and ".join(sorted(set(shown["origin"])))
    first = short_day(days[0]) if days[0].year == days[-1].year else day(days[0])
    period = f"{first} to {day(days[-1])}" if len(days) > 1 else day(days[0])
    return blocks.Figure(
        draw(shown, looks(report.models), report.models, asset.symbol, simulated=asset.simulated),
        f"{'SIMULATED. ' if asset.simulated else ''}Forecasts of {asset.symbol} against what happened, "
        f"{period}, "
        f"{origins}, a panel for each of {', '.join(named)}: 50 and 90 per cent intervals with the median, and the "
        "outcome as a dot "
        "or, outside the 90 per cent interval, a diamond. The scoreboard counts how often each interval "
        "held.",
        " ".join(
            (f"{_targets(len(days), len(set(asset.fan['target'])))}, {period}.", *_explain(shown), chosen)
        ).strip(),
    )


def _latest(table: pd.DataFrame, most: int) -> pd.DataFrame:
    """The rows of the last targets."""
    return table[table["target"].isin(sorted(set(table["target"]))[-most:])]


def _targets(shown: int, known: int) -> str:
    """How much of the record is drawn."""
    if shown < known:
        return f"The last {shown} of {known} forecast sessions"
    return "One forecast session" if shown == 1 else f"{shown} forecast sessions"


def _explain(shown: pd.DataFrame) -> Iterator[str]:
    """What live and replayed mean, for those that occur."""
    said = {
        "replayed": "Replayed: made later from what was known then, no record of foresight.",
        "live": "Live: recorded beforehand.",
    }
    return (text for origin, text in said.items() if origin in set(shown["origin"]))


FIGURE = Illustration("fan", _figure)
