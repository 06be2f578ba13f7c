"""What the models saw: the changes of the last seven sessions, a panel a series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import NullLocator

from reports import blocks
from reports.canvas import drawing, to_svg
from reports.figures import Illustration
from reports.numerals import day, number, percent, short_day
from reports.palette import INK, MUTED

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from reports.contents import AssetPage, DailyReport

_UP = "#5B7A99"
_DOWN = "#B9C4CF"


def draw(window: pd.DataFrame, symbol: str, *, simulated: bool, size: tuple[float, float] = (68.0, 60.0)) -> str:
    """SVG of `window` (as `AssetPage.window`, not empty): bars in per cent, each with its value."""
    names = list(dict.fromkeys(window["series"]))
    sessions = sorted(set(window["session"]))
    with drawing(*size, f"{symbol}: the window used", simulated=simulated) as figure:
        panels = figure.subplots(len(names), 1, sharex=True, squeeze=False)[:, 0]
        for axes, name in zip(panels, names, strict=True):
            rows = window[window["series"] == name].set_index("session")["change"]
            _panel(axes, 100 * rows.reindex(sessions).to_numpy(float), name)
        panels[-1].set_xticks(range(len(sessions)), [_label(sessions, i) for i in range(len(sessions))])
        return to_svg(figure)


def _panel(axes: Axes, values: np.ndarray, name: str) -> None:
    """One series, rises dark and falls light."""
    at = np.arange(len(values))
    shown = np.nan_to_num(values)
    axes.bar(at, shown, width=0.72, color=np.where(shown >= 0, _UP, _DOWN).tolist(), linewidth=0)
    axes.axhline(0, color=MUTED, linewidth=0.5)
    widest = np.max(np.abs(shown), initial=0.0)
    places = 0 if widest >= 10 else 1 if widest >= 1 else 2  # noqa: PLR2004 (tens, ones)
    for x, value in enumerate(values):
        axes.annotate(
            number(float(value), places, sign=True),
            (x, shown[x]),
            xytext=(0, 1.5 if shown[x] >= 0 else -1.5),
            textcoords="offset points",
            ha="center",
            va="bottom" if shown[x] >= 0 else "top",
            fontsize=5.4,
            color=INK,
        )
    axes.set_title(f"{name}, change in %", color=MUTED, fontsize=6.4)
    axes.margins(y=0.42)
    axes.yaxis.set_major_locator(NullLocator())
    axes.spines[["left", "bottom"]].set_visible(False)
    axes.tick_params(axis="x", length=0)


def _label(sessions: list[pd.Timestamp], i: int) -> str:
    """The day of the month, with the month where it starts or changes."""
    new_month = i == 0 or sessions[i].month != sessions[i - 1].month
    return f"{sessions[i].day}\n{short_day(sessions[i]).split()[1]}" if new_month else str(sessions[i].day)


def _figure(_report: DailyReport, asset: AssetPage) -> blocks.Figure | blocks.Paragraph:
    """The inputs, each with its changes in words."""
    if asset.window.empty:
        return blocks.Paragraph("The window of inputs is not on record for this session.")
    lines = []
    for series in dict.fromkeys(asset.window["series"]):
        rows = asset.window[asset.window["series"] == series]
        lines.append(f"{series} " + ", ".join(percent(change) for change in rows["change"]))
    sessions = sorted(set(asset.window["session"]))
    return blocks.Figure(
        draw(asset.window, asset.symbol, simulated=asset.simulated),
        f"{'SIMULATED. ' if asset.simulated else ''}Changes of {asset.symbol} from {day(sessions[0])} to "
        f"{day(sessions[-1])}, oldest first: {'; '.join(lines)}.",
        "The sessions that the models were shown.",
    )


FIGURE = Illustration("outlook", _figure, order=20, share=0.41)
