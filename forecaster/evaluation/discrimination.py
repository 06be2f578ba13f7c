"""Are days that rose given a higher P(up) than days that did not? The area under the ROC curve.

It is the statistic of Mann and Whitney (1947, doi:10.1214/aoms/1177730491) in parts of its largest value: the
probability that a day that rose has the higher P(up) of two, ties counting half. 0.5 is no knowledge, 1 is perfect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.floats import Floats


def area(prob_up: Floats, up: NDArray[np.bool_]) -> float:
    """Of days `(days,)`; NaN where all of them rose, or none.

    >>> area(np.array([0.4, 0.5, 0.6]), np.array([False, True, True]))
    1.0
    """
    ups = int(up.sum())
    if ups in {0, up.size}:
        return float("nan")
    return float(stats.mannwhitneyu(prob_up[up], prob_up[~up], method="asymptotic").statistic) / (ups * (up.size - ups))


def by_chance(days: int, ups: int) -> float:
    """How far from 0.5 the area lies in 5 % of all samples of a forecaster that knows nothing: independent days.

    >>> round(by_chance(1000, 540), 3)
    0.036
    """
    others = days - ups
    return float(stats.norm.ppf(0.975) * np.sqrt((days + 1) / (12 * ups * others))) if ups and others else float("nan")
