"""What a history says of the parameters of the GARCH family, with Student-t errors of unit variance.

With L the log variance of a session, e its change less the mean and u = e^2 exp(-L), a session adds

    log Gamma((n + 1) / 2) - log Gamma(n / 2) - log(pi (n - 2)) / 2 - L / 2 - (n + 1) / 2 log(1 + u / (n - 2))

for n degrees of freedom (Bollerslev 1987). The search goes through coordinates in which every rule is a bound of one of
them: p the persistence, s the part of it that is not beta, f the part of s that falls add (a half where there is no
gamma), and 1 / n, in which the likelihood of nearly normal changes is nearly straight.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import digamma, zeta

from forecaster.families.volatility_recursions import before, path

if TYPE_CHECKING:
    from forecaster.families.volatility_recursions import Kind, Path
    from forecaster.floats import Floats

COORDINATES: dict[Kind, tuple[str, ...]] = {
    "garch": ("mu", "omega", "p", "s", "1 / n"),
    "gjr": ("mu", "omega", "p", "s", "f", "1 / n"),
    "egarch": ("mu", "omega", "alpha", "gamma", "p", "1 / n"),
}
LEAST_DF, MOST_DF = 2.05, 500.0
LEAST_OMEGA = 5e-5
"""In units of the variance of the changes: the scale stays above a thousandth of their sd, with the fewest df too.

Without it the likeliest variance of a price that stood still for long is none at all.
"""


@dataclass(frozen=True, eq=False)
class Likelihood:
    """The log likelihood of one history under one member of the family, as a function of its coordinates.

    Attributes:
        kind: Which member.
        changes: `(sessions,)`, in units of their standard deviation.
    """

    kind: Kind
    changes: Floats

    @cached_property
    def backcast(self) -> float:
        """The variance that precedes the history."""
        return before(self.changes)

    def at(self, point: Floats) -> Seen:
        """The log likelihood at a point `(coordinates,)`."""
        parameters, jacobian = natural(self.kind, point)
        df = float(parameters[5])
        along = path(self.kind, parameters[1:5], self.changes - parameters[0], self.backcast)
        count = self.changes.size
        tails = (df + 1) / (along.squares + (df - 2))
        pulls = tails * along.squares
        deep = float(np.log1p(along.squares / (df - 2)).sum())
        value = count * _constant(df) - 0.5 * float(along.log_variances[:-1].sum()) - (df + 1) / 2 * deep
        gradient = np.empty(6)
        gradient[:5] = along.pulled(0.5 * pulls - 0.5)
        gradient[0] += tails @ along.weighed
        gradient[5] = count * _constant_slope(df) - 0.5 * deep + 0.5 / (df - 2) * pulls.sum()
        return Seen(value, gradient @ jacobian, along, parameters, jacobian)


@dataclass(frozen=True, eq=False)
class Seen:
    """The log likelihood at one point.

    Attributes:
        value: Nats.
        gradient: `(coordinates,)`.
        along: The variances there.
        parameters: mu, omega, alpha, gamma, beta and df `(6,)`.
        jacobian: Their slopes in the coordinates `(6, coordinates)`.
    """

    value: float
    gradient: Floats
    along: Path
    parameters: Floats
    jacobian: Floats

    def information(self) -> Floats:
        """Fisher's information `(coordinates, coordinates)`: the expected curvature, given the log variances.

        Errors are symmetric, so that log variance and location do not inform of each other. For the scale and the
        degrees of freedom it is that of Lange, Little and Taylor (1989, doi:10.1080/01621459.1989.10478852), the scale
        being written by the variance and the degrees of freedom.
        """
        df = float(self.parameters[5])
        moved = self.along.moved()
        told = np.empty((6, 6))
        told[:5, :5] = df / (2 * (df + 3)) * (moved @ moved.T)
        told[0, 0] += df * (df + 1) / ((df - 2) * (df + 3)) * float(np.exp(-self.along.log_variances[:-1]).sum())
        slope = 1 / (df * (df - 2))  # of the log scale in the degrees of freedom, the variance held
        both, scale = -2 / ((df + 1) * (df + 3)), 2 * df / (df + 3)
        tail = (zeta(2, df / 2) - zeta(2, (df + 1) / 2)) / 4 - (df + 5) / (2 * df * (df + 1) * (df + 3))
        told[5, 5] = self.along.squares.size * (tail + 2 * slope * both + slope**2 * scale)
        told[5, :5] = told[:5, 5] = 0.5 * (both + slope * scale) * moved.sum(axis=1)
        information: Floats = self.jacobian.T @ told @ self.jacobian
        return information


def bounds(kind: Kind, **others: tuple[float, float]) -> tuple[Floats, Floats]:
    """The least and the most of each coordinate `(coordinates,)`, but for others by name."""
    wide = (-np.inf, np.inf)
    within = {"p": (0.0, 1.0), "s": (0.0, 1.0), "f": (0.0, 1.0), "1 / n": (1 / MOST_DF, 1 / LEAST_DF)}
    within |= {} if kind == "egarch" else {"omega": (LEAST_OMEGA, np.inf)}
    within |= others
    low, high = np.array([within.get(name, wide) for name in COORDINATES[kind]]).T
    return low, high


def natural(kind: Kind, point: Floats) -> tuple[Floats, Floats]:
    """The parameters mu, omega, alpha, gamma, beta and df `(6,)` at a point, and their slopes `(6, coordinates)`."""
    slopes = np.zeros((6, point.size))
    slopes[0, 0] = slopes[1, 1] = 1.0
    slopes[5, -1] = -1 / point[-1] ** 2
    df = 1 / point[-1]
    if kind == "egarch":
        slopes[2, 2] = slopes[3, 3] = slopes[4, 4] = 1.0
        return np.array([*point[:5], df]), slopes
    mu, omega, p, s = point[:4].tolist()
    f = float(point[4]) if kind == "gjr" else 0.5
    # alpha = 2 p s (1 - f), alpha + gamma = 2 p s f, beta = p (1 - s)
    news, tilt = 2 * (1 - f), 2 * (2 * f - 1)
    slopes[2:5, 2] = s * news, s * tilt, 1 - s
    slopes[2:5, 3] = p * news, p * tilt, -p
    if kind == "gjr":
        slopes[2:4, 4] = -2 * p * s, 4 * p * s
    return np.array([mu, omega, p * s * news, p * s * tilt, p * (1 - s), df]), slopes


def _constant(df: float) -> float:
    return math.lgamma((df + 1) / 2) - math.lgamma(df / 2) - 0.5 * math.log(math.pi * (df - 2))


def _constant_slope(df: float) -> float:
    return float(0.5 * (digamma((df + 1) / 2) - digamma(df / 2)) - 0.5 / (df - 2))
