"""Mean losses of many models on days drawn again: the stationary bootstrap of Politis and Romano.

Days are drawn in blocks of random length, so that what lasts over days lasts in a sample too (1994,
doi:10.1080/01621459.1994.10476870). The mean length is `1.5 n^(1/3)` days, 9 of 250 and 15 of 1,000.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAMPLES = 1999
SEED = 20180121
"""Fixed: the same scores have the same p-values for ever."""


def block_length(days: int) -> int:
    """Mean length of a block, in days.

    >>> block_length(250), block_length(1000)
    (9, 15)
    """
    return int(1.5 * days ** (1 / 3) + 0.5)


def shrinkage(days: int) -> float:
    """By what a mean is multiplied before it is held against bootstrapped ones, which vary too little.

    `1 - 1.5 L / n` with blocks of mean length L: the spread of means over so few blocks is short of `L / n` of itself,
    and so uncertain that critical values must be wider still. By measurement the half more gives tests their size.

    >>> round(shrinkage(250), 3)
    0.946
    """
    return 1 - 1.5 * block_length(days) / days


def bootstrapped_means(losses: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean of each column of `losses (days, columns)` in each sample, `(SAMPLES, columns)`.

    The same days are drawn for all losses of as many days.
    """
    return _shares(len(losses)) @ losses


@lru_cache(maxsize=1)
def _shares(days: int) -> NDArray[np.float64]:
    """What part each day is of each sample, `(SAMPLES, days)`; the last one is kept, for the next score or asset."""
    from arch.bootstrap import StationaryBootstrap  # noqa: PLC0415  # it takes a second to import

    samples = StationaryBootstrap(block_length(days), np.arange(days), seed=SEED)
    counts = [np.bincount(drawn[0][0], minlength=days) for drawn in samples.bootstrap(SAMPLES)]
    return np.stack(counts) / days
