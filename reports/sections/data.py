"""What a reader should know about an asset's data: which of them were used, and what was found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Bullets, Cell, Column, Group, Paragraph, Table
from reports.contents import AssetPage, BacktestAsset, BacktestReport, DailyReport
from reports.numerals import day, number
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_COLUMNS = (
    Column("Check", "", "left", 1.7),
    Column("First", "", share=1.25),
    Column("Last", "", share=1.25),
    Column("Sessions", "", share=1.0),
    Column("What was seen", "", "left", 3.6),
    Column("What to do", "", "left", 3.6),
)


def _blocks(_report: DailyReport | BacktestReport, asset: AssetPage | BacktestAsset) -> Iterator[Block]:
    """The notes as a list, then the findings as a table, or that there are none."""
    if asset.notes:
        yield Bullets(asset.notes)
    if isinstance(asset, BacktestAsset) or asset.findings is None:
        return
    if asset.findings.empty:
        yield Paragraph("No problems were found in the data.")
    else:
        rows = tuple(_row(found) for _, found in asset.findings.iterrows())
        yield Table(
            _COLUMNS,
            (Group(rows),),
            "Findings about the data, and what to do about them. A finding alone changes no forecast.",
        )


def _row(found: pd.Series) -> tuple[Cell, ...]:
    """One finding."""
    return (
        Cell(_sentence(found["check"])),
        Cell(day(found["first"])),
        Cell(day(found["last"])),
        Cell(number(found["count"], 0)),
        Cell(_sentence(found["detail"])),
        Cell(_sentence(found["remedy"])),
    )


def _sentence(words: str) -> str:
    """Words with a capital first letter; the rest as it is."""
    return words[:1].upper() + words[1:]


SECTION = Section((DailyReport, BacktestReport), "asset", 45, "Data", _blocks)
