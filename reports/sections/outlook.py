"""The forecast drawn: the figures `densities` and `window`, what the models saw."""

from __future__ import annotations

from reports.contents import DailyReport
from reports.sections import Section

SECTION = Section((DailyReport,), "asset", 30, "Forecast, drawn")
