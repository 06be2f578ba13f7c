"""Where the numbers come from, so that they can be checked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports.blocks import Block, Facts
from reports.contents import DailyReport
from reports.numerals import moment
from reports.sections import Section

if TYPE_CHECKING:
    from collections.abc import Iterator


def _blocks(report: DailyReport) -> Iterator[Block]:
    """Labels and values, with the instant of the newest forecast."""
    yield Facts((("Newest forecast issued", moment(report.rendered_from)), *report.provenance.items()))


SECTION = Section((DailyReport,), "closing", 30, "Provenance", _blocks)
