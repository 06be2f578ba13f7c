"""The standard Student-t and its normal limit: each function takes points and degrees of freedom, infinite allowed."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy  # it loads scipy.special, a third of a second, when that is first asked for

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.floats import Floats


KERNEL_DF = 4.0
"""Degrees of freedom of the kernels of an empirical distribution: heavy enough that no outcome is impossible."""

NORMAL_DF = 1e10
"""Above these degrees of freedom a Student-t is taken as the normal: within 6 scales their densities agree to 1e-7."""

KEPT = 64
"""Sets of degrees of freedom for which something is kept."""

RUNS = 8
"""Runs of components of one law up to which they are looked at one after the other."""

DEEP, TINY = 1e-5, 1e-12
"""Below the first probability a quantile may be so far out that its power law is exact: to the second, relatively."""


def log_density(u: Floats, df: Floats) -> Floats:
    """Log density of the standard Student-t (normal where df is infinite) at `u (..., K)`."""
    normal = df > NORMAL_DF
    if normal.all():
        return _normal_log_density(u)
    nu = np.where(normal, 1.0, df)
    student = _log_constant(nu.tobytes()) - (nu + 1) / 2 * _log_widening(u, nu)
    return np.where(normal, _normal_log_density(u), student) if normal.any() else student


def _normal_log_density(u: Floats) -> Floats:
    with np.errstate(over="ignore"):  # minus infinity, far out
        result: Floats = -0.5 * u**2 - 0.5 * np.log(2 * np.pi)
    return result


@lru_cache(maxsize=KEPT)
def _log_constant(stored: bytes) -> Floats:
    """Log density at 0 `(K,)`, for degrees of freedom `(K,)` as bytes: all forecasts of one fit have the same.

    The beta function keeps the digits that the difference of two log gammas loses.
    """
    nu = np.frombuffer(stored)
    result: Floats = -scipy.special.betaln(nu / 2, 0.5) - 0.5 * np.log(nu)
    return result


def _log_widening(u: Floats, nu: Floats) -> Floats:
    """`log(1 + u^2 / nu)`, also where the square is too large for a double."""
    with np.errstate(over="ignore", divide="ignore"):
        result: Floats = np.log1p(u**2 / nu)
        if np.isinf(result).any():
            result = np.where(np.isinf(result), 2 * np.log(np.abs(u)) - np.log(nu), result)
    return result


def cdf(u: Floats, df: Floats, general: Callable[[Floats, Floats], Floats] | None = None) -> Floats:
    """Distribution function of the standard Student-t (normal where df is infinite) at `u (..., K)`.

    Args:
        u: Points.
        df: Degrees of freedom `(K,)`.
        general: That of degrees of freedom without a closed form, of them and of points; scipy's where None.
    """
    of = general or scipy.special.stdtr
    result = np.empty(u.shape)
    for some, kind in _kinds(df.tobytes()):
        at = u[..., some]
        if kind == "normal":
            result[..., some] = scipy.special.ndtr(at)
        else:
            result[..., some] = _kernel_cdf(at) if kind == "kernel" else of(df[some], at)
    return result


@lru_cache(maxsize=KEPT)
def _kinds(stored: bytes) -> tuple[tuple[Any, str], ...]:
    """Which of the components have which law: as slices, where those of a law stand together."""
    df = np.frombuffer(stored)
    kinds = np.select([df > NORMAL_DF, df == KERNEL_DF], ["normal", "kernel"], "other")
    ends = np.flatnonzero(np.append(kinds[1:] != kinds[:-1], True)) + 1
    if ends.size > RUNS:
        return tuple((kinds == kind, str(kind)) for kind in np.unique(kinds))
    starts = [0, *ends[:-1].tolist()]
    return tuple((slice(start, end), str(kinds[start])) for start, end in zip(starts, ends.tolist(), strict=True))


def _kernel_cdf(u: Floats) -> Floats:
    """The distribution function at four degrees of freedom: a tenth of the general one's time, as exact in both tails.

    With `s = |u| / sqrt(4 + u^2)` a tail is `(1 - s)^2 (2 + s) / 4`.
    """
    with np.errstate(over="ignore"):  # the tail is zero there
        root = u**2
        root += 4
        np.sqrt(root, out=root)
        rest = np.abs(u)
        rest += root
        rest *= root
        np.divide(4, rest, out=rest)  # 1 - s, without the loss of digits
    tail: Floats = np.subtract(3, rest, out=root)
    rest *= rest
    tail *= rest
    tail /= 4
    return np.where(u < 0, tail, 1 - tail)


def quantile(p: Floats, df: Floats) -> Floats:
    """Quantile function of the standard Student-t (normal where df is infinite) at `p (..., K)` in [0, 1].

    Far out it is the power law `tail = x^(df / 2) / (df B(df / 2, 1/2))` with `x = df / (df + u^2)`, to first order.
    """
    normal = df > NORMAL_DF
    if normal.all():
        result: Floats = scipy.special.ndtri(p)
        return result
    nu = np.where(normal, 1.0, df)
    student = scipy.special.stdtrit(nu, p)
    tail = np.minimum(p, 1 - p)
    if (tail < DEEP).any():
        with np.errstate(divide="ignore", over="ignore"):
            x = 2 / nu * (np.log(tail * nu) + scipy.special.betaln(nu / 2, 0.5))
            far = np.sign(p - 0.5) * np.sqrt(nu) * np.exp(-x / 2)
        student = np.where(x < np.log(TINY), far, student)
    return np.where(normal, scipy.special.ndtri(p), student) if normal.any() else student


def partial_mean(u: Floats, df: Floats) -> Floats:
    """`E[T 1{T <= u}]` of the standard Student-t: minus `(df + u^2) / (df - 1)` times its density."""
    normal = df > NORMAL_DF
    nu = np.where(normal, 2.0, df)
    student: Floats = -nu / (nu - 1) * np.exp(_log_constant(nu.tobytes()) - (nu - 1) / 2 * _log_widening(u, nu))
    return np.where(normal, -np.exp(_normal_log_density(u)), student) if normal.any() else student
