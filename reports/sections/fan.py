"""Past forecasts against what happened, for a day's report and for a backtest: the figure `fan`."""

from __future__ import annotations

from reports.contents import BacktestReport, DailyReport
from reports.sections import Section

SECTION = Section((BacktestReport, DailyReport), "asset", 50, "Forecasts against what happened")
