"""The two halves of a component: how integrals and quantiles of a Student-t become those of one with a skew."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from forecaster.distribution import student

if TYPE_CHECKING:
    from forecaster.floats import Floats


KEPT, FEW = 64, 16
"""Sets of levels and shapes of components whose quantiles are kept, and the most levels of such a set."""


def half_sum(e: Floats, skew: Floats, value: Floats, at_zero: Floats | float, power: int) -> Floats:
    """An integral up to `e` over both halves: each half stretches by `exp(+-skew)` to the given power."""
    if not skew.any():
        return value
    left, right = np.exp(-power * skew) / np.cosh(skew), np.exp(power * skew) / np.cosh(skew)
    result: Floats = np.where(e < 0, left * value, left * at_zero + right * (value - at_zero))
    return result


def quantile(level: Floats, skew: Floats, df: Floats) -> Floats:
    """Quantiles `(..., K)` at `level (...)` of components with `skew (K,)` and `df (K,)`, in scales from their modes.

    All forecasts of one fit ask for the same: of few levels they are kept.
    """
    if level.size > FEW:
        return _quantile(level, skew, df)
    return _kept(level.tobytes(), level.shape, skew.tobytes(), df.tobytes())


@lru_cache(maxsize=KEPT)
def _kept(levels: bytes, shape: tuple[int, ...], skews: bytes, dfs: bytes) -> Floats:
    return _quantile(np.frombuffer(levels).reshape(shape), np.frombuffer(skews), np.frombuffer(dfs))


def _quantile(level: Floats, skew: Floats, df: Floats) -> Floats:
    p, stretch = level[..., None], np.exp(skew)
    left, right = 1 / stretch / (2 * np.cosh(skew)), stretch / (2 * np.cosh(skew))
    half = np.where(p < left, p / (2 * left), 1 - (1 - p) / (2 * right))
    with np.errstate(over="ignore"):
        result: Floats = student.quantile(half, df) * np.where(p < left, 1 / stretch, stretch)
    return result
