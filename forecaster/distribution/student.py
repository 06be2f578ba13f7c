"""The standard Student-t and its normal limit: each function takes points and degrees of freedom, infinite allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scipy  # it loads scipy.special, a third of a second, when that is first asked for

if TYPE_CHECKING:
    from forecaster.floats import Floats


KERNEL_DF = 4.0
"""Degrees of freedom of the kernels of an empirical distribution: heavy enough that no outcome is impossible."""


def log_density(u: Floats, df: Floats) -> Floats:
    """Log density of the standard Student-t (normal where df is infinite) at `u (..., K)`."""
    if np.isinf(df).all():
        normal: Floats = -0.5 * u**2 - 0.5 * np.log(2 * np.pi)
        return normal
    nu = np.where(np.isinf(df), 1.0, df)
    constant = scipy.special.gammaln((nu + 1) / 2) - scipy.special.gammaln(nu / 2) - 0.5 * np.log(nu * np.pi)
    student = constant - (nu + 1) / 2 * np.log1p(u**2 / nu)
    result: Floats = np.where(np.isinf(df), -0.5 * u**2 - 0.5 * np.log(2 * np.pi), student)
    return result


def cdf(u: Floats, df: Floats) -> Floats:
    """Distribution function of the standard Student-t (normal where df is infinite) at `u (..., K)`."""
    if np.isinf(df).all():
        normal: Floats = scipy.special.ndtr(u)
        return normal
    closed = df == KERNEL_DF
    if closed.all():
        return _kernel_cdf(u)
    result = np.empty(u.shape)
    result[..., ~closed] = scipy.special.stdtr(np.where(np.isinf(df), 1e10, df)[~closed], u[..., ~closed])
    if closed.any():
        result[..., closed] = _kernel_cdf(u[..., closed])
    return result


def _kernel_cdf(u: Floats) -> Floats:
    """The distribution function at four degrees of freedom: a tenth of the general one's time, as exact in both tails.

    With `s = |u| / sqrt(4 + u^2)` a tail is `(1 - s)^2 (2 + s) / 4`.
    """
    size = np.abs(u)
    root = np.sqrt(4 + u**2)
    rest = 4 / (root * (root + size))  # 1 - s, without the loss of digits
    tail: Floats = rest**2 * (3 - rest) / 4
    return np.where(u < 0, tail, 1 - tail)


def quantile(p: Floats, df: Floats) -> Floats:
    """Quantile function of the standard Student-t (normal where df is infinite)."""
    if np.isinf(df).all():
        normal: Floats = scipy.special.ndtri(p)
        return normal
    student = scipy.special.stdtrit(np.where(np.isinf(df), 1e10, df), p)
    result: Floats = np.where(np.isinf(df), scipy.special.ndtri(p), student)
    return result


def partial_mean(u: Floats, df: Floats) -> Floats:
    """`E[T 1{T <= u}]` of the standard Student-t: minus `(df + u^2) / (df - 1)` times its density."""
    nu = np.where(np.isinf(df), 2.0, df)
    factor = np.where(np.isinf(df), 1.0, (nu + u**2) / (nu - 1))
    result: Floats = -factor * np.exp(log_density(u, df))
    return result
