"""The one name of an array of doubles, and a sum of doubles that is the same in every version of Python."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable

Floats = NDArray[np.float64]


def added(values: Iterable[float]) -> float:
    """The sum of numbers, rounded after each: from Python 3.12 on `sum` makes up for rounding, before it did not.

    >>> added([0.1] * 10)
    0.9999999999999999
    """
    return reduce(add, values, 0.0)
