"""Whether the fits settled: the figure `elbo`."""

from __future__ import annotations

from reports.contents import DailyReport
from reports.sections import Section

SECTION = Section((DailyReport,), "asset", 80, "Training")
