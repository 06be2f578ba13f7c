"""Does it happen as often as the forecasts say? Days sorted by P(up), in equal groups: what was said, what came.

The interval around what came is that of Clopper and Pearson (1934, doi:10.1093/biomet/26.4.404), for independent days.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.floats import Floats

MOST, FEWEST_DAYS = 5, 30
"""The most groups, and how many days each has at least."""
BAND = 0.95


@dataclass(frozen=True)
class Group:
    """Days of similar P(up).

    Attributes:
        days: How many.
        said: Their mean P(up).
        came: Share of them that rose.
        low: Lower end of the 95 % interval around it.
        high: Upper end.
    """

    days: int
    said: float
    came: float
    low: float
    high: float


def reliability(prob_up: Floats, up: NDArray[np.bool_]) -> list[Group]:
    """Of days `(days,)`, least P(up) first."""
    count = int(np.clip(prob_up.size // FEWEST_DAYS, 1, MOST))
    parts = np.array_split(prob_up.argsort(kind="stable"), count)
    return [_group(prob_up[own], up[own]) for own in parts if own.size]


def _group(said: Floats, up: NDArray[np.bool_]) -> Group:
    days, ups = up.size, int(up.sum())
    tail = (1 - BAND) / 2
    low = float(stats.beta.ppf(tail, ups, days - ups + 1)) if ups else 0.0
    high = float(stats.beta.ppf(1 - tail, ups + 1, days - ups)) if ups < days else 1.0
    return Group(days, float(said.mean()), ups / days, low, high)
