"""Are normal scores of PITs standard normal and independent? The likelihood ratio of Berkowitz (2001,
doi:10.1198/07350010152596718).
"""  # noqa: D205  # a citation must not be broken

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray


def berkowitz(z: NDArray[np.float64]) -> tuple[float, float]:
    """Twice the log likelihood ratio of `z_t = a + b z_(t-1) + s e_t` against `z_t = e_t`, and its p-value.

    Chi-squared with three degrees of freedom; the first day is given.
    """
    before, now = z[:-1], z[1:]
    slope, intercept = np.polyfit(before, now, 1)
    left = now - intercept - slope * before
    ratio = float(now @ now - now.size * (np.log(np.mean(left**2)) + 1))
    return ratio, float(stats.chi2.sf(ratio, 3))
