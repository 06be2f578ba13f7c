"""The front page of a day: every asset, every model, read in ten seconds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.blocks import Block, Callout, Cell, Column, Group, Interval, Paragraph, Table
from reports.contents import AssetPage, DailyReport
from reports.marks import LATE, all_late, anchor, forecast_badges, simulated_badge
from reports.numerals import DASH, THIN, money, number, percent, places_for, quoted, share, span, weekday
from reports.origins import REPLAYED
from reports.palette import looks, rows_in_order
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from reports.palette import Looks

_COLUMNS = (
    Column("Model", "", "left", 3.5),
    Column("50 and 90 % interval", "line: no change", "center", 2.9),
    Column("P(up)", "", share=1.2),
    Column("Median", "change, price", share=1.8),
    Column("50 % interval", "change, price", share=2.8),
    Column("90 % interval", "change, price", share=2.8),
    Column("Vs prior session", "median, width", share=1.9),
)
_LONG = 150  # characters of a verdict that fit under a group


def _blocks(report: DailyReport) -> Iterator[Block]:
    """What to be careful about, then the table."""
    rehearsal = (f"{report.rehearsal}. Nothing in this report is evidence of foresight.",) if report.rehearsal else ()
    warnings = (*rehearsal, *(f"{caution}." for caution in report.cautions), *_warnings(report))
    if warnings:
        yield Callout("Read with care", warnings, "warning")
    if not report.assets:
        yield Paragraph("No asset has a forecast for this day.")
        return
    drawn = looks(report.models)
    groups = tuple(_group(report, asset, i, drawn) for i, asset in enumerate(report.assets))
    yield Table(
        _COLUMNS,
        groups,
        "Change to the next close, and the price that it implies: last close times one plus the change. Intervals are "
        "central. The last column compares with the forecast of the session before.",
    )


def _warnings(report: DailyReport) -> Iterator[str]:
    """Whatever keeps a number on this page from being an ordinary forecast."""
    for symbol, reason in report.withheld.items():
        stale = reason.startswith(f"{symbol} is stale")  # then it says all by itself
        yield reason if stale else f"{symbol}: no forecast was issued. Reason: {reason}"
    for asset in report.assets:
        if asset.simulated:
            yield f"{asset.symbol}: SIMULATED data, made up by a program; it says nothing about a real market."
        if asset.forecasts.empty:
            yield f"{asset.symbol}: no forecast on record yet."
            continue
        for status in sorted(set(asset.forecasts["status"]) - {"ok"}):
            names = asset.forecasts.loc[asset.forecasts["status"] == status, "model"]
            yield f"{asset.symbol}: {', '.join(names)} {status}; its pages say why."
        late = asset.forecasts.loc[asset.forecasts["origin"] == REPLAYED, "model"]
        if len(late) and not all_late(asset.forecasts):
            yield f"{asset.symbol}: recorded after the outcome, so not evidence of foresight: {', '.join(late)}."
    wholly = [asset.symbol for asset in report.assets if all_late(asset.forecasts)]
    if wholly:
        yield f"All forecasts of {', '.join(wholly)} were recorded after the outcome: no evidence of foresight."


def _group(report: DailyReport, asset: AssetPage, position: int, drawn: Looks) -> Group:
    """One asset: its close, its models, its verdict."""
    table = asset.forecasts
    places = places_for(100 * table["sd"]) if not table.empty else 2
    frame = _frame(table)
    rows = tuple(_row(row, asset, drawn, places, frame) for row in rows_in_order(table, report.models))
    return Group(
        rows,
        title=asset.symbol,
        detail=f"close {quoted(asset.close)} on {weekday(asset.as_of)}, forecast for {weekday(asset.target)}",
        link=anchor(position),
        badges=(*simulated_badge(asset.simulated), *((LATE,) if all_late(table) else ())),
        note=_verdict(asset.verdicts),
    )


def _verdict(verdicts: tuple[str, ...]) -> str:
    """The verdicts, or the first of them with a pointer to the rest."""
    if not verdicts:
        return ""
    together = " ".join(verdicts)
    return together if len(together) <= _LONG or len(verdicts) == 1 else f"{verdicts[0]} More on its pages."


def _row(row: pd.Series, asset: AssetPage, drawn: Looks, places: int, frame: tuple[float, float]) -> tuple[Cell, ...]:
    """One model's forecast, in per cent and in price."""
    model = str(row["model"])

    def interval(low: str, high: str) -> Cell:
        return Cell(
            span(percent(row[low], places), percent(row[high], places)),
            _prices(money(row[low], asset.close), money(row[high], asset.close)),
        )

    return (
        Cell(model, badges=forecast_badges(row, late_is_said=all_late(asset.forecasts)), colour=drawn[model].colour),
        Cell(interval=_interval(row, frame)),
        Cell(share(row["prob_up"])),
        Cell(percent(row["q50"], places), money(row["q50"], asset.close)),
        interval("q25", "q75"),
        interval("q05", "q95"),
        _since(row, places),
    )


def _prices(low: str, high: str) -> str:
    """An interval of prices; nothing where there is none."""
    return span(low, high) if low and high else ""


def _since(row: pd.Series, places: int) -> Cell:
    """How the forecast moved since the prior session's: the median in percentage points, the spread relatively."""
    moved = row["q50"] - row["previous_q50"]
    wider = row["sd"] / row["previous_sd"] - 1 if row["previous_sd"] > 0 else math.nan
    if not math.isfinite(moved):
        return Cell(DASH)
    change = f"{number(100 * moved, places, sign=True)}{THIN}pp"
    if not math.isfinite(wider):
        return Cell(change)
    if round(100 * abs(wider)) == 0:
        return Cell(change, "as wide")
    return Cell(change, f"{number(100 * abs(wider), 0)}{THIN}% {'wider' if wider > 0 else 'narrower'}")


def _frame(table: pd.DataFrame) -> tuple[float, float]:
    """The changes at the edges of the drawn intervals: the widest ones and zero, with a little air."""
    if table.empty:
        return (-1.0, 1.0)
    edges = [edge for level in ("q05", "q95") for edge in table[level] if math.isfinite(edge)]
    low, high = min([0.0, *edges]), max([0.0, *edges])
    air = 0.04 * (high - low) or 0.01
    return (low - air, high + air)


def _interval(row: pd.Series, frame: tuple[float, float]) -> Interval | None:
    """The row's quantiles as positions in the frame; nothing where one is missing."""
    levels = [float(row[level]) for level in ("q05", "q25", "q50", "q75", "q95")]
    if not all(math.isfinite(level) for level in levels):
        return None
    low, high = frame
    return Interval(*(round((level - low) / (high - low), 5) for level in (*levels, 0.0)))


SECTION = Section((DailyReport,), "front", 10, "At a glance", _blocks)
