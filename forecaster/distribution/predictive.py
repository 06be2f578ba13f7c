"""The distribution that every forecaster returns.

A mixture of K two-piece Student-t components, as a rule one for each posterior draw, so that the mixture carries both
the noise and what the fit does not know about its own weights. It may be seen through a monotone map of its probability
integral transform (PIT), learnt from the forecaster's own past. Where a price often stands still it has a point mass at
zero besides, and where it is quoted in coarse ticks an outcome is known to a tick alone, see `atom`.

Parameters are float32 and are stored and read back bit for bit; everything is computed from them in float64.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from safetensors import SafetensorError

from forecaster.distribution.atom import Atom, drawn, require_still
from forecaster.distribution.mixture import Mixture
from forecaster.distribution.packed import NUMBERS, packed, unpacked
from forecaster.distribution.recalibrated import PitMap, Seen
from forecaster.distribution.stored import stored
from forecaster.distribution.student import KERNEL_DF

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from forecaster.floats import Floats


LEVELS = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
"""The levels of the quantiles that are recorded with every forecast."""

QUANTILES = tuple(f"q{round(100 * level):02d}" for level in LEVELS)
"""Their names, `q01` to `q99`."""

COMPONENTS = ("weight", "loc", "scale", "df", "skew")
"""Names of the arrays of the mixture."""

STEEPEST = 50.0
"""The most that a skew may be: its halves' scales then differ by 43 orders of size, and doubles hold their cubes."""

ROUNDING = 1e-4
"""How far the sum of float32 weights may be from 1."""


