"""Are PITs uniform, as a calibrated forecaster's are? Kolmogorov and Smirnov's test, and a histogram with its band."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

BINS = 10
BAND = 0.95


def kolmogorov_smirnov(pit: NDArray[np.float64]) -> tuple[float, float]:
    """Largest distance of the PITs' distribution function from the uniform one, and its exact p-value."""
    found = stats.kstest(pit, "uniform")
    return float(found.statistic), float(found.pvalue)


def histogram(pit: NDArray[np.float64]) -> list[int]:
    """Days in each of `BINS` bins of [0, 1]."""
    return [int(count) for count in np.histogram(pit, BINS, (0, 1))[0]]


@cache
def band(days: int) -> tuple[int, int]:
    """Between which counts all bars lie together with a probability of at least 95 %, where PITs are uniform.

    Binomial quantiles of one bar, at the largest tail that keeps all bars inside; independent days.
    """
    tails = np.geomspace((1 - BAND) / 2, (1 - BAND) / 2 / BINS / 20, 200)
    for tail in tails:
        low, high = (int(stats.binom.ppf(part, days, 1 / BINS)) for part in (tail, 1 - tail))
        if _all_inside(days, low, high) >= BAND:
            return low, high
    return 0, days


def _all_inside(days: int, low: int, high: int) -> float:
    """P(every count of a uniform multinomial lies in [low, high]).

    Independent Poisson counts given their sum (Levin 1981, doi:10.1214/aos/1176345593).
    """
    counts = np.arange(high + 1)
    one = np.where(counts >= low, stats.poisson.pmf(counts, days / BINS), 0.0)
    every = np.ones(1)
    for _ in range(BINS):
        every = np.convolve(every, one)[: days + 1]
    return float(every[days] / stats.poisson.pmf(days, days)) if every.size > days else 0.0
