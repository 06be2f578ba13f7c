"""A distribution with a point mass at zero, of a change that is quoted in ticks.

With `G` the law of a change that moves, `a` the probability of none beyond it and `q` the width of a tick, the law is

    F(z) = (1 - a) G(z) + a 1{z >= 0}

and a change is known to a tick alone: what a forecast said of an outcome `y` is the probability of its cell, from half
a tick below it to half a tick above. Divided by the tick it has the units of a density, which it tends to where ticks
become fine (grouped data: Heitjan 1989, doi:10.1214/ss/1177012601). With `CRPS_G` the continuous ranked probability
score of the law without its point mass,

    CRPS_F(y) = (1 - a) CRPS_G(y) + a |y| - a (1 - a) CRPS_G(0).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.distribution.panels import LITTLE, nodes

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from forecaster.distribution.mixture import Mixture
    from forecaster.distribution.recalibrated import Seen
    from forecaster.floats import Floats


FINE = 1 / 64
"""Parts of the narrowest scale up to which a tick is fine: the rule of 16 nodes integrates the density over it."""

STREAM = 20
"""Which of a seed's random numbers tell the days without a change: the others are the continuous part's."""


@dataclass(frozen=True, eq=False)
class Atom:
    """A law with a point mass at zero, seen through ticks.

    Attributes:
        law: The continuous part `G`.
        probability: Of the point mass, in [0, 1).
        tick: Width of a tick, in units of y; 0 for none, where an outcome of zero is the point mass alone.
    """

    law: Mixture | Seen
    probability: float
    tick: float

    def log_prob(self, y: ArrayLike) -> Floats:
        """Natural log of the probability of the cell around `y (...)` over its width, in nats.

        Without a tick it is that of the density, in which the point mass has no part.
        """
        at = np.asarray(y, np.float64)
        log_moves: Floats = np.log1p(-self.probability) + (self._log_mass(at) if self.tick else self.law.log_prob(at))
        if not (self.probability and self.tick):
            return log_moves
        still = np.where(self.covers(at), np.log(self.probability / self.tick), -np.inf)
        result: Floats = np.logaddexp(log_moves, still)
        return result

    def _log_mass(self, y: Floats) -> Floats:
        """Log of what the continuous part gives the cells around `y (...)`, over their width.

        The difference of two tails, both on the side of `y`; where ticks are fine, or nothing of the tails is left, it
        would have no digits, and the density is integrated.
        """
        if self.tick <= FINE * self.law.narrowest:
            return self._log_integral(y)
        mass = self.between(y.ravel()).reshape(y.shape)
        known = mass > LITTLE
        with np.errstate(divide="ignore"):
            result: Floats = np.log(mass / self.tick)
        if not known.all():
            result = np.where(known, result, self._log_integral(y))
        return result

    def _log_integral(self, y: Floats) -> Floats:
        place, weight = nodes(y - self.tick / 2, y + self.tick / 2)
        result: Floats = np.logaddexp.reduce(self.law.log_prob(place) + np.log(weight / self.tick), axis=-1)
        return result

    def between(self, y: Floats) -> Floats:
        """The probability that the continuous part gives the cells around `y (n,)`."""
        away, half, result = y - self.law.origin, self.tick / 2, np.empty(y.shape)
        for side, chosen in ((-1, away < 0), (1, ~(away < 0))):
            if chosen.any():
                near, far = away[chosen] - side * half, away[chosen] + side * half
                result[chosen] = self.law.beyond(near, side) - self.law.beyond(far, side)
        return result

    def covers(self, y: Floats) -> Floats:
        """Whether the cell around `y (...)` holds the point mass."""
        return np.asarray((np.abs(y) < self.tick / 2) | (y == 0))

    def pit(self, y: float, u: float) -> float:
        """The PIT of `y` randomised over its cell: `F` below it, and the part `u` in [0, 1] of its probability."""
        at = np.asarray(y, np.float64)
        low, part = float(self.law.cdf(at - self.tick / 2)), self.cell(y)
        still = u if self.covers(at) else float(y > 0)
        return (1 - self.probability) * (low + u * part) + self.probability * still

    def pit_of_move(self, y: float, u: float, v: float) -> float:
        """The same under the continuous part alone; NaN where the atom explains the outcome, and the day tells nothing.

        It explains a change of zero with the probability `a / (a + (1 - a) P)`, where `P` is what the continuous part
        gives the cell: where `v` in [0, 1) is below that.
        """
        part = self.cell(y)
        own = self.probability if self.covers(np.asarray(y)) else 0.0
        if own and v < own / (own + (1 - own) * part):
            return float("nan")
        return float(self.law.cdf(y - self.tick / 2)) + u * part

    def cell(self, y: float) -> float:
        """The probability that the continuous part gives the cell around `y`."""
        return float(self.between(np.array([y]))[0]) if self.tick else 0.0

    def cdf(self, y: ArrayLike) -> Floats:
        """Probability of at most `y (...)`; it jumps at 0."""
        at = np.asarray(y, np.float64)
        result: Floats = (1 - self.probability) * self.law.cdf(at) + self.probability * (at >= 0)
        return result

    def partial_mean(self, y: ArrayLike) -> Floats:
        """`E[Y 1{Y <= y}]` at `y (...)`."""
        return (1 - self.probability) * self.law.partial_mean(y)

    @property
    def mean(self) -> float:
        """Expected value."""
        return (1 - self.probability) * self.law.mean

    @property
    def sd(self) -> float:
        """Standard deviation; infinite where the continuous part's is."""
        return float(np.sqrt((1 - self.probability) * (self.law.sd**2 + self.probability * self.law.mean**2)))

    def quantile(self, level: Floats) -> Floats:
        """The least values that are not exceeded with probability `level (...)`: 0 at all levels of the jump."""
        moves, level = 1 - self.probability, np.asarray(level, np.float64)
        below = moves * float(self.law.cdf(0.0))
        under, over = level <= below, level > below + self.probability
        result = np.zeros(level.shape)
        if under.any():
            result[under] = np.minimum(self.law.quantile(level[under] / moves), 0.0)
        if over.any():
            result[over] = np.maximum(self.law.quantile(1 - (1 - level[over]) / moves), 0.0)
        return result

    def sample(self, n: int, seed: int) -> Floats:
        """`(n,)` independent draws."""
        still = np.random.default_rng([seed, STREAM]).random(n) < self.probability
        return np.where(still, 0.0, self.law.sample(n, seed))

    @property
    def origin(self) -> float:
        """The continuous part's."""
        return self.law.origin

    @property
    def centre(self) -> float:
        """The continuous part's, counted from the origin."""
        return self.law.centre

    @property
    def least(self) -> float:
        """The integral of the squared gap at the centre."""
        there, centre = self.law.distance([-self.origin, self.centre])
        at_zero = max(self.law.least + float(there - centre), 0.0)
        share, moves = self.probability, 1 - self.probability
        return moves * self.law.least + share * abs(self.origin + self.centre) - share * moves * at_zero

    def distance(self, away: ArrayLike) -> Floats:
        """`E|Y - y|` at `y = origin + away (...)`."""
        at = np.asarray(away, np.float64)
        return (1 - self.probability) * self.law.distance(at) + self.probability * np.abs(self.origin + at)


def require_still(atom: float, tick: float) -> None:
    """Refuses numbers that are no probability below 1 and no width.

    Raises:
        ValueError: Naming both.
    """
    if not (0 <= atom < 1 and 0 <= tick < np.inf):
        raise ValueError(f"atom must be a probability below 1 and tick a width, not {atom} and {tick}")


def drawn(law: bytes, y: float, row: str = "") -> float:
    """A number in [0, 1), uniform over rows, stored laws and outcomes `y`, and always the same of the three."""
    digest = hashlib.sha256(law + np.float64(y + 0.0).tobytes() + row.encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2**48
