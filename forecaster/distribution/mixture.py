"""A mixture of two-piece Student-t distributions as a distribution, in float64.

With `e = (y - loc) / scale` one component has the density

    p(y) = t_df(e * exp(-skew * sign(e))) / (scale * cosh(skew))

(the two-piece form of Fernandez and Steel 1998, doi:10.1080/01621459.1998.10474117): `df` infinite is a normal
half on each side, `skew` 0 is symmetric.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
import scipy  # it loads scipy.special, a third of a second, when that is first asked for

from forecaster.distribution import student, student_polynomial, two_piece
from forecaster.distribution.panels import Line, cut, median

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike

    from forecaster.floats import Floats


CLOSE, ROUNDS = 1e-6, 200
"""A quantile is found when a Newton step falls below this share of the narrowest scale: the error is its square."""

UPPER = 0.999
"""Quantiles of higher levels are those of the mirrored mixture: near 1 a probability has no digits left."""

FARTHEST = 1e300
"""No quantile is looked for beyond, so that sums of two are finite."""

KEPT = 64
"""Standard laws that are kept."""

EPSILON = float(np.finfo(float).eps)
"""Relative spacing of doubles."""

CHUNK = 30_000
"""Places times components that a cdf is computed for at once: they stay in the processor's cache.

In sixteens of places, so that sums over components have the same bits however many there are in all.
"""


@dataclass(frozen=True, eq=False)
class Mixture:
    """A mixture of K two-piece Student-t distributions.

    Attributes:
        weight: `(K,)` probabilities that sum to 1.
        loc: `(K,)` modes.
        scale: `(K,)` scales, positive.
        df: `(K,)` degrees of freedom, above 1; infinite for a normal.
        skew: `(K,)` log ratio of the right to the left scale, halved; 0 for symmetric.
    """

    weight: Floats
    loc: Floats
    scale: Floats
    df: Floats
    skew: Floats

    def _standardised(self, y: ArrayLike) -> tuple[Floats, Floats]:
        """Residuals `e (..., K)` and the same seen by the half they fall in, `e exp(-skew sign e)`."""
        with np.errstate(over="ignore"):  # as far out as infinity
            e = (np.asarray(y, np.float64)[..., None] - self.loc) / self.scale
            some = self._skewed
            if some.start == some.stop:
                return e, e
            u, part, stretch = e.copy(), e[..., some], np.exp(self.skew[some])
            u[..., some] *= np.where(part < 0, stretch, 1 / stretch)
            return e, u

    @cached_property
    def _skewed(self) -> slice:
        """The components from the first to the last that is skewed: the others need no care for their halves."""
        places = np.flatnonzero(self.skew)
        return slice(int(places[0]), int(places[-1]) + 1) if places.size else slice(0, 0)

    @cached_property
    def _log_factor(self) -> Floats:
        with np.errstate(divide="ignore"):  # a weight of zero is a component that is not there
            result: Floats = np.log(self.weight) - np.log(self.scale * np.cosh(self.skew))
        return result

    def log_prob(self, y: ArrayLike) -> Floats:
        """Natural log of the density at `y (...)`, in nats (density per unit of y)."""
        return self._log_density(self._standardised(y)[1])

    def _log_density(self, u: Floats) -> Floats:
        result: Floats = np.logaddexp.reduce(self._log_factor + student.log_density(u, self.df), axis=-1)
        return result

    def cdf(self, y: ArrayLike, general: Callable[[Floats, Floats], Floats] | None = None) -> Floats:
        """Probability of at most `y (...)`; see `student.cdf` for `general`."""
        return self._below(*self._standardised(y), general)

    def _below(self, e: Floats, u: Floats, general: Callable[[Floats, Floats], Floats] | None = None) -> Floats:
        halves, some = student.cdf(u, self.df, general), self._skewed
        halves[..., some] = two_piece.half_sum(e[..., some], self.skew[some], halves[..., some], 0.5, power=1)
        result: Floats = np.clip(halves @ self.weight, 0.0, 1.0)
        return result

    def partial_mean(self, y: ArrayLike) -> Floats:
        """`E[Y 1{Y <= y}]` at `y (...)`; its limit is the mean."""
        e, u = self._standardised(y)
        below = two_piece.half_sum(e, self.skew, student.cdf(u, self.df), 0.5, power=1)
        tail = two_piece.half_sum(e, self.skew, student.partial_mean(u, self.df), self._at_zero, power=2)
        result: Floats = (self.loc * below + self.scale * tail) @ self.weight
        return result

    @cached_property
    def _at_zero(self) -> Floats:
        """`E[T 1{T <= 0}]` of the components' Student-t."""
        return student.partial_mean(np.zeros(1), self.df)

    @cached_property
    def _first(self) -> Floats:
        """Means of the components, in scales from their modes."""
        result: Floats = -4 * np.sinh(self.skew) * self._at_zero
        return result

    @cached_property
    def mean(self) -> float:
        """Expected value."""
        return float(self.weight @ (self.loc + self.scale * self._first))

    @cached_property
    def sd(self) -> float:
        """Standard deviation; infinite where a component has df <= 2."""
        if (self.df <= 2).any():  # noqa: PLR2004  # where the variance of a Student-t ends
            return float("inf")
        second = np.cosh(3 * self.skew) / np.cosh(self.skew) / (1.0 - 2.0 / self.df)
        loc = self.loc - self.mean
        moments = loc**2 + 2 * loc * self.scale * self._first + self.scale**2 * second
        return float(np.sqrt(max(float(self.weight @ moments), 0.0)))

    @cached_property
    def mirrored(self) -> Mixture:
        """The law of `-Y`, whose tails are these tails."""
        return Mixture(self.weight, -self.loc, self.scale, self.df, -self.skew)

    @cached_property
    def origin(self) -> float:
        """A mode in the middle. Places counted from it keep their digits where the mixture lies far from 0."""
        return median(self.loc, self.weight)

    @cached_property
    def narrowest(self) -> float:
        """The least scale of a half of a component."""
        return float((self.scale * np.exp(-np.abs(self.skew))).min())

    @cached_property
    def about(self) -> Mixture:
        """The law of `Y - origin`."""
        return Mixture(self.weight, self.loc - self.origin, self.scale, self.df, self.skew)

    def beyond(self, away: Floats, side: int) -> Floats:
        """Probability of less than `origin + away (n,)` on side -1, of more on side 1: with all its digits."""
        law, at = (self.about, away) if side < 0 else (self.about.mirrored, -away)
        rows = max(CHUNK // self.weight.size // 16, 1) * 16
        if at.size <= rows:
            return law.cdf(at, student_polynomial.cdf)
        some = (at[start : start + rows] for start in range(0, at.size, rows))
        return np.concatenate([law.cdf(places, student_polynomial.cdf) for places in some])

    def distance(self, away: ArrayLike) -> Floats:
        """`E|Y - y|` at `y = origin + away (...)`, a sum of what each component has."""
        e, u = self.about._standardised(away)
        below = two_piece.half_sum(e, self.skew, student.cdf(u, self.df), 0.5, power=1)
        tail = two_piece.half_sum(e, self.skew, student.partial_mean(u, self.df), self._at_zero, power=2)
        result: Floats = (e * (2 * below - 1) + self._first - 2 * tail) @ (self.weight * self.scale)
        return result

    @cached_property
    def line(self) -> Line:
        """The panels that the integral of the squared gap is taken over, counted from the origin."""
        return cut(self.about)

    @cached_property
    def centre(self) -> float:
        """The centre of the line."""
        return self.line.centre if self.alike is None else float(self.scale[0]) * self.alike.line.centre

    @cached_property
    def alike(self) -> Mixture | None:
        """The standard law of the same shape, where there is one component; it is itself where that is standard."""
        lone = self.weight.size == 1 and (self.loc[0], self.scale[0]) != (0, 1)
        return _standard(float(self.df[0]), float(self.skew[0])) if lone else None

    @cached_property
    def least(self) -> float:
        """`integral of (F(z) - 1{y <= z})^2 dz` with `y` the centre of the line: of squared tails, all positive."""
        if self.alike is not None:
            return float(self.scale[0]) * self.alike.least
        sides = ((self.line.below, -1), (self.line.above, 1))
        return sum(float(weight.ravel() @ self.beyond(place.ravel(), side) ** 2) for (place, weight), side in sides)

    def quantile(self, level: Floats) -> Floats:
        """Values that are not exceeded with probability `level (...)`, each inside (0, 1)."""
        level = np.asarray(level, np.float64)
        upper = level > UPPER
        if not upper.any():
            return self._lower_quantile(level)
        result = np.empty(level.shape)
        result[~upper] = self._lower_quantile(level[~upper])
        result[upper] = -self.mirrored._lower_quantile(1 - level[upper])
        return result

    def _lower_quantile(self, level: Floats) -> Floats:
        """Newton's method from the mean of the components' own quantiles, which enclose the mixture's.

        A step that leaves the bracket, or is not half of the one before, halves the bracket instead; a bracket over
        many orders of size in its logarithm.
        """
        ends = np.clip(self._component_quantiles(level), -FARTHEST, FARTHEST)
        margin = 1e-6 * self.scale.max()
        low, high = ends.min(axis=-1) - margin, ends.max(axis=-1) + margin
        found, step, close = ends @ self.weight, high - low, CLOSE * self.scale.min()
        for _ in range(ROUNDS):
            miss, newton = self._newton(found, level)
            low, high = np.where(miss < 0, found, low), np.where(miss < 0, high, found)
            done = np.abs(newton) <= np.maximum(close, 4 * EPSILON * np.abs(found))
            inside = (low < found - newton) & (found - newton < high) & (np.abs(newton) <= np.abs(step) / 2)
            step = np.where(done | inside, newton, found - self._between(low, high))
            found = found - step
            if (done | (high - low <= CLOSE * close)).all():
                break
        return np.asarray(found)

    def _between(self, low: Floats, high: Floats) -> Floats:
        """A point that halves the bracket, in the logarithm of the distance from the modes where it is long."""
        unit, mode = float(self.scale.max()), self.loc[0]
        middle = (np.arcsinh((low - mode) / unit) + np.arcsinh((high - mode) / unit)) / 2
        result: Floats = np.clip(mode + unit * np.sinh(middle), low, high)
        return result

    def _newton(self, y: Floats, level: Floats) -> tuple[Floats, Floats]:
        """How far the probability of at most `y` lies above `level`, in normal scores, and the Newton step for it.

        In normal scores a quantile is nearly linear in its level, in the tails too.
        """
        e, u = self._standardised(y)
        score = scipy.special.ndtri(self._below(e, u))
        miss = score - scipy.special.ndtri(level)
        with np.errstate(over="ignore", invalid="ignore"):  # no step is trusted where there is no density
            return miss, miss * np.exp(-0.5 * score**2 - self._log_density(u)) / np.sqrt(2 * np.pi)

    def _component_quantiles(self, level: Floats) -> Floats:
        """Quantiles `(..., K)` of each component: the mixture's own lies between the least and the greatest."""
        with np.errstate(over="ignore"):
            result: Floats = self.loc + self.scale * two_piece.quantile(level, self.skew, self.df)
        return result

    def sample(self, n: int, seed: int) -> Floats:
        """`(n,)` independent draws."""
        rng = np.random.default_rng(seed)
        normal = self.df > student.NORMAL_DF
        k = rng.choice(self.weight.size, size=n, p=self.weight)
        size = np.abs(rng.standard_normal(n))
        finite = np.where(normal, 1.0, self.df)[k]
        widen = np.where(normal[k], 1.0, np.sqrt(finite / rng.chisquare(finite)))
        sign = np.where(rng.random(n) < 1 / (1 + np.exp(-2 * self.skew[k])), 1.0, -1.0)
        result: Floats = self.loc[k] + self.scale[k] * sign * np.exp(self.skew[k] * sign) * size * widen
        return result


@lru_cache(maxsize=KEPT)
def _standard(df: float, skew: float) -> Mixture:
    """One component around 0 with a scale of 1."""
    one, zero = np.ones(1), np.zeros(1)
    return Mixture(one, zero, one, df * one, skew + zero)