@dataclass(frozen=True, eq=False, repr=False)
class Predictive:
    """A mixture of K two-piece Student-t distributions of the next session's change.

    Attributes:
        weight: `(K,)` probabilities, summing to 1 within float32 rounding.
        loc: `(K,)` modes, fraction per session.
        scale: `(K,)` scales, fraction per session, positive.
        df: `(K,)` degrees of freedom, above 1; infinite for a normal.
        skew: `(K,)` log ratio of the right to the left scale, halved, at most 50 in size; 0 for symmetric.
        seen: The map of its PIT that the mixture is seen through, if any.
        atom: Probability of a change of exactly zero beyond what the mixture gives its tick, in [0, 1).
        tick: Width of a tick, fraction of the close that the change starts from; 0 for none, where outcomes are scored
            by the density.

    Raises:
        ValueError: Where the arrays differ in length or hold values outside these ranges.

    >>> normal = Predictive.of(loc=[0.0], scale=[1.0])
    >>> [round(float(q), 3) for q in normal.quantile([0.05, 0.5, 0.95])]
    [-1.645, 0.0, 1.645]
    >>> round(normal.prob_up, 3), round(normal.sd, 3)
    (0.5, 1.0)
    """

    weight: NDArray[np.float32]
    loc: NDArray[np.float32]
    scale: NDArray[np.float32]
    df: NDArray[np.float32]
    skew: NDArray[np.float32]
    seen: PitMap | None = None
    atom: float = 0.0
    tick: float = 0.0

    def __repr__(self) -> str:
        """Its figures in place of its arrays, which may hold hundreds of components.

        >>> Predictive.of(loc=[0.0], scale=[0.01])
        Predictive(mean=0, sd=0.01, prob_up=0.5, components=1)
        """
        figures = ", ".join(f"{name}={getattr(self, name):.4g}" for name in ("mean", "sd", "prob_up"))
        return f"Predictive({figures}, components={self.weight.size})"

    def __post_init__(self) -> None:
        """Makes the arrays float32, and checks shapes and ranges once, so that no method needs to."""
        for name in COMPONENTS:
            object.__setattr__(self, name, stored(getattr(self, name)))
        arrays = [getattr(self, name) for name in COMPONENTS]
        if {a.shape for a in arrays} != {(self.weight.size,)} or self.weight.size == 0:
            raise ValueError(f"components must be (K,) with K > 0, not {[a.shape for a in arrays]}")
        if not (np.isfinite(self.loc).all() and (np.abs(self.skew) <= STEEPEST).all()):
            raise ValueError(f"loc must be finite, and skew between -{STEEPEST:.0f} and {STEEPEST:.0f}")
        if not (np.isfinite(self.scale).all() and (self.scale > 0).all()):
            raise ValueError("scale must be finite and positive")
        if not (self.df > 1).all():
            raise ValueError("df must be above 1, or the mean does not exist")
        if not ((self.weight >= 0).all() and abs(float(self.weight.sum(dtype=np.float64)) - 1) < ROUNDING):
            raise ValueError("weight must be probabilities that sum to 1")
        atom, tick = (float(stored(getattr(self, name))) for name in NUMBERS)
        require_still(atom, tick)
        object.__setattr__(self, "atom", atom)
        object.__setattr__(self, "tick", tick)

    @classmethod
    def of(
        cls,
        loc: ArrayLike,
        scale: ArrayLike,
        df: ArrayLike = np.inf,
        skew: ArrayLike = 0.0,
        weight: ArrayLike | None = None,
    ) -> Self:
        """Builds a mixture from anything that broadcasts to `(K,)`; equal weights unless told otherwise."""
        parts = np.broadcast_arrays(*(np.atleast_1d(stored(a)) for a in (loc, scale, df, skew)))
        size = parts[0].size
        weights = np.full(size, 1 / max(size, 1)) if weight is None else weight
        locs, scales, dfs, skews = parts
        return cls(stored(weights), locs, scales, dfs, skews)

    @classmethod
    def of_sample(cls, values: ArrayLike, components: int = 256) -> Self:
        """The empirical distribution of `values (n,)`, each smoothed by a Student-t kernel.

        The bandwidth is Silverman's rule (1986, eq. 3.31). More than `components` values are represented by as
        many equally likely quantiles of them.

        Raises:
            ValueError: Where the values are not numbers, finite, and at least two different ones.
        """
        sample = np.sort(np.asarray(values, np.float64), axis=None)
        if sample.size == 0 or not np.isfinite(sample).all():
            raise ValueError("a distribution of a sample needs finite values, and at least two different ones")
        if sample[0] == sample[-1]:
            raise ValueError(f"{sample.size} values that are all {sample[0]} have no spread to smooth them by")
        spread = min(float(sample.std()), float(np.subtract(*np.quantile(sample, [0.75, 0.25]))) / 1.349)
        bandwidth = 0.9 * (spread or float(sample.std())) * sample.size**-0.2
        if sample.size > components:
            sample = np.quantile(sample, (np.arange(components) + 0.5) / components)
        return cls.of(loc=sample, scale=bandwidth, df=KERNEL_DF)

    def moved(self, shift: float = 0.0, factor: float = 1.0) -> Self:
        """The distribution of `shift + factor * Y`, factor positive.

        Raises:
            ValueError: Where an atom would leave zero.
        """
        if shift and self.atom:
            raise ValueError(f"a point mass of {self.atom:.3g} at zero cannot be moved by {shift}")
        loc = shift + factor * self.loc.astype(np.float64)
        moved = type(self).of(loc, factor * self.scale.astype(np.float64), self.df, self.skew, self.weight)
        return replace(moved, seen=self.seen, atom=self.atom, tick=factor * self.tick)

    def through(self, seen: PitMap | None) -> Self:
        """The same mixture seen through a map of its PIT; as it is without one."""
        return replace(self, seen=seen)

    def with_atom(self, atom: float, tick: float) -> Self:
        """The same continuous part with other point mass and tick; itself where they are as they were."""
        given = float(np.float32(atom)), float(np.float32(tick))
        return self if given == (self.atom, self.tick) else replace(self, atom=given[0], tick=given[1])

    @property
    def continuous(self) -> Self:
        """The law of a change that moves: without point mass and tick."""
        return self.with_atom(0.0, 0.0)

    @cached_property
    def _law(self) -> Mixture | Seen | Atom:
        return Atom(self._moving, self.atom, self.tick) if self.atom or self.tick else self._moving

    @cached_property
    def _moving(self) -> Mixture | Seen:
        there = self.weight > 0
        weight, *rest = (getattr(self, name)[there].astype(np.float64) for name in COMPONENTS)
        mixture = Mixture(weight / weight.sum(), *rest)
        return mixture if self.seen is None else Seen(mixture, self.seen)

    def log_prob(self, y: ArrayLike) -> Floats:
        """Natural log of the density at `y (...)`, in nats (density per unit of change).

        With a tick it is that of the probability of the tick around `y`, divided by the tick.
        """
        return self._law.log_prob(y)

    def cdf(self, y: ArrayLike) -> Floats:
        """Probability of a change of at most `y (...)`."""
        return self._law.cdf(y)

    def pit(self, y: float, row: str = "") -> float:
        """The probability integral transform of an outcome, in [0, 1].

        With atom or tick it is randomised over the tick (Czado, Gneiting and Held 2009,
        doi:10.1111/j.1541-0420.2009.01191.x), by a number that follows from parameters, `y` and the row that they stand
        in, as days that do not move have one law and outcome. Asked again, it is the same.
        """
        law = self._law
        return law.pit(y, drawn(self.to_bytes(), y, row)) if isinstance(law, Atom) else float(law.cdf(y))

    def pit_of_move(self, y: float, u: float, v: float) -> float:
        """The PIT of an outcome under the continuous part alone; NaN where the atom explains it: see `Atom`.

        Args:
            y: The outcome.
            u: In [0, 1), the part of its tick's probability that counts as below it.
            v: In [0, 1): below the probability that it is the atom's, it is.
        """
        law = self._law
        return law.pit_of_move(y, u, v) if isinstance(law, Atom) else float(law.cdf(y))

    def partial_mean(self, y: ArrayLike) -> Floats:
        """`E[Y 1{Y <= y}]` at `y (...)`, fraction per session; its limit is the mean."""
        return self._law.partial_mean(y)

    @property
    def mean(self) -> float:
        """Expected change, fraction per session."""
        return self._law.mean

    @property
    def sd(self) -> float:
        """Standard deviation, fraction per session; infinite where a component has df <= 2."""
        return self._law.sd

    @property
    def half_spread(self) -> float:
        """`E|Y - Y'| / 2 = integral of F (1 - F)`, fraction per session.

        It is `E|Y - y|` less the continuous ranked probability score at `y`, whatever `y`.
        """
        return float(self._law.distance(self._law.centre)) - self._law.least

    def crps(self, y: float) -> float:
        """`integral of (F(z) - 1{y <= z})^2 dz`, the squared gap to the outcome's own cdf, fraction per session.

        Its derivative is `2 F(y) - 1`. So it is the gap at a centre, an integral of squares, and what `E|Y - y|` grows
        by from there to `y`: no digit is lost where it is small against the spread, and it is never negative.
        """
        there, centre = self._law.distance([y - self._law.origin, self._law.centre])
        return max(self._law.least + float(there - centre), 0.0)

    @cached_property
    def prob_up(self) -> float:
        """Probability of a change above zero."""
        return float(1.0 - self.cdf(0.0))

    @cached_property
    def quantiles(self) -> dict[str, float]:
        """The recorded quantiles by name, fractions per session."""
        return dict(zip(QUANTILES, self.quantile(LEVELS).tolist(), strict=True))

    def quantile(self, levels: ArrayLike) -> Floats:
        """Changes that are not exceeded with probability `levels (...)`, each inside (0, 1).

        Raises:
            ValueError: For a level outside (0, 1).
        """
        level = np.asarray(levels, np.float64)
        if not ((level > 0) & (level < 1)).all():
            raise ValueError(f"levels must lie inside (0, 1), not {level}")
        return self._law.quantile(level)

    def value_at_risk(self, level: float) -> float:
        """The loss (a positive number is a fall) that is exceeded with probability `1 - level`."""
        return -float(self.quantile(1 - level))

    def expected_shortfall(self, level: float) -> float:
        """Mean loss on the days beyond `value_at_risk(level)`, a positive number for a fall."""
        return -float(self.partial_mean(self.quantile(1 - level))) / (1 - level)

    def sample(self, n: int, seed: int) -> Floats:
        """`(n,)` independent draws of the change."""
        return self._law.sample(n, seed)

    def to_bytes(self) -> bytes:
        """The float32 arrays in safetensors form; `from_bytes` gives them back bit for bit."""
        components, numbers = ({name: getattr(self, name) for name in names} for names in (COMPONENTS, NUMBERS))
        return packed(components, self.seen, numbers)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Reads what `to_bytes` wrote.

        Raises:
            ValueError: Where the bytes are not such arrays.
        """
        try:
            return cls(**unpacked(data))
        except (TypeError, ValueError, SafetensorError) as fault:
            raise ValueError(f"these bytes are not a stored predictive distribution: {fault}") from fault
