"""Tomorrow's change as each model sees it: predictive densities on one axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports import blocks
from reports.axes import even, reach, terse
from reports.canvas import Panel, drawing
from reports.choice import drawn
from reports.figures import Illustration
from reports.legends import Key, Legend
from reports.names import spoken
from reports.numerals import day, percent, short_day
from reports.palette import INK, MUTED, in_order, looks
from reports.strokes import curve, line

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from reports.contents import AssetPage, DailyReport
    from reports.palette import Looks

_POINT = "baseline_mlp"  # whose point forecast is drawn as a line

_NEGLIGIBLE = 0.004  # of the highest peak; tails below it are not drawn
_WIDTH, _HEIGHT = 102.0, 60.0  # millimetres, of which three lines of the legend take their share
_CURVE, _POINT_LINE = 1.1, line(0.9, INK, (4, 2))
_ROOM = 0.05  # above the highest curve
_COLUMNS, _LINES, _LINE = 3, 3, 4.0  # of the legend: columns, lines that fit, millimetres that another one takes


def draw(
    densities: pd.DataFrame,
    point: tuple[str, float],
    looks: Looks,
    models: Iterable[str],
    heading: tuple[str, bool],
) -> str:
    """SVG of `densities` (as `AssetPage.densities`, not empty) over the change in per cent.

    Args:
        densities: The curves.
        point: Name and value (a fraction; NaN for none) of the point forecast drawn as an upright line.
        looks: The look of each model.
        models: Their order.
        heading: The title, and whether the asset is simulated.
    """
    known = densities.dropna(subset=["density"])
    names, curves = in_order(known, models), dict(tuple(known.groupby("model", sort=False)))
    x, y = _limits(known)
    strokes = [curve([0, 0], y, line(0.5, MUTED))] if x[0] <= 0 <= x[1] else []
    keys = []
    for name in names:
        own, drawn_as = curves[name].sort_values("change"), line(_CURVE, looks[name].colour, looks[name].dash)
        change = 100 * own["change"].to_numpy(float)
        inside = (change >= x[0]) & (change <= x[1])
        strokes.append(curve(change[inside], own["density"].to_numpy(float)[inside] / 100, drawn_as))
        keys.append(Key(name, [curve([0, 1], [0.5, 0.5], drawn_as)]))
    said, value = point[0], 100 * point[1]
    if x[0] <= value <= x[1]:
        strokes.append(curve([value, value], y, _POINT_LINE))
        keys.append(Key(f"{said}, point: {percent(point[1])}", [curve([0, 1], [0.5, 0.5], _POINT_LINE)]))
    panel = Panel(
        even(x, 7, terse, label="change by the next close, %"),
        even(y, 4, label="density per percentage point"),
        strokes,
    )
    height = _HEIGHT + _LINE * max(0, math.ceil((len(names) + 1) / _COLUMNS) - _LINES)
    return drawing((_WIDTH, height), heading, [panel], legend=Legend(keys, _COLUMNS))


def _limits(known: pd.DataFrame) -> tuple[tuple[float, float], tuple[float, float]]:
    """As much of the changes, in per cent, as carries weight, and densities per percentage point up to the highest."""
    density = known["density"].to_numpy(float)
    visible = 100 * known["change"].to_numpy(float)[density > _NEGLIGIBLE * density.max()]
    return reach([visible]), (0.0, (1 + _ROOM) * density.max() / 100 or 1.0)


def _figure(report: DailyReport, asset: AssetPage) -> blocks.Figure | blocks.Paragraph:
    """The densities with the baseline's point forecast."""
    if asset.densities.empty or asset.densities["density"].isna().all():
        return blocks.Paragraph("There are no predictive densities to draw for this session.")
    table, baseline = asset.forecasts, spoken(_POINT, report.labels)
    mean = math.nan if table.empty else float(table.loc[table["model"] == baseline, "mean"].max())
    names, chosen = drawn(asset.densities, report.models, asset.scoreboard)
    title = f"{asset.symbol}: densities for {short_day(asset.target)}"
    point = f" The dashed line is {baseline}\u2019s point forecast, {percent(mean)}." if math.isfinite(mean) else ""
    return blocks.Figure(
        draw(
            asset.densities[asset.densities["model"].isin(names)],
            (baseline, mean),
            looks(report.models),
            report.models,
            (title, asset.simulated),
        ),
        f"{'SIMULATED. ' if asset.simulated else ''}Predictive densities of the change of {asset.symbol} by the close "
        f"of {day(asset.target)}, one curve for each of {', '.join(names)}.{point} The table above gives their "
        "quantiles.",
        f"Density that each model gives to each change by the next close.{point}{chosen and f' {chosen}'}",
    )


FIGURE = Illustration("outlook", _figure, order=10, share=0.59)
