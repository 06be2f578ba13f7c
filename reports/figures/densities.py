"""Tomorrow's change as each model sees it: predictive densities on one axis."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.ticker import FuncFormatter, MaxNLocator

from reports import blocks
from reports.canvas import drawing, to_svg
from reports.choice import drawn
from reports.figures import Illustration
from reports.names import spoken
from reports.numerals import day, percent, short_day, shortest
from reports.palette import INK, MUTED, in_order, looks

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd
    from matplotlib.axes import Axes

    from reports.contents import AssetPage, DailyReport
    from reports.palette import Looks

_POINT = "baseline_mlp"  # whose point forecast is drawn as a line

_NEGLIGIBLE = 0.004  # of the highest peak; tails below it are not drawn
_WIDTH, _HEIGHT = 102.0, 60.0  # millimetres, of which three lines of the legend take their share
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
        point: Name and value (a fraction; NaN for none) of the point forecast drawn as a vertical line.
        looks: The look of each model.
        models: Their order.
        heading: The title, and whether the asset is simulated.
    """
    title, simulated = heading
    names = in_order(densities.dropna(subset=["density"]), models)
    height = _HEIGHT + _LINE * max(0, math.ceil((len(names) + 1) / _COLUMNS) - _LINES)
    with drawing(_WIDTH, height, title, simulated=simulated) as figure:
        axes = figure.subplots()
        axes.axvline(0, color=MUTED, linewidth=0.5)
        for name in names:
            curve = densities[densities["model"] == name].sort_values("change")
            x, y = 100 * curve["change"].to_numpy(float), curve["density"].to_numpy(float) / 100
            axes.plot(x, y, color=looks[name].colour, linestyle=looks[name].dash, label=name)
        _point(axes, *point)
        _scales(axes, densities)
        figure.legend(loc="outside lower center", ncols=min(len(names) + 1, _COLUMNS))
        return to_svg(figure)


def _point(axes: Axes, name: str, value: float) -> None:
    """The point forecast, with its value in the legend."""
    if math.isfinite(value):
        axes.axvline(
            100 * value,
            color=INK,
            linewidth=0.9,
            linestyle=(0, (4, 2)),
            label=f"{name}, point: {percent(value)}",
        )


def _scales(axes: Axes, densities: pd.DataFrame) -> None:
    """As much of the axis as carries weight."""
    visible = densities[densities["density"] > _NEGLIGIBLE * densities["density"].max()]
    if len(visible):
        axes.set_xlim(100 * visible["change"].min(), 100 * visible["change"].max())
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_locator(MaxNLocator(7, steps=[1, 2, 2.5, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(shortest))
    axes.set_xlabel("change by the next close, %")
    axes.set_ylabel("density per percentage point")
    axes.yaxis.set_major_locator(MaxNLocator(4))


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
        f"of {day(asset.target)}, a curve for each of {', '.join(names)}.{point} The table above gives their "
        "quantiles.",
        f"How likely each model holds each change.{point}{chosen and f' {chosen}'}",
    )


FIGURE = Illustration("outlook", _figure, order=10, share=0.59)
