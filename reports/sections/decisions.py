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
    "hold": ("Reference", "fully invested and long throughout"),
    "volatility_target": ("Volatility target", "always long; the wider the forecast, the smaller the position"),
    "kelly": ("Capped Kelly", "a fraction of mean / variance, up to the cap"),
    "direction": ("Direction", "volatility target, long or short by P(up); no position near 50 %"),
}
_COLUMNS = (
    Column("Position", "", "left", 3.0),
    Column("Size", "mean", share=1.1),
    Column("Turnover", "per year", share=1.5),
    Column("Costs", "% per year", share=1.4),
    Column("Return", "per year", share=1.5),
    Column("Sharpe", "± s.e.", share=2.0),
    Column("Drawdown", "worst", share=1.6),
    Column("p", "vs hold", share=1.3),
    Column("p", "vs chance", share=1.4),
    Column("Deflated", "Sharpe", share=1.5),
)
_CAPTION = (
    "Annualised, after costs. p: how often luck alone would give a Sharpe ratio this far above buy-and-hold\u2019s, or "
    "above that of the same positions at other times (same turnover); a small p favours the model. Deflated Sharpe: "
    "probability that the ratio is above the best of all trials by luck alone; 95 % or more would be convincing."
)


def _blocks(report: BacktestReport, asset: BacktestAsset) -> Iterator[Block]:
    """The sentences, the tables, and what they rest on; nothing where nothing could be decided.

    One table per rule, so that a page can end between two of them; the reference stands above the first.
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
    """One rule's rows, one per model."""
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
    """A ratio and its standard error; a dash where there is none, as for a position that was always in cash."""
    return f"{number(ratio, 2)} \u00b1 {number(error, 2)}" if math.isfinite(ratio) else DASH


def _terms(table: pd.DataFrame) -> str:
    """What is assumed of costs, cash and trials."""
    first = table.iloc[0]
    rate = 1e4 * first["cost"] / first["turnover"]
    return (
        f"{number(first['days'], 0)} sessions with an outcome; {number(first['trials'], 0)} trials. Cost and slippage "
        f"assumed for class {first['asset_class']}: {number(rate, 1)} basis points of the amount traded (settings: "
        "decisions). Each position is set by the forecast for its session, held over it and charged for its difference "
        "from the previous one; a withheld forecast means cash. Cash earns nothing, and short positions have no extra "
        "cost. A calculation on past data, not advice."
    )


SECTION = Section((BacktestReport,), "asset", 70, "What positions would have earned", _blocks)
