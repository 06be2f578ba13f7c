"""How a backtest was set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Facts
from reports.contents import BacktestReport
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(report: BacktestReport) -> Iterator[Block]:
    """The design as labels and values."""
    if report.design:
        yield Facts(tuple(report.design.items()))


SECTION = Section((BacktestReport,), "front", 20, "Design", _blocks)
