"""A distribution's parameters as bytes, in safetensors form: float32 arrays, read back bit for bit.

What a distribution does not have is not among them: bytes of every age are alike.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from safetensors.numpy import load, save

from forecaster.distribution.recalibrated import PitMap
from forecaster.distribution.stored import stored

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

MAP = {f"seen_{name}": name for name in ("scores", "share", "bandwidth")}
"""Names of the arrays of the map, where there is one."""

NUMBERS = ("atom", "tick")
"""Names of the numbers that are stored but for 0."""


def packed(components: Mapping[str, NDArray[np.float32]], seen: PitMap | None, numbers: Mapping[str, float]) -> bytes:
    """The bytes of the mixture's components by name, the map and the numbers."""
    arrays = dict(components)
    if seen is not None:
        arrays |= {key: getattr(seen, name) for key, name in MAP.items()}
    return save(arrays | {name: stored(value) for name, value in numbers.items() if value})


def unpacked(data: bytes) -> dict[str, Any]:
    """What `packed` was given, as a distribution takes it; numbers only where they are there.

    Raises:
        TypeError, ValueError, SafetensorError: Where the bytes are not such arrays.
    """
    arrays: dict[str, Any] = load(data)
    other = {str(array.dtype) for array in arrays.values() if array.dtype != np.float32}
    seen = {MAP[name]: arrays.pop(name) for name in MAP.keys() & arrays.keys()}
    numbers = {name: arrays.pop(name).item() for name in NUMBERS if name in arrays}
    if other:
        raise ValueError(f"{', '.join(other)}, not float32")
    return arrays | numbers | {"seen": PitMap(**seen) if seen else None}
