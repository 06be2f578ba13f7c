"""All models at once: which may be the best, and whether any is better than a reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Cell, Column, Group, Table
from reports.contents import BacktestAsset, BacktestReport
from reports.numerals import probability
from reports.palette import in_order, looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

_SCORES = ("crps", "log_score")
_COLUMNS = (
    Column("Model", "", "left", 3.0),
    Column("Best in CRPS?", "Model Confidence Set, p", share=2.2),
    Column("Best in log score?", "Model Confidence Set, p", share=2.2),
    Column("Beaten in CRPS?", "SPA, p", share=2.0),
    Column("Beaten in log score?", "SPA, p", share=2.2),
)
_CAPTION = (
    "p-values on the days that all models share. \u2020 rules a model out as the best: it is beaten, as the verdict "
    "claims, or, where it is no reference, the Model Confidence Set leaves it out; any other may be the best. * means "
    "that the verdict claims some model to be better than the row\u2019s; the p of SPA (superior predictive ability) "
    "is a second look and decides nothing."
)


def _blocks(report: BacktestReport, asset: BacktestAsset) -> Iterator[Block]:
    """One table of both."""
    if asset.standings.empty:
        return
    drawn, rows = looks(report.models), []
    for name in in_order(asset.standings, report.models):
        best = _cells(asset.standings[asset.standings["model"] == name], "inside", {True: "", False: "\u2020"})
        beaten = _cells(asset.contests[asset.contests["reference"] == name], "won", {True: "*", False: ""})
        rows.append((Cell(name, colour=drawn[name].colour), *best, *beaten))
    yield Table(_COLUMNS, (Group(tuple(rows)),), _CAPTION)


def _cells(own: pd.DataFrame, told: str, marks: dict[bool, str]) -> Iterator[Cell]:
    """One cell per score, empty where there is no test of it."""
    for score in _SCORES:
        found = own[own["score"] == score]
        yield Cell("" if found.empty else probability(found["p"].iloc[0]) + marks[bool(found[told].iloc[0])])


SECTION = Section((BacktestReport,), "asset", 20, "All models together", _blocks)
