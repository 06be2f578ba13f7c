"""How far capital once lay below its highest point."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def drawdown(net: NDArray[np.float64]) -> float:
    """The largest fall from a peak, compounded, a fraction of the peak; 1 once all capital is lost.

    >>> round(drawdown(np.array([0.10, -0.50, 0.20])), 3)
    0.5
    """
    capital = np.cumprod(np.concatenate([[1.0], np.maximum(1 + net, 0.0)]))
    return float(np.max(1 - capital / np.maximum.accumulate(capital)))
