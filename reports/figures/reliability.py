"""P(up) drawn against what came: for each model, days in groups of similar P(up)."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from reports import blocks
from reports.axes import even, reach
from reports.canvas import FULL_WIDTH, Panel, drawing
from reports.figures import Illustration
from reports.legends import Key, Legend
from reports.palette import INK, MUTED, in_order, looks
from reports.strokes import curve, dots, filled, line, upright

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from reports.axes import Axis
    from reports.contents import BacktestAsset, BacktestReport
    from reports.palette import Looks

_RIGHT, _EVER = line(0.8, INK), line(0.6, MUTED, (4, 2))
_MOST_COLUMNS, _DOT, _TICKS = 5, 3.4, 3


def draw(asset: BacktestAsset, looks: Looks, models: Iterable[str]) -> str:
    """SVG of the share of days that rose by P(up), of an asset whose `reliable` is not empty; one scale for all."""
    names = in_order(asset.reliable, models)
    rows = math.ceil(len(names) / _MOST_COLUMNS)
    columns = max(math.ceil(len(names) / rows), 3)
    own = {name: asset.reliable[asset.reliable["model"] == name] for name in names}
    base = asset.directions.set_index("model")["ups"]
    across = [100 * asset.reliable["said"].to_numpy(float)]
    up = [100 * asset.reliable[name].to_numpy(float) for name in ("low", "high")]
    x, y = even(reach(across, 0.12), _TICKS, label="P(up), %"), even(reach(up, 0.05), 4, label="days that rose, %")
    panels = [
        _panel(own[name], 100 * float(base[name]), (x, y if i % columns == 0 else replace(y, words=(), label="")),
               (name, looks[name].colour))
        for i, name in enumerate(names)
    ]  # fmt: skip
    title = f"{asset.symbol}: P(up) against the share of days that rose"
    return drawing((FULL_WIDTH, 17 + 38 * rows), (title, asset.simulated), panels, columns, _legend())


def _panel(groups: pd.DataFrame, base: float, axes: tuple[Axis, Axis], heading: tuple[str, str]) -> Panel:
    """Groups with their intervals under a name in its colour, over what they would be on if P(up) were right."""
    (x, y), colour = axes, heading[1]
    said, came, low, high = (100 * groups[name].to_numpy(float) for name in ("said", "came", "low", "high"))
    ends = np.array([max(x.low, y.low), min(x.high, y.high)])
    strokes = [curve([x.low, x.high], [base, base], _EVER)]
    if ends[0] < ends[1]:
        strokes.append(curve(ends, ends, _RIGHT))
    strokes += [upright(said, low, high, line(1.1, colour)), dots(said, came, _DOT, filled(colour))]
    return Panel(x, y, strokes, *heading, "bold")


def _legend() -> Legend:
    """The two lines and the marks, said in words."""
    return Legend(
        [
            Key("P(up) is right", [curve([0, 1], [0, 1], _RIGHT)]),
            Key("share of all days that rose", [curve([0, 1], [0.5, 0.5], _EVER)]),
            Key(
                "days of similar P(up), with 95 % interval",
                [upright([0.5], [0.0], [1.0], line(1.1, MUTED)), dots([0.5], [0.5], _DOT, filled(MUTED))],
            ),
        ],
        3,
    )


def _figure(report: BacktestReport, asset: BacktestAsset) -> blocks.Figure | None:
    """One panel per model, below the table."""
    if asset.reliable.empty:
        return None
    names = in_order(asset.reliable, report.models)
    return blocks.Figure(
        draw(asset, looks(report.models), report.models),
        f"{'SIMULATED. ' if asset.simulated else ''}The days of {asset.symbol} in groups of similar P(up): the share "
        f"that rose against the mean P(up), one panel for each of {', '.join(names)}. The table above says what each "
        "was worth.",
        "On the rising line P(up) is right. On the level line days do not differ, whatever P(up) says of them.",
    )


FIGURE = Illustration("direction", _figure)
