"""Dividends beside adjusted closes that do not show them: Yahoo's have an Adj Close equal to Close at times.

Between the last adjusted close before an ex-day and the first from it on, the ratio of adjusted to quoted closes rises
by the dividend's yield. Where it does not, though it is written finely enough, or where there is no adjusted close
before, the dividend is lost unless it is taken from its own column. A factor on a day without a payment in the
columns may be a dividend that the column has on another day, such as that of its payment, and so makes up for one.
"""

import numpy as np
import numpy.typing as npt

from ingest.adjustments import DIGITS, tick

Numbers = npt.NDArray[np.float64]

_PART = 0.3
"""Of a yield: a ratio that rises by less does not show it."""


def with_unshown(factors: Numbers, close: Numbers, adjusted: Numbers, paid: Numbers, splits: Numbers) -> Numbers:
    """The factors, with those of dividends that adjusted closes do not show.

    Args:
        factors: Of adjusted closes `(rows,)`; see `ingest.adjustments`.
        close: Closes as quoted `(rows,)`, oldest first, above zero.
        adjusted: Adjusted closes `(rows,)`; NaN where there is none.
        paid: Dividends `(rows,)`; one on the first row says nothing of the change into any row.
        splits: Of the same rows; 1 for none.

    >>> ones = np.ones(3)
    >>> close, paid = np.array([100.0, 99.5, 101.0]), np.array([0.0, 0.5, 0.0])
    >>> with_unshown(ones, close, close, paid, ones).tolist()
    [1.0, 1.00503, 1.0]
    >>> with_unshown(np.array([1.0, 1.00503, 1.0]), close, np.array([99.5, 99.5, 101.0]), paid, ones).tolist()
    [1.0, 1.00503, 1.0]
    """
    yields = paid / close
    known = ~np.isnan(adjusted)
    rise = np.cumsum(np.log(np.where(splits == 1, factors, 1.0)))
    coarse = tick(close, adjusted) / np.where(known, adjusted, np.inf)
    missing = []
    for row in np.flatnonzero((paid > 0) & (splits == 1) & (np.arange(paid.size) > 0)):
        before, after = np.flatnonzero(known[:row])[-1:], np.flatnonzero(known[row:])[:1] + row
        if (
            not before.size
            or not after.size
            or (rise[after[0]] - rise[before[0]] <= _PART * yields[row] and coarse[before[0]] <= yields[row] / 2)
        ):
            missing.append(row)
    elsewhere = int(np.sum((factors[1:] != 1) & (paid[1:] == 0) & (splits[1:] == 1)))
    found = factors.copy()
    if len(missing) > elsewhere:
        found[missing] = [float(f"{factors[row] * (1 + yields[row]):.{DIGITS}g}") for row in missing]
    return found
