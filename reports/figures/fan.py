"""Past forecasts against what happened: one panel per model, all on one scale."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from reports import blocks
from reports.axes import Axis, even, reach, terse
from reports.canvas import FULL_WIDTH, Panel, drawing
from reports.choice import drawn
from reports.contents import AssetPage
from reports.figures import Illustration
from reports.legends import Key, Legend
from reports.numerals import day, short_day
from reports.origins import ORIGINS, REPLAYED
from reports.origins import in_order as origins_in_order
from reports.palette import ALARM, INK, MUTED, REGIMES, WASH, in_order, looks
from reports.strokes import BAR, boxes, curve, dots, filled, level, line, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

    from reports.contents import BacktestAsset, BacktestReport, DailyReport
    from reports.palette import Looks
    from reports.strokes import Stroke

_PANEL, _LONG_PANEL = 37.0, 23.0  # heights in millimetres
_PAIRS = (2, 4)  # numbers of models that make a better block in pairs
_TALLEST = 205.0  # all panels together, so that they fit on one page
_NARROW_LIMIT = 45  # more forecasts than this need the width of the page
_ONE_LINE = 5  # marks that fit beside each other in the legend
_FEWEST_SLOTS = 8  # so that a single forecast is not as wide as the panel
_DAILY, _BACKTEST = 30, 120  # forecast sessions that are drawn
_BAND = 0.06  # of a panel's height that the band of regimes takes, below all else


def draw(
    fan: pd.DataFrame,
    looks: Looks,
    models: Iterable[str],
    symbol: str,
    *,
    simulated: bool,
    regimes: pd.DataFrame | None = None,
) -> str:
    """SVG of the forecasts in `fan` (as `AssetPage.fan`, not empty), changes in per cent.

    Bars are the central 50 % and 90 % intervals with the median across them; a dot is the outcome, darker
    inside the 90 % interval and a diamond outside it, hollow where the forecast was replayed, on a shaded
    ground. A band along the bottom tells the `regimes` (as in `AssetPage`), where there are any.
    """
    names = in_order(fan, models)
    days = sorted(set(fan["target"]))
    long = len(days) > _NARROW_LIMIT
    columns = 1 if long else min(len(names), 2 if len(names) in _PAIRS else 3)
    rows = math.ceil(len(names) / columns)
    origins = origins_in_order(fan["origin"])
    title = f"{symbol}: {' and '.join(origins)} forecasts and what happened"
    gap = len(names) % columns > 0
    height = (10 if gap else 19) + min((_LONG_PANEL if long else _PANEL) * rows, _TALLEST)
    told = regimes is not None and len(regimes) > 0
    x, y = _along(days), _up(fan, below=told)
    band = _band(regimes, days, y) if regimes is not None else []
    own, panels = dict(tuple(fan.groupby("model", sort=False))), []
    for i, name in enumerate(names):
        across = replace(x, words=()) if long and i < len(names) - 1 else x
        axes = across, y if i % columns == 0 else replace(y, words=(), label="")
        panel = _panel(axes, own[name], days, (name, looks[name].colour), mixed=len(origins) > 1)
        panels.append(replace(panel, ground=[*panel.ground, *band]))
    marks = _marks(origins, regimes["regime"] if regimes is not None else ())
    lines = 2 if len(marks) > _ONE_LINE else 1
    legend = Legend(marks, math.ceil(len(marks) / lines), inside=gap)
    return drawing((FULL_WIDTH, height), (title, simulated), panels, columns, legend)


def _along(days: list[pd.Timestamp]) -> Axis:
    """Sessions along the bottom, a few of them named."""
    slots = max(len(days), _FEWEST_SLOTS)
    at = range(0, len(days), math.ceil(slots / (4 if len(days) <= _NARROW_LIMIT else 11)))
    return Axis(-0.7, slots - 0.3, tuple(at), tuple(short_day(days[i]) for i in at))


def _band(regimes: pd.DataFrame, days: list[pd.Timestamp], up: Axis) -> list[Stroke]:
    """A slot of colour along the bottom for each session before which a regime was told."""
    high, found = up.low + _BAND * (up.high - up.low), []
    for name, colour in REGIMES.items():
        own = sorted(set(regimes.loc[regimes["regime"] == name, "target"]) & set(days))
        if own:
            at = np.array([days.index(day) for day in own], float)
            found.append(boxes(at - 0.5, at + 0.5, up.low, high, filled(colour)))
    return found


def _up(fan: pd.DataFrame, *, below: bool) -> Axis:
    """Per cent up the side, with room above for the names of the grounds, and below for a band."""
    values = 100 * fan[["q05", "q25", "q50", "q75", "q95", "y"]].to_numpy(float)
    low, high = reach([values, np.zeros(1)], 0.06)
    low -= _BAND * (high - low) if below else 0.0
    return even((low, high + 0.14 * (high - low)), 5, terse, label="change, %", grid=True)


def _panel(
    axes: tuple[Axis, Axis], rows: pd.DataFrame, days: list[pd.Timestamp], heading: tuple[str, str], *, mixed: bool
) -> Panel:
    """One model's forecasts, a slot a session, under its name in its colour."""
    at = np.searchsorted(np.array(days, dtype="datetime64[ns]"), rows["target"].to_numpy()).astype(float)
    low90, low50, median, high50, high90, y = (
        100 * rows[column].to_numpy(float) for column in ("q05", "q25", "q50", "q75", "q95", "y")
    )
    origin, colour = rows["origin"].to_numpy(object), heading[1]
    replayed = origin == REPLAYED
    strokes = [
        curve([axes[0].low, axes[0].high], [0, 0], line(0.5, MUTED)),
        boxes(at - BAR, at + BAR, low90, high90, filled(colour, 0.22)),
        boxes(at - BAR, at + BAR, low50, high50, filled(colour, 0.45)),
        level(at, median, line(1.0, colour)),
    ]
    outside = (y < low90) | (y > high90)
    size = 3.0 if len(at) <= _NARROW_LIMIT else 2.45
    for out in (False, True):
        for past in (True, False):
            take = (outside == out) & (replayed == past)
            strokes.append(_outcomes(at[take], y[take], size, out=out, past=past))
    ground, names = _ground(at, origin, axes[1]) if mixed else ([], [])
    return Panel(*axes, [*strokes, *names], *heading, "bold", ground=ground)


