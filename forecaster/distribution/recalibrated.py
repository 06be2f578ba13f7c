"""A distribution transformed by a monotone map of its probability integral transform (PIT).

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
from forecaster.distribution.panels import LITTLE, Line, cut, nodes
from forecaster.distribution.stored import stored

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from forecaster.floats import Floats


PANEL = 0.75
"""Kernels at least this wide, in normal scores, let panels be as long as the mixture alone does."""

OUTSIDE = 6.5
"""Widths of a kernel beyond which nothing of it is left."""

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
        """Makes the arrays float32, and checks shapes and ranges once, so that no method needs to."""
        for name in ("scores", "share", "bandwidth"):
            object.__setattr__(self, name, stored(getattr(self, name)))
        if self.scores.shape != (self.scores.size,) or self.scores.size == 0 or not np.isfinite(self.scores).all():
            raise ValueError("scores must be (N,) with N > 0, and finite")
        if self.share.shape != () or not 0 <= self.share < 1:
            raise ValueError("share must be one number in [0, 1)")
        if self.bandwidth.shape != () or not 0 < self.bandwidth < 1:
            raise ValueError("bandwidth must be one number inside (0, 1)")

    @classmethod
    def of(cls, scores: ArrayLike, share: float, bandwidth: float) -> PitMap:
        """Builds a map from numbers."""
        return cls(stored(scores), stored(share), stored(bandwidth))

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
        return Mixture(weight, np.append(centre, 0.0), np.append(h * ones[1:], 1.0), np.inf * ones, 0 * ones)

    def learnt(self, tail: Floats, side: int = -1) -> Floats:
        """`D(u)`, the cdf of the next PIT as the past alone tells it, at `u = tail (...)` in [0, 1].

        On side 1 the tail above, `1 - D(1 - tail)`, with all its digits.
        """
        centre, h = self._kernels
        result: Floats = scipy.special.ndtr((scipy.special.ndtri(tail)[..., None] + side * centre) / h).mean(axis=-1)
        return result

    def cdf(self, tail: Floats, side: int = -1) -> Floats:
        """`G(u)` at `u = tail (...)` in [0, 1]; on side 1 the tail above, `1 - G(1 - tail)`."""
        return self.omega * self.learnt(tail, side) + (1 - self.omega) * tail

    @cached_property
    def rest(self) -> float:
        """The probability of a tail in which nothing was learnt."""
        centre, h = self._kernels
        return max(float(scipy.special.ndtr(-np.abs(centre).max() - OUTSIDE * h)), LITTLE)

    def content(self, tail: Floats) -> Floats:
        """The most that a tail `(...)` of a law adds to moments and to the squared gap, seen through this."""
        learnt = np.maximum(self.learnt(tail), self.learnt(tail, 1))
        result: Floats = np.maximum(self.omega * learnt, tail**2)
        return result

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
    its moments are integrals of them over panels.

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
    def origin(self) -> float:
        """The base's."""
        return self.base.origin

    @property
    def narrowest(self) -> float:
        """The base's, or what the map's kernels make of it."""
        return self.base.narrowest * float(self.map.bandwidth)

    def beyond(self, away: Floats, side: int) -> Floats:
        """Probability of less than `origin + away (n,)` on side -1, of more on side 1."""
        return self.map.cdf(self.base.beyond(away, side), side)

    @property
    def centre(self) -> float:
        """The centre of the line."""
        return self.line.centre

    @cached_property
    def line(self) -> Line:
        """The panels that the integrals of this law are taken over, counted from the origin."""
        finer = min(float(self.map.bandwidth) / PANEL, 1.0)
        return cut(self.base.about, self.map.content, finer, self.map.rest)

    @cached_property
    def _tails(self) -> tuple[Floats, Floats]:
        """The base's tails at the nodes, `(L, NODES)` below the centre and `(H, NODES)` above."""
        below, above = self.line.below[0], self.line.above[0]
        return (
            self.base.beyond(below.ravel(), -1).reshape(below.shape),
            self.base.beyond(above.ravel(), 1).reshape(above.shape),
        )

    @cached_property
    def _learnt_tails(self) -> tuple[Floats, Floats]:
        """The same of the law whose cdf is `D(F(y))`."""
        return self.map.learnt(self._tails[0], -1), self.map.learnt(self._tails[1], 1)

    @cached_property
    def _areas(self) -> tuple[Floats, Floats]:
        """Integrals of the learnt tails from the far ends up to each edge: `(L + 1,)` below and `(H + 1,)` above."""
        below = (self._learnt_tails[0] * self.line.below[1]).sum(axis=1)
        above = (self._learnt_tails[1] * self.line.above[1]).sum(axis=1)
        return np.append(0.0, below.cumsum()), np.append(above[::-1].cumsum()[::-1], 0.0)

    @cached_property
    def _learnt(self) -> tuple[float, float]:
        """Mean, counted from the origin, and variance of the learnt law, from its moments about the centre."""
        (left, right), centre = self._learnt_tails, self.line.centre
        first = float(self._areas[1][0] - self._areas[0][-1])
        (below, low), (above, high) = self.line.below, self.line.above
        second = 2 * float(((above - centre) * right * high).sum() + ((centre - below) * left * low).sum())
        return centre + first, second - first**2

    @cached_property
    def mean(self) -> float:
        """Expected value."""
        return (1 - self.map.omega) * self.base.mean + self.map.omega * (self.origin + self._learnt[0])

    @cached_property
    def sd(self) -> float:
        """Standard deviation; infinite where the base's is."""
        omega, (mean, variance) = self.map.omega, self._learnt
        between = omega * (1 - omega) * (self.base.mean - self.origin - mean) ** 2
        return float(np.sqrt((1 - omega) * self.base.sd**2 + omega * variance + between))

    @cached_property
    def least(self) -> float:
        """The integral of the squared gap at the centre of the line, as of a mixture."""
        omega, total = self.map.omega, 0.0
        for tail, learnt, (_, weight) in zip(
            self._tails, self._learnt_tails, (self.line.below, self.line.above), strict=True
        ):
            total += float((weight * (omega * learnt + (1 - omega) * tail) ** 2).sum())
        return total

    def _area(self, away: Floats) -> tuple[Floats, Floats]:
        """The learnt tail of `origin + away (...)` that does not hold the centre, and its integral from its far end."""
        below = away < self.line.centre
        tail, area = np.empty(away.shape), np.empty(away.shape)
        for side, chosen in ((-1, below), (1, ~below)):
            if chosen.any():
                at = away[chosen]
                tail[chosen] = self.map.learnt(self.base.beyond(at, side), side)
                area[chosen] = self._up_to(at, side)
        return tail, area

    def _up_to(self, away: Floats, side: int) -> Floats:
        """Integrals of the learnt tail from its far end to `origin + away (n,)`: whole panels, and a part of one."""
        edge, area = (self.line.low, self._areas[0]) if side < 0 else (self.line.high, self._areas[1])
        at = np.clip(away, edge[0], edge[-1])
        panel = np.clip(np.searchsorted(edge, at, side="right") - 1, 0, edge.size - 2)
        whole = panel if side < 0 else panel + 1
        place, weight = nodes(np.minimum(edge[whole], at), np.maximum(edge[whole], at))
        tail = self.map.learnt(self.base.beyond(place.ravel(), side), side).reshape(place.shape)
        result: Floats = area[whole] + (tail * weight).sum(axis=-1)
        return result

    def distance(self, away: ArrayLike) -> Floats:
        """`E|Y - y|` at `y = origin + away (...)`."""
        at, omega = np.asarray(away, np.float64), self.map.omega
        _, area = self._area(at)
        mean = self._learnt[0]
        learnt = np.where(at < self.line.centre, mean - at, at - mean) + 2 * area
        return (1 - omega) * self.base.distance(at) + omega * learnt

    def partial_mean(self, y: ArrayLike) -> Floats:
        """`E[Y 1{Y <= y}]` at `y (...)`: by parts, with the integral of the tail that `y` lies in."""
        at, omega = np.asarray(y, np.float64), self.map.omega
        tail, area = self._area(at - self.origin)
        part = np.multiply(at, tail, out=np.zeros(at.shape), where=tail > 0)  # nothing is left at an infinite y
        upper = self.origin + self._learnt[0] - part - area
        learnt = np.where(at - self.origin < self.line.centre, part - area, upper)
        return (1 - omega) * self.base.partial_mean(at) + omega * learnt
