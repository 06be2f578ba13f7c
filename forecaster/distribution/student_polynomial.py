"""The distribution function of the Student-t at many points: a polynomial for each number of degrees of freedom.

With `s = |u| / sqrt(df + u^2)`, in [0, 1), the tail beyond `|u|` is

    T(u) = (1 - s)^(df / 2) k(s)

where k is analytic but for a branch point at s = -1 (a tail of four degrees of freedom has `k(s) = (2 + s) / 4`). So
the coefficients of its Chebyshev series on [0, 1] fall by 5.8 from one to the next (Trefethen 2013, Approximation
Theory and Approximation Practice, ch. 8), and those of the powers of `z = 2 s - 1` by 3. They depend on the degrees of
freedom alone, and once they are known a point costs a sixth of what the general function does.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import scipy  # it loads scipy.special, a third of a second, when that is first asked for
from numpy.polynomial import chebyshev

if TYPE_CHECKING:
    from forecaster.floats import Floats


LIGHTEST = 16.0
"""Degrees of freedom up to which a polynomial is used: beyond, k grows so much that digits are lost."""

FEWEST = 1_000
"""Points times components from which on it is used: fewer cost less without the coefficients."""

NODES = 20
"""Coefficients of a polynomial: the first that is left out is below the rounding of doubles."""

KEPT = 64
"""Sets of degrees of freedom whose coefficients are kept: all forecasts of one fit have the same."""

AT_ONCE = 6_000
"""Points times components that are looked at together: as many as the processor's nearest cache holds."""

_PLACE = chebyshev.chebpts1(NODES)
_SERIES = (chebyshev.chebvander(_PLACE, NODES - 1) * np.append(1.0, np.full(NODES - 1, 2.0))).T / NODES
_POWERS = np.stack([np.pad(chebyshev.cheb2poly(row), (0, NODES - 1 - at)) for at, row in enumerate(np.eye(NODES))]).T
"""From values at Chebyshev's nodes to the series, and from the series to powers: one after the other keeps digits."""


def cdf(df: Floats, u: Floats) -> Floats:
    """Distribution function of the standard Student-t at `u (..., K)` with `df (K,)`, finite, above 1.

    Relative to `scipy.special.stdtr` a tail is off by at most 1e-13; where there are few points it is that function.
    """
    light = df > LIGHTEST
    if u.size < FEWEST or light.all():
        general: Floats = scipy.special.stdtr(df, u)
        return general
    points = np.ascontiguousarray(u).reshape(-1, df.size)
    known, rows = _coefficients(df.tobytes()), max(AT_ONCE // df.size, 1)
    result = np.empty(points.shape)
    for start in range(0, len(points), rows):
        some = slice(start, start + rows)
        result[some] = _cdf(points[some], df, known)
    if light.any():
        result[:, light] = scipy.special.stdtr(df[light], points[:, light])
    return result.reshape(u.shape)


def _cdf(u: Floats, df: Floats, coefficients: Floats) -> Floats:
    with np.errstate(over="ignore", divide="ignore"):  # the tail is zero there
        root = np.sqrt(u**2 + df)
        rest = df / (root * (root + np.abs(u)))  # 1 - s, without the loss of digits
        z = 1 - 2 * rest
        tail = coefficients[-1] * z
        for row in coefficients[-2:0:-1]:
            tail += row
            tail *= z
        tail += coefficients[0]
        tail *= np.exp(df / 2 * np.log(rest))
    result: Floats = np.where(u < 0, tail, 1 - tail)
    return result


@lru_cache(maxsize=KEPT)
def _coefficients(stored: bytes) -> Floats:
    """Of the powers of z `(NODES, K)`, for degrees of freedom `(K,)` as bytes; those of light tails are of no use."""
    df = np.minimum(np.frombuffer(stored), LIGHTEST)
    s = (1 + _PLACE[:, None]) / 2
    tail = scipy.special.stdtr(df, -s * np.sqrt(df / ((1 - s) * (1 + s))))
    result: Floats = _POWERS @ (_SERIES @ (tail * np.exp(-df / 2 * np.log1p(-s))))
    return result
