"""What the models saw: the changes of the last seven sessions, one panel per series."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from reports import blocks
from reports.axes import Axis
from reports.canvas import Panel, drawing
from reports.figures import Illustration
from reports.numerals import day, number, percent, short_day
from reports.palette import INK, MUTED
from reports.strokes import boxes, curve, filled, line, words

if TYPE_CHECKING:
    import pandas as pd

    from reports.contents import AssetPage, DailyReport

_UP = "#5B7A99"
_DOWN = "#B9C4CF"
_HALF = 0.36  # of a bar, in sessions
_SIDE = 0.7  # from the outer bars' middle to the edge, in sessions
_ROOM = 0.42  # above and below the bars, for their values, in parts of their reach
_SIZE, _CENTRED = 5.4, ' text-anchor="middle"'


def draw(window: pd.DataFrame, symbol: str, *, simulated: bool, size: tuple[float, float] = (68.0, 60.0)) -> str:
    """SVG of `window` (as `AssetPage.window`, not empty): bars in per cent, each with its value."""
    names = list(dict.fromkeys(window["series"]))
    sessions = sorted(set(window["session"]))
    days = tuple(_label(sessions, i) for i in range(len(sessions)))
    panels = []
    for name in names:
        rows = window[window["series"] == name].set_index("session")["change"]
        values = 100 * rows.reindex(sessions).to_numpy(float)
        panels.append(_panel(values, name, days if name == names[-1] else ()))
    return drawing(size, (f"{symbol}: the window used", simulated), panels)


def _panel(values: np.ndarray, name: str, days: tuple[str, ...]) -> Panel:
    """One series, rises dark and falls light."""
    at, shown = np.arange(len(values)), np.nan_to_num(values)
    low, high = min(shown.min(), 0.0), max(shown.max(), 0.0)
    room = _ROOM * (high - low) or 0.5
    x = Axis(-_SIDE, len(values) - 1 + _SIDE, tuple(at) if days else (), days)
    y = Axis(low - room if low < 0 else low, high + room if high > 0 or low == high else high)
    widest = max(-low, high)
    places = 0 if widest >= 10 else 1 if widest >= 1 else 2  # noqa: PLR2004 (tens, ones)
    strokes = []
    for rising, colour in ((True, _UP), (False, _DOWN)):
        own = (shown >= 0) == rising
        strokes.append(boxes(at[own] - _HALF, at[own] + _HALF, 0, shown[own], filled(colour)))
    strokes.append(curve([x.low, x.high], [0, 0], line(0.5, MUTED)))
    for i, value in enumerate(values):
        said = number(float(value), places, sign=True)
        strokes.append(words(said, i, shown[i], _SIZE, INK, up_by=2.5 if shown[i] >= 0 else -5.8, more=_CENTRED))
    return Panel(x, y, strokes, f"{name}, change in %", MUTED, size=6.4, framed=False)


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
        "Changes of the last seven sessions, which are the models\u2019 input, in per cent.",
    )


FIGURE = Illustration("outlook", _figure, order=20, share=0.41)
