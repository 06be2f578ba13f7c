"""What positions taken from the forecasts would have earned after costs, and whether that is more than luck."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from reports.blocks import Block, Callout, Cell, Column, Group, Paragraph, Table
from reports.contents import BacktestAsset, BacktestReport
from reports.numerals import DASH, number, percent, share
from reports.palette import in_order, looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

_RULES = {
    "hold": ("Reference", "all capital, long, throughout"),
    "volatility_target": ("Volatility target", "always long, the smaller the wider the forecast"),
    "kelly": ("Capped Kelly", "a fraction of mean over variance"),
    "direction": ("Direction", "volatility target on the side of P(up), none near one half"),
}
_COLUMNS = (
    Column("Position", "", "left", 3.0),
    Column("Size", "mean", share=1.1),
    Column("Turnover", "a year", share=1.5),
    Column("Costs", "% a year", share=1.4),
    Column("Return", "a year", share=1.5),
    Column("Sharpe", "± s.e.", share=2.0),
    Column("Drawdown", "worst", share=1.6),
    Column("p", "vs hold", share=1.3),
    Column("p", "vs chance", share=1.4),
    Column("Deflated", "Sharpe", share=1.5),
)
_CAPTION = (
    "After costs, annualised. p: how often luck alone gives a Sharpe ratio this far above buy-and-hold\u2019s, or "
    "above that of the same positions at other times (the same turnover). Deflated Sharpe: how sure it is that the "
    "ratio is above the luck of the best of all trials."
)


def _blocks(report: BacktestReport, asset: BacktestAsset) -> Iterator[Block]:
    """The sentences, the tables, and what they rest on; nothing where nothing could be decided.

    A table a rule, so that a page ends between two of them; what all are held against stands above the first.
    """
    table = asset.decisions
    if table.empty:
        return
    yield Callout("After costs", asset.decided)
    groups = [_group(str(rule), rows, report.models) for rule, rows in table.groupby("rule", sort=False)]
    yield Table(_COLUMNS, tuple(groups[:2]), _CAPTION)
    yield from (Table(_COLUMNS, (group,)) for group in groups[2:])
    yield Paragraph(_terms(table), "small")


def _group(rule: str, rows: pd.DataFrame, models: Iterable[str]) -> Group:
    """A rule's rows, a model each."""
    found, drawn = {row["model"]: row for _, row in rows.iterrows()}, looks(models)
    title, detail = _RULES[rule]
    return Group(tuple(_row(found[name], drawn[name].colour) for name in in_order(rows, models)), title, detail)


def _row(row: pd.Series, colour: str) -> tuple[Cell, ...]:
    return (
        Cell(row["model"], colour=colour),
        Cell(number(row["position"], 2)),
        Cell(number(row["turnover"], 1)),
        Cell(number(100 * row["cost"], 2)),
        Cell(percent(row["return"], 1)),
        Cell(_with_error(row["sharpe"], row["sharpe_se"])),
        Cell(share(row["drawdown"])),
        Cell(number(row["hold_p"], 3)),
        Cell(number(row["random_p"], 3)),
        Cell(share(row["deflated"])),
    )


def _with_error(ratio: float, error: float) -> str:
    """A ratio and its standard error; a dash where there is none, as of what was always in cash."""
    return f"{number(ratio, 2)} \u00b1 {number(error, 2)}" if math.isfinite(ratio) else DASH


def _terms(table: pd.DataFrame) -> str:
    """What is assumed of costs, cash and trials."""
    first = table.iloc[0]
    rate = 1e4 * first["cost"] / first["turnover"]
    return (
        f"{number(first['days'], 0)} sessions with an outcome. Assumed cost and slippage, taken for an asset of the "
        f"class {first['asset_class']}: {number(rate, 1)} basis points of what is traded (settings: decisions). A "
        "position rests on the forecast of its own session, is held over that session and pays for its difference to "
        "the position before. A withheld forecast holds cash. Cash earns nothing, and to be short costs nothing more. "
        f"{number(first['trials'], 0)} trials are counted. This is a calculation on past data, no advice."
    )


SECTION = Section((BacktestReport,), "asset", 70, "What positions would have earned", _blocks)
