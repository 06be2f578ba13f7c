"""The models of the report, a line each, in their colours."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Facts
from reports.contents import BacktestReport, DailyReport
from reports.palette import looks
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(report: DailyReport | BacktestReport) -> Iterator[Block]:
    """What each model is."""
    if report.models:
        drawn = looks(report.models)
        yield Facts(tuple(report.models.items()), tuple(drawn[model].colour for model in report.models))


SECTION = Section((DailyReport, BacktestReport), "closing", 20, "Models", _blocks)
