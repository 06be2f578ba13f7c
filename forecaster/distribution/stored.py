"""Arrays as a distribution stores them: float32, in one piece of memory, whatever they were made from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


def stored(values: ArrayLike) -> NDArray[np.float32]:
    """Float32 in one contiguous piece, in the shape of `values`; what is so already is not copied.

    A number beyond float32 becomes infinite and one below it zero, for the caller's checks of range to find.

    Raises:
        ValueError: Where they are not real numbers.
    """
    array = np.asarray(values)
    if array.dtype == np.float32 and array.dtype.isnative and array.flags.c_contiguous:
        return array
    if array.dtype.kind not in "fiub":
        raise ValueError(f"a distribution is made of real numbers, not of {array.dtype}")
    with np.errstate(over="ignore"):
        return np.asarray(array, np.float32, order="C")
