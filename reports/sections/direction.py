"""Whether P(up) knew the direction: what each model's was worth, and a verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Cell, Column, Group, Table
from reports.contents import BacktestAsset, BacktestReport
from reports.numerals import number, percent, probability, share, span
from reports.palette import in_order, looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_COLUMNS = (
    Column("Model", "", "left", 2.6),
    Column("Days", "", share=1.2),
    Column("Rose", "of days", share=1.4),
    Column("Brier", "score", share=1.4),
    Column("Skill", "vs that share", share=1.6),
    Column("p", "", share=1.3),
    Column("RPS", "3 classes", share=1.4),
    Column("AUC", "by chance", share=1.8),
    Column("Right", "all days", share=1.5),
    Column("Right", "surest half", share=1.6),
    Column("Verdict", "", "left", 2.0),
)
_CAPTION = (
    "P(up) judged by what came. Skill: how much lower the Brier score is than of a forecast that always says the share "
    "of days that rose, as known only afterwards; p is of that difference. RPS: ranked probability score of down, flat "
    "and up, flat within a quarter of the changes\u2019 standard deviation. AUC: how often the day that rose had the "
    "higher P(up) of two; below it, between what it lies in 95 % of samples of a forecaster that knows nothing. Right: "
    "the more likely side came, on all days and on the half with P(up) farthest from 50 %. Verdicts allow for all "
    "models, and for what else was tried."
)
_VERDICTS = {"better": "knows something", "worse": "moves too much", "": "no evidence"}


def _blocks(report: BacktestReport, asset: BacktestAsset) -> Iterator[Block]:
    """A table, one row per model, above the figure `reliability`; nothing where nothing was judged."""
    if asset.directions.empty:
        return
    drawn = looks(report.models)
    found = {row["model"]: row for _, row in asset.directions.iterrows()}
    rows = tuple(_row(found[name], drawn[name].colour) for name in in_order(asset.directions, report.models))
    yield Table(_COLUMNS, (Group(rows),), _CAPTION)


def _row(row: pd.Series, colour: str) -> tuple[Cell, ...]:
    least, most = 0.5 - row["chance"], 0.5 + row["chance"]
    return (
        Cell(row["model"], colour=colour),
        Cell(number(row["days"], 0)),
        Cell(share(row["ups"])),
        Cell(number(row["brier"], 4)),
        Cell(percent(row["skill"], 1)),
        Cell(probability(row["p"])),
        Cell(number(row["rps"], 4)),
        Cell(number(row["auc"], 2), span(number(least, 2), number(most, 2))),
        Cell(share(row["right"])),
        Cell(share(row["right_half"])),
        Cell(_VERDICTS[row["verdict"]]),
    )


SECTION = Section((BacktestReport,), "asset", 63, "Direction", _blocks)
