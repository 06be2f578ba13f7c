"""Are there as many breaches as there should be? The proportion of failures of Kupiec (1995,
doi:10.3905/jod.1995.407942), with its exact law.
"""  # noqa: D205  # a citation must not be broken

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from forecaster.evaluation.exact import Exact, entropy, exact

if TYPE_CHECKING:
    from numpy.typing import NDArray


def kupiec(breaches: NDArray[np.bool_], rate: float, lot: float) -> Exact:
    """The likelihood ratio of the part of days with a breach against `rate`, for independent days.

    Args:
        breaches: A day each.
        rate: What part of them should be.
        lot: See `exact.lot`.
    """
    values, weights = _law(breaches.size, rate)
    return exact(float(values[breaches.sum()]), values, weights, lot)


def ratio(count: NDArray[np.float64], days: int, rate: float) -> NDArray[np.float64]:
    """Twice the log likelihood ratio of so many breaches."""
    found: NDArray[np.float64] = 2 * (entropy(count, days) - count * np.log(rate) - (days - count) * np.log1p(-rate))
    return found


@cache
def _law(days: int, rate: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    counts = np.arange(days + 1.0)
    return ratio(counts, days, rate), stats.binom.pmf(counts, days, rate)