def _outcomes(at: Any, y: Any, size: float, *, out: bool, past: bool) -> Stroke:  # noqa: ANN401
    """What happened: inside or outside by colour and shape, replayed or recorded before by filling."""
    colour = ALARM if out else INK
    drawn_as = f'fill="{"#ffffff" if past else colour}" stroke="{colour}" stroke-width="0.7"'
    return dots(at, y, size, drawn_as, shape="diamond" if out else "circle")


def _ground(at: np.ndarray, origin: np.ndarray, up: Axis) -> tuple[list[Stroke], list[Stroke]]:
    """A shaded ground under replayed forecasts, and the name of each kind where it is longest."""
    ground, names = [], []
    for name in origins_in_order(origin):
        slots = np.unique(at[origin == name])
        runs = np.split(slots, np.flatnonzero(np.diff(slots) > 1) + 1)
        if name == REPLAYED:
            first, last = np.array([(run[0], run[-1]) for run in runs]).T
            ground.append(boxes(first - 0.5, last + 0.5, up.low, up.high, filled(WASH)))
        longest = max(runs, key=len)
        late = longest[0] > at.max() / 2  # then it ends where its ground does, so as not to leave the panel
        place = float(longest[-1]) + 0.3 if late else float(longest[0]) - 0.3
        style = ' font-style="italic"' + (' text-anchor="end"' if late else "")
        names.append(words(name, place, up.high, 5.8, MUTED, up_by=-6, more=style))
    return ground, names


def _marks(origins: list[str], regimes: Iterable[str]) -> list[Key]:
    """What the drawing's marks mean, once for all panels."""
    keys = [
        Key("90 % interval", [boxes(0, 1, 0, 1, filled(MUTED, 0.22))]),
        Key("50 % interval", [boxes(0, 1, 0, 1, filled(MUTED, 0.6))]),
        Key("median", [curve([0, 1], [0.5, 0.5], line(1.0, INK))]),
    ]
    before = [name for name in origins if name != REPLAYED]
    for names, past in ((before, False), ([name for name in origins if name == REPLAYED], True)):
        for said, out in (("inside", False), ("outside 90 %", True)) if names else ():
            keys.append(Key(f"{', '.join(names)}: {said}", [_outcomes(0.5, 0.5, 3.2, out=out, past=past)]))
    told = set(regimes)
    keys += [
        Key(f"regime, filtered: {name}", [boxes(0, 1, 0, 1, filled(colour))])
        for name, colour in REGIMES.items()
        if name in told
    ]
    return keys


def _figure(report: DailyReport | BacktestReport, asset: AssetPage | BacktestAsset) -> blocks.Figure | blocks.Paragraph:
    """The last forecasts, and what they are in words."""
    if asset.fan.empty:
        return blocks.Paragraph("No earlier forecast is on record yet; this page fills as days go by.")
    named, chosen = drawn(asset.fan, report.models, asset.scoreboard)
    shown = _latest(asset.fan[asset.fan["model"].isin(named)], _DAILY if isinstance(asset, AssetPage) else _BACKTEST)
    days = sorted(set(shown["target"]))
    origins = " and ".join(origins_in_order(shown["origin"]))
    first = short_day(days[0]) if days[0].year == days[-1].year else day(days[0])
    period = f"{first} to {day(days[-1])}" if len(days) > 1 else day(days[0])
    regimes = _told(asset, days)
    return blocks.Figure(
        draw(shown, looks(report.models), report.models, asset.symbol, simulated=asset.simulated, regimes=regimes),
        f"{'SIMULATED. ' if asset.simulated else ''}Forecasts of {asset.symbol} against what happened, "
        f"{period}, "
        f"{origins}, one panel for each of {', '.join(named)}: 50 and 90 per cent intervals with the median, and the "
        "outcome as a dot "
        "or, outside the 90 per cent interval, a diamond. The scoreboard counts how often each interval "
        "held.",
        " ".join(
            (
                f"{_targets(len(days), len(set(asset.fan['target'])))}, {period}.",
                *_explain(shown),
                *_of_regimes(regimes),
                chosen,
            )
        ).strip(),
    )


def _told(asset: AssetPage | BacktestAsset, days: list[pd.Timestamp]) -> pd.DataFrame | None:
    """The regimes of the days that are drawn; None where there are none."""
    if not isinstance(asset, AssetPage) or asset.regimes.empty:
        return None
    own = asset.regimes[asset.regimes["target"].isin(days)]
    return None if own.empty else own


def _of_regimes(regimes: pd.DataFrame | None) -> Iterator[str]:
    """What the band means, where there is one."""
    if regimes is not None:
        yield (
            "The band along the bottom is the most probable regime at the close before each session, filtered: by "
            "what was known then. Sessions without it have no recorded forecast of regimes."
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
    """What each kind of evidence means, for those that occur."""
    return (ORIGINS[origin].meaning for origin in origins_in_order(shown["origin"]))


FIGURE = Illustration("fan", _figure)
