"""Are the values of a series independent of the days before? The test of Ljung and Box (1978,
doi:10.1093/biomet/65.2.297).
"""  # noqa: D205  # a citation must not be broken

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from statsmodels.stats.diagnostic import acorr_ljungbox

if TYPE_CHECKING:
    from numpy.typing import NDArray

LAGS = 5
"""Autocorrelations that are looked at: those of a week."""


def ljung_box(series: NDArray[np.float64]) -> tuple[float, float]:
    """The statistic of `LAGS` autocorrelations and its p-value, chi-squared with as many degrees of freedom.

    NaN and 1 where the values are all the same.
    """
    if np.ptp(series) == 0:
        return float("nan"), 1.0
    found = acorr_ljungbox(series, lags=[LAGS])
    return float(found["lb_stat"].iloc[0]), float(found["lb_pvalue"].iloc[0])
