"""The distribution that every forecaster returns.

A mixture of K two-piece Student-t components. With `e = (y - loc) / scale` one component has the density

    p(y) = t_df(e * exp(-skew * sign(e))) / (scale * cosh(skew))

(the two-piece form of Fernandez and Steel 1998, doi:10.1080/01621459.1998.10474117): `df` infinite is a normal
half on each side, `skew` 0 is symmetric. As a rule there is one component for each posterior draw, so that the
mixture carries both the noise and what the fit does not know about its own weights.

Parameters are float32 and are stored and read back bit for bit; everything is computed from them in float64.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save
from scipy import special
from scipy.optimize import elementwise

from forecaster import student

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]

LEVELS = (0.01, 0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95, 0.99)
"""The levels of the quantiles that are recorded with every forecast."""

QUANTILES = tuple(f"q{round(100 * level):02d}" for level in LEVELS)
"""Their names, `q01` to `q99`."""

FINEST, COARSEST, REACH = 0.001, 0.05, 3.2
"""Steps and range of the rule that integrates over all changes: it reaches 1e8 widths on both sides."""

ROUNDING = 1e-4
"""How far the sum of float32 weights may be from 1."""

KERNEL_DF = 4.0
"""Degrees of freedom of the kernels of an empirical distribution: heavy enough that no outcome is impossible."""


@dataclass(frozen=True, eq=False)
class Predictive:
    """A mixture of K two-piece Student-t distributions of the next session's change.

    Attributes:
        weight: `(K,)` probabilities, summing to 1 within float32 rounding.
        loc: `(K,)` modes, fraction per session.
        scale: `(K,)` scales, fraction per session, positive.
        df: `(K,)` degrees of freedom, above 1; infinite for a normal.
        skew: `(K,)` log ratio of the right to the left scale, halved; 0 for symmetric.

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

    def __post_init__(self) -> None:
        """Checks shapes and ranges once, so that no method needs to."""
        arrays = [getattr(self, f.name) for f in fields(self)]
        if {a.shape for a in arrays} != {(self.weight.size,)} or self.weight.size == 0:
            raise ValueError(f"components must be (K,) with K > 0, not {[a.shape for a in arrays]}")
        if not (np.isfinite(self.loc).all() and np.isfinite(self.skew).all()):
            raise ValueError("loc and skew must be finite")
        if not (np.isfinite(self.scale).all() and (self.scale > 0).all()):
            raise ValueError("scale must be finite and positive")
        if not (self.df > 1).all():
            raise ValueError("df must be above 1, or the mean does not exist")
        if not ((self.weight >= 0).all() and abs(float(self.weight.sum(dtype=np.float64)) - 1) < ROUNDING):
            raise ValueError("weight must be probabilities that sum to 1")

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
        parts = np.broadcast_arrays(*(np.atleast_1d(np.asarray(a, np.float32)) for a in (loc, scale, df, skew)))
        size = parts[0].size
        weights = np.full(size, 1 / max(size, 1)) if weight is None else np.asarray(weight, np.float64)
        return cls(weights.astype(np.float32), *(np.ascontiguousarray(p) for p in parts))

    @classmethod
    def of_sample(cls, values: ArrayLike, components: int = 256) -> Self:
        """The empirical distribution of `values (n,)`, each smoothed by a Student-t kernel.

        The bandwidth is Silverman's rule (1986, eq. 3.31). More than `components` values are represented by as
        many equally likely quantiles of them.
        """
        sample = np.sort(np.asarray(values, np.float64))
        spread = min(float(sample.std()), float(np.subtract(*np.quantile(sample, [0.75, 0.25]))) / 1.349)
        bandwidth = 0.9 * (spread or float(sample.std())) * sample.size**-0.2
        if sample.size > components:
            sample = np.quantile(sample, (np.arange(components) + 0.5) / components)
        return cls.of(loc=sample, scale=bandwidth, df=KERNEL_DF)

    def moved(self, shift: float = 0.0, factor: float = 1.0) -> Self:
        """The distribution of `shift + factor * Y`, factor positive."""
        loc = shift + factor * self.loc.astype(np.float64)
        return type(self).of(loc, factor * self.scale.astype(np.float64), self.df, self.skew, self.weight)

    @cached_property
    def _wide(self) -> tuple[Floats, Floats, Floats, Floats, Floats]:
        weight = self.weight.astype(np.float64)
        rest = (self.loc, self.scale, self.df, self.skew)
        return (weight / weight.sum(), *(a.astype(np.float64) for a in rest))

    def _standardised(self, y: ArrayLike) -> tuple[Floats, Floats]:
        """Residuals `e (..., K)` and the same seen by the half they fall in, `e exp(-skew sign e)`."""
        _, loc, scale, _, skew = self._wide
        e = (np.asarray(y, np.float64)[..., None] - loc) / scale
        return e, e * np.exp(-skew * np.sign(e))

    def log_prob(self, y: ArrayLike) -> Floats:
        """Natural log of the density at `y (...)`, in nats (density per unit of change)."""
        weight, _, scale, df, skew = self._wide
        _, u = self._standardised(y)
        terms = np.log(weight) + student.log_density(u, df) - np.log(scale * np.cosh(skew))
        result: Floats = special.logsumexp(terms, axis=-1)
        return result

    def cdf(self, y: ArrayLike) -> Floats:
        """Probability of a change of at most `y (...)`."""
        weight, _, _, df, skew = self._wide
        e, u = self._standardised(y)
        result: Floats = np.clip(_half_sum(e, skew, student.cdf(u, df), 0.5, power=1) @ weight, 0.0, 1.0)
        return result

    def partial_mean(self, y: ArrayLike) -> Floats:
        """`E[Y 1{Y <= y}]` at `y (...)`, fraction per session; its limit is the mean."""
        weight, loc, scale, df, skew = self._wide
        e, u = self._standardised(y)
        below = _half_sum(e, skew, student.cdf(u, df), 0.5, power=1)
        tail = _half_sum(e, skew, student.partial_mean(u, df), student.partial_mean(np.zeros(1), df), power=2)
        result: Floats = (loc * below + scale * tail) @ weight
        return result

    @cached_property
    def mean(self) -> float:
        """Expected change, fraction per session."""
        weight, loc, scale, df, skew = self._wide
        return float(weight @ (loc - 4 * scale * np.sinh(skew) * student.partial_mean(np.zeros(1), df)))

    @cached_property
    def sd(self) -> float:
        """Standard deviation, fraction per session; infinite where a component has df <= 2."""
        weight, loc, scale, df, skew = self._wide
        if (df <= 2).any():  # noqa: PLR2004  # where the variance of a Student-t ends
            return float("inf")
        variance: Floats = np.asarray(1.0 / (1.0 - 2.0 / df))
        first = -4 * np.sinh(skew) * student.partial_mean(np.zeros(1), df)
        second = variance * np.cosh(3 * skew) / np.cosh(skew)
        moment = float(weight @ (loc**2 + 2 * loc * scale * first + scale**2 * second))
        return float(np.sqrt(max(moment - self.mean**2, 0.0)))

    @cached_property
    def half_spread(self) -> float:
        """`E|Y - Y'| / 2 = integral of F (1 - F)`, fraction per session, by the sinh-sinh rule.

        Takahasi and Mori (1974, doi:10.2977/prims/1195192451), with nodes close enough together to see the narrowest
        component.
        """
        _, loc, scale, _, _ = self._wide
        width = max(float(np.median(scale)), float(loc.std()))
        step = float(np.clip(0.1 * scale.min() / width, FINEST, COARSEST))
        node = np.arange(-REACH, REACH + step / 2, step)
        place = np.sinh(np.pi / 2 * np.sinh(node))
        weight = np.pi / 2 * np.cosh(node) * np.cosh(np.pi / 2 * np.sinh(node))
        f = self.cdf(np.median(loc) + width * place)
        return float(step * width * (weight @ (f * (1 - f))))

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
        ends = self._component_quantiles(level)
        margin = 1e-6 * self._wide[2].max()
        low, high = ends.min(axis=-1) - margin, ends.max(axis=-1) + margin

        def miss(change: Floats, wanted: Floats) -> Floats:
            return self.cdf(change) - wanted

        found: Any = elementwise.find_root(miss, (low, high), args=(level,))
        result: Floats = np.asarray(found.x)
        return result

    def _component_quantiles(self, level: Floats) -> Floats:
        """Quantiles `(..., K)` of each component: the mixture's own lies between the least and the greatest."""
        _, loc, scale, df, skew = self._wide
        left, right = np.exp(-skew) / (2 * np.cosh(skew)), np.exp(skew) / (2 * np.cosh(skew))
        p = level[..., None]
        below = student.quantile(np.minimum(p / (2 * left), 0.5), df) * np.exp(-skew)
        above = student.quantile(np.maximum(1 - (1 - p) / (2 * right), 0.5), df) * np.exp(skew)
        result: Floats = loc + scale * np.where(p < left, below, above)
        return result

    def value_at_risk(self, level: float) -> float:
        """The loss (a positive number is a fall) that is exceeded with probability `1 - level`."""
        return -float(self.quantile(1 - level))

    def expected_shortfall(self, level: float) -> float:
        """Mean loss on the days beyond `value_at_risk(level)`, a positive number for a fall."""
        return -float(self.partial_mean(self.quantile(1 - level))) / (1 - level)

    def sample(self, n: int, seed: int) -> Floats:
        """`(n,)` independent draws of the change."""
        rng = np.random.default_rng(seed)
        weight, loc, scale, df, skew = self._wide
        k = rng.choice(weight.size, size=n, p=weight)
        normal = np.abs(rng.standard_normal(n))
        finite = np.where(np.isinf(df), 1.0, df)[k]
        widen = np.where(np.isinf(df[k]), 1.0, np.sqrt(finite / rng.chisquare(finite)))
        sign = np.where(rng.random(n) < 1 / (1 + np.exp(-2 * skew[k])), 1.0, -1.0)
        result: Floats = loc[k] + scale[k] * sign * np.exp(skew[k] * sign) * normal * widen
        return result

    def to_bytes(self) -> bytes:
        """The five float32 arrays in safetensors form; `from_bytes` gives them back bit for bit."""
        return save({f.name: getattr(self, f.name) for f in fields(self)})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Reads what `to_bytes` wrote.

        Raises:
            ValueError: Where the bytes are not such arrays.
        """
        try:
            arrays: dict[str, Any] = load(data)
            return cls(**arrays)
        except (TypeError, ValueError, SafetensorError) as fault:
            raise ValueError(f"these bytes are no stored predictive distribution: {fault}") from fault


def _half_sum(e: Floats, skew: Floats, value: Floats, at_zero: Floats | float, power: int) -> Floats:
    """An integral up to `e` over both halves: each half stretches by `exp(+-skew)` to the given power."""
    left, right = np.exp(-power * skew) / np.cosh(skew), np.exp(power * skew) / np.cosh(skew)
    result: Floats = np.where(e < 0, left * value, left * at_zero + right * (value - at_zero))
    return result
