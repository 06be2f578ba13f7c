"""P-values of a statistic that takes few values, from all that it can take.

Chi-squared approximations fail where a breach is rare. Here the law of a statistic is summed over every outcome, under
the null. Where many outcomes share a value, no p-value of the outcome alone rejects exactly as often as its level says;
a lot drawn between the ties does (Dufour 2006, doi:10.1016/j.jeconom.2005.06.007). Both are kept: the one by lot for
size, the one without for claims, which then err at most as often as they say.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

_SAME = 1e-9


@dataclass(frozen=True)
class Exact:
    """A statistic and how unusual it is.

    Attributes:
        statistic: Its value.
        p: P(larger) plus a part of P(equal) drawn by lot: uniform under the null.
        bound: P(as large or larger), never below `p`.
    """

    statistic: float
    p: float
    bound: float


def exact(statistic: float, values: NDArray[np.float64], weights: NDArray[np.float64], lot: float) -> Exact:
    """Judges a statistic by all the values that it can take.

    Args:
        statistic: As observed.
        values: What it can be, `(outcomes,)`.
        weights: How likely each is, summing to one.
        lot: Drawn from [0, 1), independent of the statistic under the null.
    """
    larger = float(weights[values > statistic + _SAME].sum())
    equal = float(weights[np.abs(values - statistic) <= _SAME].sum())
    return Exact(statistic, larger + lot * equal, min(larger + equal, 1.0))


def lot(pit: NDArray[np.float64]) -> float:
    """A lot that the same PITs always draw alike: the fractional part of their sum.

    Which PITs lie below a limit says nothing of where in their part they lie, and so nothing of this.
    """
    return float(pit.sum() % 1)


def entropy(count: NDArray[np.float64] | float, of: NDArray[np.float64] | float) -> NDArray[np.float64]:
    """Log likelihood of so many ones among so many draws, at its largest; zero of none."""
    ones, draws = np.broadcast_arrays(np.asarray(count, float), np.asarray(of, float))
    zeros = draws - ones
    return sum(  # type: ignore[return-value]  # of arrays
        np.where(part > 0, part * np.log(np.maximum(part, 1) / np.maximum(draws, 1)), 0.0) for part in (ones, zeros)
    )
