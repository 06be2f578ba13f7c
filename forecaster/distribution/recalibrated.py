"""A law seen through a monotone map of its probability integral transform (PIT).

Where a forecaster's PITs are not uniform, the law of its next PIT can be learnt from the past ones. With `z_i` the
normal scores of N past PITs, `h` a bandwidth and `omega` a share, the density of the next PIT at `u = Phi(z)` is

    g(u) = omega d(z) + 1 - omega,    d(z) = mean_i phi((z - sqrt(1 - h^2) z_i) / h) / (h phi(z))

and a law with the cdf F and the density p becomes one with the cdf `G(F(y))` and the density `p(y) g(F(y))`. The
shrinkage `sqrt(1 - h^2)` leaves the kernels' mixture with variance 1 where the scores have it (West 1993,
doi:10.1111/j.2517-6161.1993.tb01911.x). In the tails d vanishes and `1 - omega` of the law as it was remains.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import scipy  # it loads scipy.special, a third of a second, when that is first asked for

from forecaster.distribution.mixture import Mixture

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from forecaster.floats import Floats


FINER, COARSEST = 0.75, 0.05
"""Share of the mixture's own step, and its most, at which a double exponential rule sees the kernels of a map too."""

NEAR, FAR = -3.3, 2.5
"""Ends of the rule that integrates away from a point: from 1e-9 to 1e4 widths."""

CHUNK = 10_000
"""Draws that are inverted at once, to bound the memory."""


def kernel_ratio(z: Floats, scores: Floats, bandwidth: float) -> Floats:
    """`d(z)` at `z (...)`, learnt from `scores (..., N)`; NaN scores are left out. Bounded, and 0 at infinity."""
    keep = np.sqrt(1 - bandwidth**2)
    # The two exponents with their square completed, so that neither overflows.
    exponent = scores**2 - ((z[..., None] - scores / keep) * keep / bandwidth) ** 2
    result: Floats = np.nanmean(np.exp(exponent / 2), axis=-1) / bandwidth
    return result


@dataclass(frozen=True, eq=False)
class PitMap:
    """A monotone map of [0, 1] onto itself, learnt from past PITs.

    Attributes:
        scores: `(N,)` normal scores of past PITs.
        share: `()` the share `omega` of what was learnt, in [0, 1); the rest is the identity.
        bandwidth: `()` the bandwidth `h` of the kernels, inside (0, 1).

    Raises:
        ValueError: Where the arrays have other shapes or hold values outside these ranges.
    """

    scores: NDArray[np.float32]
    share: NDArray[np.float32]
    bandwidth: NDArray[np.float32]

    def __post_init__(self) -> None:
        """Checks shapes and ranges once, so that no method needs to."""
        if self.scores.shape != (self.scores.size,) or self.scores.size == 0 or not np.isfinite(self.scores).all():
            raise ValueError("scores must be (N,) with N > 0, and finite")
        if self.share.shape != () or not 0 <= self.share < 1:
            raise ValueError("share must be one number in [0, 1)")
        if self.bandwidth.shape != () or not 0 < self.bandwidth < 1:
            raise ValueError("bandwidth must be one number inside (0, 1)")

    @classmethod
    def of(cls, scores: ArrayLike, share: float, bandwidth: float) -> PitMap:
        """Builds a map from numbers."""
        return cls(*(np.asarray(a, np.float32) for a in (scores, share, bandwidth)))

    @cached_property
    def omega(self) -> float:
        """The share, in double precision."""
        return float(self.share)

    @cached_property
    def _kernels(self) -> tuple[Floats, float]:
        """Centres `(N,)` and width of the kernels."""
        h = float(self.bandwidth)
        return np.sqrt(1 - h**2) * self.scores.astype(np.float64), h

    @cached_property
    def law(self) -> Mixture:
        """The law of the next normal score: what was learnt and, for the rest, the standard normal."""
        centre, h = self._kernels
        weight = np.append(np.full(centre.size, self.omega / centre.size), 1 - self.omega)
        ones = np.ones(weight.size)
        scale = np.where(np.arange(weight.size) < centre.size, h, 1.0)
        return Mixture(weight, np.append(centre, 0.0), scale, np.inf * ones, 0 * ones)

    def learnt(self, u: Floats) -> Floats:
        """`D(u)`, the cdf of the next PIT as the past alone tells it, at `u (...)` in [0, 1]."""
        centre, h = self._kernels
        result: Floats = scipy.special.ndtr((scipy.special.ndtri(u)[..., None] - centre) / h).mean(axis=-1)
        return result

    def cdf(self, u: Floats) -> Floats:
        """`G(u)` at `u (...)` in [0, 1]."""
        return self.omega * self.learnt(u) + (1 - self.omega) * u

    def density(self, u: Floats) -> Floats:
        """`g(u)` at `u (...)` in [0, 1]: what a density is multiplied by."""
        ratio = kernel_ratio(scipy.special.ndtri(u), self.scores.astype(np.float64), float(self.bandwidth))
        return self.omega * ratio + 1 - self.omega

    def quantile(self, level: Floats) -> Floats:
        """The inverse of `G` at `level (...)` inside (0, 1)."""
        return _inside(self.law.quantile(level))


