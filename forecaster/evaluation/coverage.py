"""Does a central interval hold as many outcomes as it says? Its coverage, with an exact binomial band."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
"""Central intervals whose coverage is told."""
BAND = 0.95


def outside(pit: NDArray[np.float64], level: float) -> NDArray[np.bool_]:
    """Days whose outcome lies outside the central interval of a level."""
    return np.asarray(np.abs(pit - 0.5) >= level / 2)


def band(days: int, level: float, held: float = BAND) -> tuple[float, float]:
    """Between which parts the coverage of so many days lies, where it is right; independent days.

    Args:
        days: How many.
        level: Of the interval.
        held: With what probability at least.
    """
    low, high = stats.binom.interval(held, days, level)
    return float(low) / days, float(high) / days
