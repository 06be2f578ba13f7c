"""What moved a forecast since the one before: the parts of its width, and of its centre, that each input makes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from reports.blocks import Block, Cell, Column, Group, Interval, Table
from reports.contents import AssetPage, DailyReport
from reports.numerals import THIN, number, percent, places_for, short_day
from reports.palette import in_order
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_NAMED = 3  # groups in a sentence, those that changed most
_TOLD = 0.005  # a change that rounds to a whole per cent


def _blocks(report: DailyReport, asset: AssetPage) -> Iterator[Block]:
    """A table with a sentence for each model, and the same drawn; nothing where no model reports its parts."""
    table = asset.attribution
    if table.empty:
        return
    names = in_order(table, report.models)
    columns = (
        Column("Inputs", "", "left", 2.2),
        Column("Effect on the width", "line: no effect", "center", 2.2),
        Column(short_day(asset.target), "wider by", share=2.4),
        Column(short_day(asset.as_of), "wider by", share=2.0),
        Column("Change", "between the two", share=1.7),
        Column("Centre", f"{short_day(asset.target)}, moved by", share=2.4),
    )
    groups = tuple(_group(asset, table[table["model"] == name], name) for name in names)
    yield Table(
        columns,
        groups,
        "How much each group of inputs widens the forecast, or moves its centre, compared with its usual values; "
        "negative is narrower. \u00b1 is one posterior sd; the bars show one and two sd. Where the longer bar crosses "
        "the line, the effect cannot be distinguished from zero.",
    )


def _group(asset: AssetPage, rows: pd.DataFrame, model: str) -> Group:
    """One model's parts under its sentence."""
    places = places_for(100 * rows["shift_sd"], digits=1)
    edges = [edge for _, part in rows.iterrows() for edge in _ends(part)]
    low, high = min([0.0, *edges]), max([0.0, *edges])
    frame = (low, high) if high > low else (-1.0, 1.0)
    cells = tuple(_row(part, places, frame) for _, part in rows.iterrows())
    return Group(cells, title=model, note=_sentence(asset, rows, model))


def _row(part: pd.Series, places: int, frame: tuple[float, float]) -> tuple[Cell, ...]:
    """One group of inputs."""
    return (
        Cell(part["group"][:1].upper() + part["group"][1:]),
        Cell(interval=_drawn(part, frame)),
        Cell(_with_doubt(math.expm1(part["width"]), math.exp(part["width"]) * part["width_sd"], 1)),
        Cell(percent(math.expm1(part["width_before"]), 1)),
        Cell(percent(math.expm1(part["width"] - part["width_before"]), 1)),
        Cell(_with_doubt(part["shift"], part["shift_sd"], places)),
    )


def _ends(part: pd.Series) -> tuple[float, float]:
    """The part of the width two sd down and up."""
    return part["width"] - 2 * part["width_sd"], part["width"] + 2 * part["width_sd"]


def _drawn(part: pd.Series, frame: tuple[float, float]) -> Interval:
    """The part with one and two sd either way, as positions in the frame."""
    mean, sd, (low, high) = part["width"], part["width_sd"], frame
    levels = (mean - 2 * sd, mean - sd, mean, mean + sd, mean + 2 * sd, 0.0)
    return Interval(*(round((level - low) / (high - low), 5) for level in levels))


def _with_doubt(value: float, sd: float, places: int) -> str:
    """A change with the posterior's sd: '+9.1 \u00b1 2.0 %'."""
    if value == sd == 0:
        return "none"
    return f"{number(100 * value, places, sign=True)} \u00b1 {number(100 * sd, places)}{THIN}%"


def _sentence(asset: AssetPage, rows: pd.DataFrame, model: str) -> str:
    """What changed the width since the forecast before, the largest change first; empty where that is unknown."""
    changes = rows.set_index("group")["width"] - rows.set_index("group")["width_before"]
    if changes.isna().any():
        return ""
    largest = changes[changes.abs() >= _TOLD].sort_values(key=np.abs, ascending=False, kind="stable")[:_NAMED]
    told = [f"{group} {percent(math.expm1(change), 0)}" for group, change in largest.items()]
    whole = _whole(asset, model)
    if not math.isfinite(whole):
        before = short_day(asset.as_of)
        return (
            f"Compared with {before}: {', '.join(told)}."
            if told
            else f"No input changed the width by 1 % compared with {before}."
        )
    rest = whole - float(largest.sum())
    if abs(rest) >= _TOLD and told:
        told.append(f"all else {percent(math.expm1(rest), 0)}")
    why = f": {', '.join(told)}." if told else "; no input changed it by 1 %."
    return f"The forecast for {short_day(asset.target)} is {_wider(whole)} that for {short_day(asset.as_of)}{why}"


def _whole(asset: AssetPage, model: str) -> float:
    """Log ratio of the sds of this forecast and of the one for the origin's session; NaN where there was none."""
    fan = asset.fan
    if fan.empty or not ((fan["model"] == model) & (fan["target"] == asset.as_of)).any():
        return math.nan
    own = asset.forecasts[asset.forecasts["model"] == model]
    sd, before = float(own["sd"].max()), float(own["previous_sd"].max())
    return math.log(sd / before) if sd > 0 and before > 0 else math.nan


def _wider(whole: float) -> str:
    """A log ratio of widths in words, ending in 'than' or 'as'."""
    change = math.expm1(whole)
    if round(100 * abs(change)) == 0:
        return "as wide as"
    return f"{number(100 * abs(change), 0)}{THIN}% {'wider' if change > 0 else 'narrower'} than"


SECTION = Section((DailyReport,), "asset", 34, "Why the forecast became wider or narrower", _blocks)