def _inside(z: Floats) -> Floats:
    """PITs of normal scores, kept inside (0, 1) where they would round to its ends."""
    result: Floats = np.clip(scipy.special.ndtr(z), np.finfo(float).tiny, 1 - 2.0**-53)
    return result


@dataclass(frozen=True, eq=False)
class Seen:
    """A mixture seen through a map of its PIT.

    The map leaves `1 - omega` of the mixture as it is, whose moments have closed forms. The rest has light tails, and
    its moments come from double exponential rules (Takahasi and Mori 1974, doi:10.2977/prims/1195192451).

    Attributes:
        base: The mixture.
        map: The map.
    """

    base: Mixture
    map: PitMap

    def log_prob(self, y: ArrayLike) -> Floats:
        """Natural log of the density at `y (...)`, in nats."""
        result: Floats = self.base.log_prob(y) + np.log(self.map.density(self.base.cdf(y)))
        return result

    def cdf(self, y: ArrayLike) -> Floats:
        """Probability of at most `y (...)`."""
        return self.map.cdf(self.base.cdf(y))

    def quantile(self, level: Floats) -> Floats:
        """Values that are not exceeded with probability `level (...)`, each inside (0, 1)."""
        return self.base.quantile(self.map.quantile(level))

    def sample(self, n: int, seed: int) -> Floats:
        """`(n,)` independent draws."""
        u = _inside(self.map.law.sample(n, seed))
        return np.concatenate([self.base.quantile(u[start : start + CHUNK]) for start in range(0, max(n, 1), CHUNK)])

    @property
    def _step(self) -> float:
        return min(self.base.step, COARSEST)

    @cached_property
    def _line(self) -> tuple[Floats, Floats, Floats]:
        """Nodes and weights `(n,)` of integrals over all y, and the base's cdf there."""
        place, weight = self.base.line(FINER * self._step)
        return place, weight, self.base.cdf(place)

    @cached_property
    def _learnt(self) -> tuple[float, float]:
        """Mean and variance of the law whose cdf is `D(F(y))`.

        Each moment is a normal's and an integral of the difference of the two cdfs, which has no kink anywhere.
        """
        place, weight, f = self._line
        away = (place - self.base.centre) / self.base.width
        gap = weight * (scipy.special.ndtr(away) - self.map.learnt(f))
        first, second = float(gap.sum()), float(self.base.width * (self.base.width + 2 * gap @ away))
        return self.base.centre + first, second - first**2

    @cached_property
    def mean(self) -> float:
        """Expected value."""
        return (1 - self.map.omega) * self.base.mean + self.map.omega * self._learnt[0]

    @cached_property
    def sd(self) -> float:
        """Standard deviation; infinite where the base's is."""
        omega, (mean, variance) = self.map.omega, self._learnt
        between = omega * (1 - omega) * (self.base.mean - mean) ** 2
        return float(np.sqrt((1 - omega) * self.base.sd**2 + omega * variance + between))

    @cached_property
    def half_spread(self) -> float:
        """`E|Y - Y'| / 2`."""
        _, weight, f = self._line
        g = self.map.cdf(f)
        return float(weight @ (g * (1 - g)))

    def partial_mean(self, y: ArrayLike) -> Floats:
        """`E[Y 1{Y <= y}]` at `y (...)`: by parts, with the integral of the tail that `y` lies in."""
        at, omega = np.asarray(y, np.float64), self.map.omega
        below = self.map.learnt(self.base.cdf(at))
        side = np.where(below < 0.5, -1.0, 1.0)  # noqa: PLR2004  # the tail that holds less
        away, weight = self._ray
        beyond = self.map.learnt(self.base.cdf(at[..., None] + side[..., None] * away))
        lower = at * below - beyond @ weight
        upper = self._learnt[0] - at * (1 - below) - (1 - beyond) @ weight
        result: Floats = (1 - omega) * self.base.partial_mean(at) + omega * np.where(side < 0, lower, upper)
        return result

    @cached_property
    def _ray(self) -> tuple[Floats, Floats]:
        """Nodes and weights `(n,)` of integrals away from a point, by the exp-sinh rule."""
        step = self._step
        node = np.arange(NEAR, FAR + step / 2, step)
        away = self.base.width * np.exp(np.pi / 2 * np.sinh(node))
        return away, step * np.pi / 2 * np.cosh(node) * away
