"""Where a forecaster fails: its coverage and scores on kinds of days that are known before their outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reports.blocks import Block, Bullets, Cell, Column, Group, Table
from reports.contents import BacktestAsset, BacktestReport
from reports.numerals import DASH, number, share
from reports.palette import in_order, looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

_CAPTION = (
    "How many outcomes lie in the 90 % interval and, below it, by how many nats the log score differs from that of "
    "{name} (negative is better). Kinds of days are known before: thirds by the forecast volatility of {name}, or a "
    "model\u2019s own where GARCH was not run; 20 sessions after a change of more than four robust standard deviations "
    "(a break); sessions after days without trading; sessions after a fall by more than one such deviation. * fails, "
    "in any of its tests (also 50 % intervals, PITs and CRPS), after correction for all tests of the table."
)


def _blocks(report: BacktestReport, asset: BacktestAsset) -> Iterator[Block]:
    """The sentences and the table; nothing where nothing was tested."""
    table = asset.conditions
    if table.empty:
        return
    yield Bullets(asset.failings)
    kinds = list(dict.fromkeys(table["days_of"]))
    counts = table.groupby("days_of")["days"].max()
    columns = [Column(kind, f"{counts[kind]} days", share=1.9) for kind in kinds]
    drawn = looks(report.models)
    rows = []
    for name in in_order(table, report.models):
        own = table[table["model"] == name]
        cells = (_cell(own[own["days_of"] == kind]) for kind in kinds)
        rows.append((Cell(name, colour=drawn[name].colour), _all_days(own), *cells))
    against = next(filter(None, table["against"]), "the reference")
    shown = (Column("Model", "", "left", 3.0), Column("All days", "", share=1.5), *columns)
    yield Table(shown, (Group(tuple(rows)),), _CAPTION.format(name=report.labels.get(against, against)))


def _all_days(own: pd.DataFrame) -> Cell:
    """The same over all days of the model."""
    return Cell(share(_of(own, "coverage_90", "overall")), _signed(_of(own, "log_score", "overall")))


def _cell(own: pd.DataFrame) -> Cell:
    """One model on one kind of day."""
    if own.empty:
        return Cell(DASH)
    mark = "*" if own["fails"].any() else ""
    return Cell(share(_of(own, "coverage_90", "observed")) + mark, _signed(_of(own, "log_score", "observed")))


def _of(own: pd.DataFrame, test: str, column: str) -> float:
    found = own.loc[own["test"] == test, column]
    return float(found.iloc[0]) if len(found) else float("nan")


def _signed(value: float) -> str:
    return "" if pd.isna(value) else number(value, 3, sign=True)


SECTION = Section((BacktestReport,), "asset", 62, "Where forecasters fail", _blocks)
