"""Simulated markets whose law is known: how far a forecaster stays behind the best forecast that there can be.

The true law of a day is what one knows who has the past and every parameter, but not a hidden volatility: it is told as
a `Predictive`, so that it is scored as any forecast is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from benchmarks.study.blocks import known_at_close
from forecaster.distribution.predictive import Predictive
from ingest.assets import Asset
from ingest.panel import panel_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.floats import Floats
    from ingest.history import History


DAILY = 0.01
"""Standard deviation of a change on a usual day."""

ROWS = 2050
"""Changes before the first scored one: 2,000 training rows, and what volatility needs to begin with."""

GARCH_DF, NOISE_DF, HEAVY_DF = 6.0, 5.0, 8.0
ALPHA, BETA = 0.08, 0.90
INDEX = 0.094, 0.902
"""Alpha and beta of `garch` on the S&P 500 of 1999 to 2018: the medians of seven fits on 2,000 days, 500 days apart.

Their df is 6.0. On the NASDAQ they are 0.081 and 0.909, on WTI 0.057 and 0.937.
"""

PERSISTENCE, SHOCK = 0.97, 0.2
PULL, STRONG_PULL = 0.1, 0.3
"""What a change adds to the mean of the next."""

GRID, REACH = 301, 6.0
"""Points of the filter of a hidden log variance, and standard deviations to both sides that they cover."""


@dataclass(frozen=True, eq=False)
class Simulated:
    """A path and its true law, day by day.

    Attributes:
        changes: `(days,)`, fractions.
        location: `(days,)` true means.
        scale: `(days, K)` scales of the true law's components.
        weight: `(days, K)` their probabilities.
        df: Degrees of freedom of all components.
    """

    changes: Floats
    location: Floats
    scale: Floats
    weight: Floats
    df: float

    def law(self, day: int) -> Predictive:
        """What the best forecaster would have said of a day's change."""
        return Predictive.of(self.location[day], self.scale[day], self.df, weight=self.weight[day])

    def history(self, symbol: str) -> History:
        """The path as closes of an asset that trades every day."""
        sessions = pd.date_range("2005-01-01", periods=len(self.changes) + 1, freq="D", unit="us")
        closes = 100 * np.cumprod(np.r_[1.0, 1.0 + self.changes])
        rows = panel_rows(symbol, sessions, {"close": closes}, "simulated")
        return known_at_close(Asset(symbol, calendar="24/7", source="simulated", simulated=True), rows)


def simulate(law: str, seed: int, scored: int) -> Simulated:
    """The path of a law from a seed, with so many days to score at its end."""
    rng = np.random.default_rng([list(LAWS).index(law), seed])
    return LAWS[law](rng, ROWS + scored)


def garch(rng: np.random.Generator, days: int, alpha: float = ALPHA, beta: float = BETA) -> Simulated:
    """GARCH(1,1) with Student-t errors."""
    errors, changes, variances = unit_t(rng, GARCH_DF, days), np.empty(days), np.empty(days)
    variance = DAILY**2
    for day in range(days):
        variances[day], changes[day] = variance, np.sqrt(variance) * errors[day]
        variance = (1 - alpha - beta) * DAILY**2 + alpha * changes[day] ** 2 + beta * variance
    return _plain(changes, np.zeros(days), np.sqrt(variances), GARCH_DF)


def walk(rng: np.random.Generator, days: int) -> Simulated:
    """Independent Student-t changes of constant volatility."""
    return _plain(DAILY * unit_t(rng, NOISE_DF, days), np.zeros(days), np.full(days, DAILY), NOISE_DF)


def pulled(rng: np.random.Generator, days: int, pull: float = PULL) -> Simulated:
    """AR(1) in the mean, with Student-t errors of constant volatility."""
    errors, changes, means = DAILY * unit_t(rng, NOISE_DF, days), np.empty(days), np.empty(days)
    mean = 0.0
    for day in range(days):
        means[day], changes[day] = mean, mean + errors[day]
        mean = pull * changes[day]
    return _plain(changes, means, np.full(days, DAILY), NOISE_DF)


def volatile(rng: np.random.Generator, days: int, df: float = np.inf) -> Simulated:
    """Stochastic volatility: a log variance of its own randomness, AR(1), which no one sees; normal errors or t."""
    hidden, state = np.empty(days), rng.normal(0, spread())
    for day in range(days):
        hidden[day] = state
        state = PERSISTENCE * state + SHOCK * rng.standard_normal()
    errors = rng.standard_normal(days) if np.isinf(df) else unit_t(rng, df, days)
    changes = DAILY * np.exp(hidden / 2) * errors
    grid, weight = filtered(changes, df)
    scale = np.broadcast_to(DAILY * np.exp(grid / 2) * unit_scale(df), weight.shape)
    return Simulated(changes, np.zeros(days), scale, weight, df)


def filtered(changes: Floats, df: float) -> tuple[Floats, Floats]:
    """A grid of log variances `(K,)`, and their probabilities before each day's change `(days, K)`.

    The exact filter of a hidden Markov chain with the grid's states (Langrock, MacDonald and Zucchini 2012,
    doi:10.1016/j.jempfin.2011.09.003); the grid is far finer than a day's shock.
    """
    grid = np.linspace(-REACH, REACH, GRID) * spread()
    moves = stats.norm.pdf(grid, PERSISTENCE * grid[:, None], SHOCK)
    moves /= moves.sum(1, keepdims=True)
    scale = DAILY * np.exp(grid / 2) * unit_scale(df)
    likelihood = stats.t.pdf(changes[:, None] / scale, df) / scale
    weight, now = np.empty_like(likelihood), stats.norm.pdf(grid, 0, spread())
    for day, seen in enumerate(likelihood):
        weight[day] = now / now.sum()
        now = (weight[day] * seen) @ moves
    return grid, weight


def spread() -> float:
    """Standard deviation of the log variance over all time."""
    return float(SHOCK / np.sqrt(1 - PERSISTENCE**2))


def unit_scale(df: float) -> float:
    """Scale of a Student-t with standard deviation 1."""
    return 1.0 if np.isinf(df) else float(np.sqrt((df - 2) / df))


def unit_t(rng: np.random.Generator, df: float, days: int) -> Floats:
    """Student-t draws with standard deviation 1."""
    return unit_scale(df) * rng.standard_t(df, days)


def _plain(changes: Floats, location: Floats, sd: Floats, df: float) -> Simulated:
    """A law of one component."""
    return Simulated(changes, location, unit_scale(df) * sd[:, None], np.ones((len(changes), 1)), df)


LAWS: dict[str, Callable[[np.random.Generator, int], Simulated]] = {
    "GARCH-t": garch,
    "stochastic volatility": volatile,
    "stochastic volatility, t": partial(volatile, df=HEAVY_DF),
    "AR(.1)": pulled,
    "walk": walk,
    "AR(.3)": partial(pulled, pull=STRONG_PULL),
    "GARCH-t, S&P 500": partial(garch, alpha=INDEX[0], beta=INDEX[1]),
}
"""The laws by the name that tables give them; a path follows from a law's place here, so new ones come last."""
