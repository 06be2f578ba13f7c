r"""Total-return factors: how splits and dividends enter a change without rewriting history.

A provider's "Adj Close" is restated for *every* past day whenever a dividend is paid, so that it
says nothing fixed about any of them: stored as it comes, one payment would look like a correction
of the whole history, and a forecast made last year could not be repeated. The factor of a session

    a[t] = (adjusted[t] / close[t]) / (adjusted[t-1] / close[t-1])

is a fact about session t alone: a restatement multiplies both ratios by the same number, which
cancels. The total-return change is then `close[t] / close[t-1] * a[t] - 1`; a[t] is 1.0 on an
ordinary day, 2.0 on the day of an unadjusted 2-for-1 split, 1 + yield on an ex-dividend day.
"""

import numpy as np
import numpy.typing as npt

ROUNDING = 2e-5
"""Factors this near to 1.0 are the provider's rounding of its prices, not a payment."""

_DOUBLE = 1e-12
"""Relative: what a number of a text is off by."""
_FINEST = 8
_CENTS, _SHORT = 2, 20
"""Decimals that a column of fewer rows has at least: zeros at their ends may be left out."""
_SLACK = 1e-6
"""Of half a step: a number that lies between two may go either way."""

DIGITS = 6
"""Significant digits kept: they survive a restatement's rounding, at a cost of at most 5e-6 in a change."""


def adjustment_factors(close: npt.NDArray[np.float64], adjusted: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The total-return factor of each session, from a provider's adjusted closes.

    A missing adjusted close keeps the last known ratio, so that a payment on such a day enters
    with the next adjusted close instead of vanishing. Adjusted closes that are rounded, to hundredths
    or to 0.0372, tell a ratio in part only: it stays what it was while their rounding allows, so
    that a payment smaller than that enters with the next ones, once together they are larger.

    Args:
        close: Closes as quoted, `(sessions,)`, oldest first, above zero.
        adjusted: Adjusted closes, `(sessions,)`; NaN where the provider has none.

    Returns:
        Factors `(sessions,)`; the first is 1.0.

    >>> import numpy as np
    >>> adjustment_factors(np.array([100.0, 51.0, 50.0]), np.array([49.0, 49.98, 50.0])).tolist()
    [1.0, 2.0, 1.02041]
    """
    ratio = _ratios(np.asarray(close, dtype=float), np.asarray(adjusted, dtype=float))
    last_known = np.maximum.accumulate(np.where(np.isnan(ratio), 0, np.arange(ratio.size)))
    ratio = ratio[last_known]
    factors = np.ones_like(ratio)
    factors[1:] = ratio[1:] / ratio[:-1]
    factors[np.isnan(factors)] = 1.0  # before the first adjusted close nothing is known
    factors = np.array([float(f"{factor:.{DIGITS}g}") for factor in factors])
    factors[np.abs(factors - 1.0) < ROUNDING] = 1.0
    return factors


def tick(close: npt.NDArray[np.float64], adjusted: npt.NDArray[np.float64]) -> float:
    """The step in which adjusted closes are written, such as 0.0001; 0.0 where they have all their digits.

    >>> tick(np.full(3, 90.0), np.array([0.0372, 0.0373, 0.0377])), tick(np.full(2, 7.0), np.array([6.5, 7.0]))
    (0.0001, 0.01)
    """
    found = adjusted[~np.isnan(adjusted)]
    for decimals in range(_CENTS if close.size < _SHORT else 0, _FINEST + 1):
        steps = found * 10.0**decimals
        if (np.abs(steps - np.round(steps)) <= steps * _DOUBLE).all():
            return float(10.0**-decimals)
    return 0.0


def _ratios(close: npt.NDArray[np.float64], adjusted: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Adjusted over close `(sessions,)`; of rounded adjusted closes, the steadiest that they allow."""
    step = tick(close, adjusted)
    if not step:
        return adjusted / close
    half = step / 2 * (1 + _SLACK)
    ratio = np.full(close.size, np.nan)
    lowest, highest = (adjusted - half) / close, (adjusted + half) / close
    start, low, high = 0, -np.inf, np.inf
    for row in np.flatnonzero(~np.isnan(adjusted)):
        if max(low, lowest[row]) > min(high, highest[row]):  # no one ratio explains it any more: something was paid
            start, low, high = int(row), -np.inf, np.inf
        low, high = max(low, lowest[row]), min(high, highest[row])
        ratio[start : row + 1] = 1.0 if low <= 1.0 <= high else (low + high) / 2
    ratio[np.isnan(adjusted)] = np.nan
    return ratio
