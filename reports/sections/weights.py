"""What the models have learnt, a weight for each lag of each series: the figure `weights`."""

from __future__ import annotations

from reports.contents import DailyReport
from reports.sections import Section

SECTION = Section((DailyReport,), "asset", 70, "Weights")
