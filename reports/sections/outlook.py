"""The forecast drawn: predictive densities, and beside them the window that the models saw."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.blocks import Beside, Block, Figure, Paragraph
from reports.choice import drawn
from reports.contents import AssetPage, DailyReport
from reports.figures import densities, window
from reports.names import spoken
from reports.numerals import day, percent, short_day
from reports.palette import looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

_BASELINE = spoken("baseline_mlp")


def _blocks(report: DailyReport, asset: AssetPage) -> Iterator[Block]:
    """Both drawings side by side; a sentence for one that has nothing to show."""
    figures = []
    if asset.densities.empty or asset.densities["density"].isna().all():
        yield Paragraph("There are no predictive densities to draw for this session.")
    else:
        figures.append(_densities(report, asset))
    if asset.window.empty:
        yield Paragraph("The window of inputs is not on record for this session.")
    else:
        figures.append(_window(asset))
    if figures:
        yield Beside(tuple(figures), (0.59, 0.41) if len(figures) > 1 else (0.6,))


def _densities(report: DailyReport, asset: AssetPage) -> Figure:
    """The densities with the baseline's point forecast."""
    table = asset.forecasts
    mean = math.nan if table.empty else float(table.loc[table["model"] == _BASELINE, "mean"].max())
    names, chosen = drawn(asset.densities, report.models, asset.scoreboard)
    title = f"{asset.symbol}: densities for {short_day(asset.target)}"
    point = f" The dashed line is {_BASELINE}\u2019s point forecast, {percent(mean)}." if math.isfinite(mean) else ""
    return Figure(
        densities.draw(
            asset.densities[asset.densities["model"].isin(names)],
            (_BASELINE, mean),
            looks(report.models),
            report.models,
            (title, asset.simulated),
        ),
        f"{_made_up(asset)}Predictive densities of the change of {asset.symbol} by the close of "
        f"{day(asset.target)}, a "
        f"curve for each of {', '.join(names)}.{point} The table above gives their quantiles.",
        f"How likely each model holds each change.{point}{chosen and f' {chosen}'}",
    )


def _window(asset: AssetPage) -> Figure:
    """The inputs."""
    lines = []
    for series in dict.fromkeys(asset.window["series"]):
        rows = asset.window[asset.window["series"] == series]
        lines.append(f"{series} " + ", ".join(percent(change) for change in rows["change"]))
    sessions = sorted(set(asset.window["session"]))
    return Figure(
        window.draw(asset.window, asset.symbol, simulated=asset.simulated),
        f"{_made_up(asset)}Changes of {asset.symbol} from {day(sessions[0])} to {day(sessions[-1])}, "
        f"oldest first: {'; '.join(lines)}.",
        "The sessions that the models were shown.",
    )


def _made_up(asset: AssetPage) -> str:
    """The word that every drawing of made-up data carries."""
    return "SIMULATED. " if asset.simulated else ""


SECTION = Section((DailyReport,), "asset", 30, "Forecast, drawn", _blocks)
