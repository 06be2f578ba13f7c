"""How variance goes from one session to the next in the GARCH family, with all first derivatives.

With e the change less its mean, h its variance known at the close before and z = e / sqrt(h),

    garch   h' = omega + alpha e^2 + beta h                              (Bollerslev 1986, 1987)
    gjr     h' = omega + (alpha + gamma 1{e < 0}) e^2 + beta h           (Glosten, Jagannathan and Runkle 1993)
    egarch  log h' = omega + alpha (|z| - sqrt(2 / pi)) + gamma z + beta log h       (Nelson 1991)

All three carry a state y, h or log h, by y' = f(y, e). Where dy'/dy = a, a change of the parameters moves the states by
the solution of a system with ones on its diagonal and -a below it. It is solved forwards for how each parameter moves
each state, and backwards, at a fifth of the price, for how each parameter moves one sum over the states.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.linalg import blas, lapack

if TYPE_CHECKING:
    from forecaster.floats import Floats

Kind = Literal["garch", "gjr", "egarch"]

MEAN_SIZE = math.sqrt(2 / math.pi)
"""Mean of |z| under the normal law, which Nelson takes off under any law."""

FADING, FIRST = 0.94, 75
"""What precedes the first change is a mean of the first 75 squares that fades by 0.94, as `arch` has it."""

LEAST_BEFORE = 1e-8
"""The least that precedes, in parts of the mean square: prices that stood still at first had some variance too."""

WIDE = (1e-100, 1e100)
"""Variances beyond which EGARCH's is not followed: a fit that comes there is of no use."""


@dataclass(frozen=True, eq=False)
class Path:
    """Variances along a history, and what moves them.

    Attributes:
        log_variances: `(sessions + 1,)`, of each change, known at the close before it; the last is the next session's.
        weighed: `(sessions,)`, each change less its mean, over its variance.
        squares: `(sessions,)`, z^2.
        slopes: Of the log variances in the states, `(sessions,)` or one for all.
        inputs: `(mu omega alpha gamma beta, sessions)`, of each state in the parameters, the state before it held.
        band: `(2, sessions)`, the system in the form of LAPACK's banded triangles: ones, and -a.
    """

    log_variances: Floats
    weighed: Floats
    squares: Floats
    slopes: Floats | float
    inputs: Floats
    band: Floats

    def pulled(self, slopes: Floats) -> Floats:
        """Gradient `(5,)` in the parameters of a sum with these slopes `(sessions,)` in the log variances."""
        back = blas.dtbsv(1, self.band, slopes * self.slopes, lower=1, trans=1, diag=1, overwrite_x=1)
        gradient: Floats = self.inputs @ back
        return gradient

    def moved(self) -> Floats:
        """How each parameter moves each log variance `(5, sessions)`."""
        found, _ = lapack.dtbtrs(self.band, self.inputs.T, uplo="L", diag="U")
        moved: Floats = found.T
        moved *= self.slopes
        return moved

    def forgets(self) -> bool:
        """Whether an error in one state dies out: the mean log of |a| is negative."""
        with np.errstate(divide="ignore"):  # a factor of zero forgets at once
            return bool(np.log(np.abs(self.band[1])).mean() < 0)


def before(changes: Floats) -> float:
    """The variance that stands for what precedes a history of changes `(sessions,)`, from the first of them."""
    errors = changes - changes.mean()
    squares = errors[:FIRST] ** 2
    weights = FADING ** np.arange(squares.size)
    faded: float = squares @ weights / weights.sum()
    usual: float = errors @ errors / errors.size
    return float(max(faded, LEAST_BEFORE * usual))


def path(kind: Kind, parameters: Floats, errors: Floats, backcast: float) -> Path:
    """The variances of a history's changes.

    Args:
        kind: Which recursion.
        parameters: omega, alpha, gamma and beta; gamma is zero in `garch`.
        errors: Changes less their mean `(sessions,)`, in the unit of the parameters.
        backcast: The variance that precedes them.
    """
    return _nelson(parameters, errors, backcast) if kind == "egarch" else _bollerslev(parameters, errors, backcast)


def _bollerslev(parameters: Floats, errors: Floats, backcast: float) -> Path:
    omega, alpha, gamma, beta = parameters.tolist()
    falls = np.minimum(errors, 0.0)
    squares, fallen = errors * errors, falls * falls
    band = np.ones((2, errors.size + 1), order="F")
    band[1] = -beta
    states = np.empty(errors.size + 1)
    states[0] = omega + (alpha + gamma / 2 + beta) * backcast
    states[1:] = omega + alpha * squares + gamma * fallen
    states = blas.dtbsv(1, band, states, lower=1, diag=1, overwrite_x=1)
    inputs = np.empty((5, errors.size))
    inputs[:, 0] = 0.0, 1.0, backcast, backcast / 2, backcast
    inputs[0, 1:] = (-2 * alpha) * errors[:-1] - (2 * gamma) * falls[:-1]
    inputs[1, 1:], inputs[2, 1:], inputs[3, 1:], inputs[4, 1:] = 1.0, squares[:-1], fallen[:-1], states[:-2]
    precisions = 1 / states[:-1]
    return Path(np.log(states), errors * precisions, squares * precisions, precisions, inputs, band[:, :-1])


def _nelson(parameters: Floats, errors: Floats, backcast: float) -> Path:
    from arch.univariate.recursions import egarch_recursion  # noqa: PLC0415  # it takes two seconds to import

    _, alpha, gamma, beta = parameters.tolist()
    count, first = errors.size, math.log(backcast)
    variances, states, z, sizes = np.empty((4, count + 1))
    ahead = np.empty(count + 1)
    ahead[:-1], ahead[-1] = errors, 0.0
    egarch_recursion(parameters, ahead, variances, 1, 1, 1, count + 1, first, _wide(count + 1), states, z, sizes)
    z, sizes, over = z[:-1], sizes[:-1], 1 / np.sqrt(variances[:-1])
    shocks = alpha * np.sign(z) + gamma
    inputs = np.empty((5, count))
    inputs[:, 0] = 0.0, 1.0, 0.0, 0.0, first
    inputs[0, 1:] = (-shocks * over)[:-1]
    inputs[1, 1:], inputs[3, 1:], inputs[4, 1:] = 1.0, z[:-1], states[:-2]
    np.subtract(sizes[:-1], MEAN_SIZE, out=inputs[2, 1:])
    band = np.ones((2, count), order="F")
    np.subtract(0.5 * shocks * z, beta, out=band[1])
    return Path(states, z * over, z * z, 1.0, inputs, band)


@lru_cache(4)
def _wide(count: int) -> Floats:
    return np.full((count, 2), WIDE)
