"""An asset's forecast in numbers, with every model's status and its reason in full."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Callout, Cell, Column, Paragraph, Table
from reports.blocks import Group as Rows
from reports.contents import AssetPage, DailyReport
from reports.marks import all_late, forecast_badges
from reports.numerals import THIN, money, percent, places_for, quoted, share, weekday
from reports.origins import REPLAYED, in_order, issued
from reports.palette import looks, rows_in_order
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_COLUMNS = (
    Column("Model", "", "left", 3.0),
    Column("Mean", "", share=1.5),
    Column("Sd", "", share=1.3),
    Column("P(up)", "", share=1.3),
    Column(f"5{THIN}%", "", share=1.7),
    Column(f"25{THIN}%", "", share=1.7),
    Column("Median", "", share=1.7),
    Column(f"75{THIN}%", "", share=1.7),
    Column(f"95{THIN}%", "", share=1.7),
)


def _blocks(report: DailyReport, asset: AssetPage) -> Iterator[Block]:
    """Where the forecast starts, what to know about its status, the numbers."""
    yield Paragraph(_origin(asset), "small")
    if asset.warning:
        yield Callout("Read with care", (asset.warning,), "warning")
    if asset.forecasts.empty:
        yield Paragraph("No forecast of this session is on record yet.")
        return
    doubts = tuple(_doubts(asset.forecasts))
    if doubts:
        yield Callout("Status", doubts, "warning")
    drawn = looks(report.models)
    table = asset.forecasts
    places, late = places_for(100 * table["sd"]), all_late(table)
    rows = tuple(
        (
            Cell(row["model"], badges=forecast_badges(row, late_is_said=late), colour=drawn[row["model"]].colour),
            Cell(percent(row["mean"], places)),
            Cell(percent(row["sd"], places).removeprefix("+")),
            Cell(share(row["prob_up"])),
            *(_level(row[level], asset.close, places) for level in ("q05", "q25", "q50", "q75", "q95")),
        )
        for row in rows_in_order(table, report.models)
    )
    yield Table(
        _COLUMNS, (Rows(rows),), "Quantiles of the change to the target\u2019s close, and of the price that it implies."
    )


def _origin(asset: AssetPage) -> str:
    """The asset in one line."""
    parts = [
        f"Close {quoted(asset.close)} on {weekday(asset.as_of)}",
        f"forecast for {weekday(asset.target)}",
        f"calendar {asset.calendar}",
        f"source {asset.source}",
        f"attention: {asset.attention_kind}" if asset.attention_kind else "no attention series",
        *_recorded(asset.forecasts),
    ]
    return " \u00b7 ".join(parts)


def _recorded(table: pd.DataFrame) -> Iterator[str]:
    """What the forecasts are evidence of, and how early they were issued."""
    for origin in in_order(table["origin"]) if len(table) else ():
        if origin != REPLAYED:
            when = issued(table.loc[table["origin"] == origin, "lead"])
            yield f"{origin}, {when}" if when else origin


def _doubts(table: pd.DataFrame) -> Iterator[str]:
    """Every status that is not plainly ok, with its reason."""
    alike: dict[tuple[str, str], list[str]] = {}
    for _, row in table.iterrows():
        marks = ", ".join(badge.text for badge in forecast_badges(row))
        alike.setdefault((marks, _text(row["reason"])), []).append(str(row["model"]))
    for (marks, reason), names in alike.items():
        if marks:
            who = "Every model" if len(names) == len(table) > 1 else ", ".join(names)
            yield f"{who}: {marks}." + (f" Reason: {reason}" if reason else "")


def _text(value: object) -> str:
    """A text that may be missing in the way a table has it."""
    return value if isinstance(value, str) else ""


def _level(change: float, close: float, places: int) -> Cell:
    """A quantile as a change and as a price."""
    return Cell(percent(change, places), money(change, close))


SECTION = Section((DailyReport,), "asset", 20, "Forecast for the next session", _blocks)
