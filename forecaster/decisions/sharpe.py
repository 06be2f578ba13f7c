"""The Sharpe ratio, how sure it is, and what is left of it after many trials. All ratios are a session's.

The standard error is that of Lo (2002, doi:10.2469/faj.v58.n4.2453, the general case): the ratio is a function of two
means, `S = m / s`, so its error is the long-run variance (Newey and West 1987, doi:10.2307/1913610) of its influence

    psi[t] = (r[t] - m) / s - S ((r[t] - m)^2 - s^2) / (2 s^2).

For independent returns that is `(1 - S skew + S^2 (kurtosis - 1) / 4) / n` (Mertens 2002; Opdyke 2007,
doi:10.1057/palgrave.jam.2250084). Two ratios on the same days differ by the difference of their influences (Ledoit and
Wolf 2008, doi:10.1016/j.jempfin.2008.03.002).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from forecaster.floats import Floats


TINY = 1e-12
"""A spread below this is rounding."""


def ratio(net: Floats) -> float:
    """Mean over standard deviation of returns `(days,)`; NaN where they have no spread."""
    spread = net.std() if net.size else 0.0
    return float(net.mean() / spread) if spread > TINY else float("nan")


def standard_error(net: Floats) -> float:
    """Of `ratio`, for returns that may be autocorrelated and far from normal; NaN where there is no ratio."""
    return _error(_influence(net)) if np.isfinite(ratio(net)) else float("nan")


def difference(net: Floats, other: Floats) -> tuple[float, float]:
    """`ratio(net) - ratio(other)` on the same days, and the one-sided p-value of its being zero or less.

    The p-value is 1 where the two never differ (one is a multiple of the other), NaN where a ratio does not exist.
    """
    gap = ratio(net) - ratio(other)
    if not np.isfinite(gap):
        return gap, float("nan")
    error = _error(_influence(net) - _influence(other))
    return gap, float(stats.norm.sf(gap / error)) if error > TINY else 1.0


def deflated(net: Floats, trials: int) -> float:
    """The deflated Sharpe ratio: the probability that the ratio is above what the best of many trials has by luck.

    Bailey and Lopez de Prado (2014, doi:10.3905/jpm.2014.40.5.094), `Phi((S - S0) / error)`, where
    `S0 = sqrt(V) ((1 - g) z(1 - 1/N) + g z(1 - 1/(N e)))` is the expected maximum of N trials without skill (g is
    Euler's constant) and V the variance of their ratios. Of earlier trials only their number is known, so V is the
    squared error of the ratio itself: independent trials without skill, the largest V that such trials can have.
    """
    error = standard_error(net)
    return float(stats.norm.cdf(ratio(net) / error - expected_maximum(trials))) if error > 0 else float("nan")


def expected_maximum(trials: int) -> float:
    """Of so many independent standard normals, approximately; 0 for one of them.

    >>> round(expected_maximum(1), 2), round(expected_maximum(100), 2)
    (0.0, 2.53)
    """
    if trials <= 1:
        return 0.0
    part = float(np.euler_gamma)
    return float((1 - part) * stats.norm.isf(1 / trials) + part * stats.norm.isf(1 / (trials * np.e)))


def _influence(net: Floats) -> Floats:
    centred, spread = net - net.mean(), net.std()
    return np.asarray(centred / spread - ratio(net) * (centred**2 / spread**2 - 1) / 2, float)


def _error(influence: Floats) -> float:
    """Newey-West error of a mean of zero, with `floor(4 (n / 100)^(2/9))` lags; never negative (Bartlett weights)."""
    n = influence.size
    lags = min(int(4 * (n / 100) ** (2 / 9)), n - 1)
    covariances = [influence[k:] @ influence[: n - k] / n for k in range(lags + 1)]
    weights = [1.0, *(2 * (1 - k / (lags + 1)) for k in range(1, lags + 1))]
    return float(np.sqrt(max(np.dot(weights, covariances), 0.0) / n))
