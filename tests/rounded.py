"""A market whose true law is known to the tick: GARCH with Student-t errors, its closes rounded, sometimes halted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from ingest.assets import Asset
from ingest.history import History
from ingest.panel import panel_rows

if TYPE_CHECKING:
    from forecaster.floats import Floats

DF, SD, ALPHA, BETA, START = 6.0, 0.01, 0.07, 0.91, 100.0
STEPS = {0: 0.0, 5: 0.11, 15: 0.30, 33: 0.72}
"""Percentage of days without a change, about, to the width of a tick at a price of 100."""


@dataclass(frozen=True, eq=False)
class Market:
    """Quoted closes and the law behind them.

    Attributes:
        closes: `(days + 1,)` as quoted.
        scale: `(days,)` of the Student-t law of each day's change, before it is rounded.
        step: Width of a tick, 0 where prices are not rounded.
        halts: Probability that a day has no market.
    """

    closes: Floats
    scale: Floats
    step: float
    halts: float

    @property
    def history(self) -> History:
        """As an asset that trades every day."""
        sessions = pd.date_range("2012-01-01", periods=self.closes.size, unit="us")
        rows = panel_rows("TICK", sessions, {"close": self.closes}, "test")
        known = rows["session"].dt.tz_localize("UTC") + pd.Timedelta(days=1)
        return History(Asset("TICK", calendar="24/7", source="csv_file"), rows.assign(known_at=known))

    @property
    def changes(self) -> Floats:
        """`(days,)` fractions."""
        return self.closes[1:] / self.closes[:-1] - 1

    def log_score(self, ticks: Floats | None = None) -> Floats:
        """Of the true law on each day `(days,)`: over the tick, or of the density where there is none.

        Args:
            ticks: Widths on the last days `(n,)`, fractions, where they are not the market's own; then `(n,)`.
        """
        own = self.step / self.closes[:-1] if self.step and not self.halts else np.zeros(self.scale.size)
        tick = own if ticks is None or not self.halts else np.append(own[: -ticks.size], ticks)
        y, wide = self.changes, np.where(tick > 0, tick, 1.0)
        cell = stats.t.cdf((y + wide / 2) / self.scale, DF) - stats.t.cdf((y - wide / 2) / self.scale, DF)
        still = (np.abs(y) < wide / 2) * self.halts
        density = np.log(self.scale) - stats.t.logpdf(y / self.scale, DF)
        return np.where(tick > 0, -np.log(((1 - self.halts) * cell + still) / wide), density)


def market(days: int, step: float, seed: int, halts: float = 0.0) -> Market:
    """A market of so many days; a day without a market leaves the price where it was."""
    rng = np.random.default_rng(seed)
    error, open_ = rng.standard_t(DF, days) * np.sqrt((DF - 2) / DF), rng.random(days) >= halts
    variance, closes, scale = SD**2, np.full(days + 1, START), np.empty(days)
    for day in range(days):
        change = np.sqrt(variance) * error[day]
        scale[day] = np.sqrt(variance * (DF - 2) / DF)
        variance = SD**2 * (1 - ALPHA - BETA) + ALPHA * change**2 + BETA * variance
        move = closes[day] * change * open_[day]
        closes[day + 1] = closes[day] + (step * round(move / step) if step else move)
    return Market(closes, scale, step, halts)
