"""Volatility known at an origin: an exponentially weighted mean of squared changes."""

import numpy as np
import pandas as pd

WARM_UP = 20
"""Changes that must have been seen before the estimate is given."""


def ewma_volatility(price_changes: pd.Series, half_life: float) -> pd.Series:
    """The exponentially weighted volatility known at each session's close.

    ``v[t]^2 = sum_k w^k r[t-k]^2 / sum_k w^k`` over the finite changes up to and including t, with
    ``w = 0.5 ** (1 / half_life)``; the mean of daily changes is taken as zero. A missing change is
    skipped: the last value stands, and the weights of earlier changes do not decay over the gap.
    The recursion runs forward only, so that later changes cannot alter a byte of earlier values.

    Args:
        price_changes: fractions per session ``(sessions,)``, oldest first, NaN for a gap.
        half_life: in sessions, above zero.

    Returns:
        Fractions per session ``(sessions,)``; NaN until `WARM_UP` changes have been seen.

    Raises:
        ValueError: a half-life that is not above zero.

    >>> import pandas as pd
    >>> quiet = pd.Series([0.01, -0.01] * 15)
    >>> float(ewma_volatility(quiet, half_life=10).iloc[-1])
    0.01
    """
    if not half_life > 0:
        raise ValueError(f"half_life is {half_life} sessions: it must be above zero")
    squares = price_changes.astype(float) ** 2
    mean = squares.ewm(halflife=half_life, adjust=True, ignore_na=True, min_periods=WARM_UP).mean()
    return pd.Series(np.sqrt(mean.to_numpy()), index=price_changes.index, name="volatility")
