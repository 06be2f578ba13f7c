"""Is the mean of a series of loss differences zero? The test of Diebold and Mariano, for differences that may persist.

The statistic is that of Diebold and Mariano (1995, doi:10.1080/07350015.1995.10524599) with the correction of Harvey,
Leybourne and Newbold (1997, doi:10.1016/S0169-2070(96)00719-4). Its long-run variance is the mean square of the first B
cosine transforms (Lazarus, Lewis, Stock and Watson 2018, doi:10.1080/07350015.2018.1506926). These are B nearly
independent draws of one law, so that the statistic has Student's t with B degrees of freedom: a smoothed variance and
normal critical values reject too often.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import fft, special

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST_DAYS = 4
"""Below it there is no cosine transform to judge by."""

ROUNDED = 1e-12
"""Part of the largest difference that is no more than how sums are rounded."""


def diebold_mariano(difference: NDArray[np.float64]) -> tuple[float, float]:
    """Corrected statistic and two-sided p-value of a zero mean loss difference `(days,)`, one session ahead.

    `t = sqrt(n - 1) mean / sqrt(long-run variance)` with `B = 0.4 n^(2/3)` degrees of freedom; NaN and 1 where fewer
    than `FEWEST_DAYS` or no spread is there, or none that the transform sees.
    """
    n = difference.size
    if n < FEWEST_DAYS or np.ptp(difference) == 0:
        return float("nan"), 1.0
    transforms = int(0.4 * n ** (2 / 3))  # their rule
    cosines = fft.dct(difference, type=2, norm="ortho")[1 : transforms + 1]
    spread = float(np.sqrt(np.mean(cosines**2)))
    if spread <= ROUNDED * float(np.abs(difference).max()):  # a few days whose second half mirrors the first
        return float("nan"), 1.0
    t = float(np.sqrt(n - 1) * difference.mean() / spread)
    return t, float(2 * special.stdtr(transforms, -abs(t)))
