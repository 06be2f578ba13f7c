"""A number in [0, 1) for each forecast and outcome, always the same one: what a randomised PIT is drawn by."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from forecaster.floats import Floats


def lot(forecast: Floats, y: float, row: str = "") -> float:
    """From the bytes of the forecast's numbers and of its outcome, and from its row.

    >>> 0 <= lot(np.array([0.0, 1.0]), 0.5) < 1
    True
    """
    told = np.ascontiguousarray(forecast, np.float64).tobytes() + np.float64(y).tobytes() + row.encode()
    return int.from_bytes(hashlib.sha256(told).digest()[:6], "big") / 2.0**48
