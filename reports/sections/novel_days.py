"""Whether days that are unlike their past were harder to forecast than the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Bullets, Cell, Column, Group, Table
from reports.contents import BacktestAsset, BacktestReport
from reports.numerals import number
from reports.palette import in_order, looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_COLUMNS = (
    Column("Model", "", "left", 3.0),
    Column("Days", "warned", share=1.2),
    Column("Log score", "warned", share=1.6),
    Column("Log score", "others", share=1.6),
    Column("Difference", "nats", share=1.5),
    Column("By chance", "95 %", share=2.2),
    Column("p", "", share=1.0),
    Column("CRPS gain", "warned, %", share=1.6),
    Column("CRPS gain", "others, %", share=1.6),
)
_CAPTION = (
    "Warned days are unlike the training rows of their forecasts. Log scores are means in nats, lower is better. By "
    "chance: where 95 % of the differences lie when the same warnings fall on other days. The CRPS gain is what is "
    "saved of climatology\u2019s CRPS on average, in per cent of the price."
)


def _blocks(report: BacktestReport, asset: BacktestAsset) -> Iterator[Block]:
    """The sentences and the table; nothing where too few days were unlike their past."""
    table = asset.novel_days
    if table.empty:
        return
    yield Bullets(asset.unlike)
    found, drawn = {row["model"]: row for _, row in table.iterrows()}, looks(report.models)
    rows = tuple(_row(found[name], drawn[name].colour) for name in in_order(table, report.models))
    yield Table(_COLUMNS, (Group(rows),), _CAPTION)


def _row(row: pd.Series, colour: str) -> tuple[Cell, ...]:
    return (
        Cell(row["model"], colour=colour),
        Cell(number(row["warned"], 0), f"of {number(row['warned'] + row['others'], 0)}"),
        Cell(number(row["log_score"], 3)),
        Cell(number(row["log_score_others"], 3)),
        Cell(number(row["log_score"] - row["log_score_others"], 3)),
        Cell(f"{number(row['low'], 3)} to {number(row['high'], 3)}"),
        Cell(number(row["p"], 3)),
        Cell(number(-100 * row["crps"], 4)),
        Cell(number(-100 * row["crps_others"], 4)),
    )


SECTION = Section((BacktestReport,), "asset", 65, "Days unlike the past", _blocks)
