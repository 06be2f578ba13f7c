"""Quantiles of a forecast, and the distribution that they are read as.

Between two levels the quantiles say nothing. They are read as a straight cdf there, and beyond the outer ones as the
exponential tails that go through the outer two on each side. What is scored keeps to what the file shows as far as it
can: with `w_i` the part of [0, 1] that is nearest to the level `t_i`, the CRPS is

    2 sum_i w_i (1{y <= q_i} - t_i)(q_i - y)

the integral of the quantile score over the levels (Gneiting and Ranjan 2011, doi:10.1198/jbes.2010.08110), which no
reading enters; and a PIT is drawn between the levels that the outcome fell between, so that it is uniform wherever the
quantiles are right. Density, mean, standard deviation and P(up) are those of the reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from forecaster.distribution.predictive import LEVELS, QUANTILES
from forecaster.referee.lots import lot

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from forecaster.floats import Floats

NARROWEST = 1e-4
"""Quantiles are read as at least this part of the outer two's distance apart: equal ones have no density."""
_NEEDS = {"in50": (0.25, 0.75), "in90": (0.05, 0.95), "interval_score": (0.05, 0.95), "absolute_error": (0.5,)}
"""Scores that a file shows where it has these levels."""


@dataclass(frozen=True, eq=False)
class QuantileLaw:
    """Quantiles of the next session's change.

    Attributes:
        levels: `(K,)` rising, inside (0, 1), at least two.
        values: `(K,)` not falling, fractions per session, not all the same.

    >>> law = QuantileLaw(np.array([0.25, 0.5, 0.75]), np.array([-0.01, 0.0, 0.01]))
    >>> round(float(law.cdf(0.005)), 3), round(law.crps(0.02), 4)
    (0.625, 0.0163)
    """

    levels: Floats
    values: Floats

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Scores that these levels do not show; `squared_error` needs a mean, which no quantiles show."""
        given = {round(level, 9) for level in self.levels.tolist()}
        return frozenset({name for name, need in _NEEDS.items() if not given.issuperset(need)} | {"squared_error"})

    @cached_property
    def _edges(self) -> Floats:
        """The quantiles, apart."""
        least = NARROWEST * (self.values[-1] - self.values[0])
        steps = np.maximum(np.diff(self.values), least)
        return np.concatenate([self.values[:1], self.values[0] + np.cumsum(steps)])

    @cached_property
    def _tails(self) -> tuple[float, float]:
        """Scales of the exponential tails, left and right."""
        q, t = self._edges, self.levels
        return float((q[1] - q[0]) / np.log(t[1] / t[0])), float((q[-1] - q[-2]) / np.log((1 - t[-2]) / (1 - t[-1])))

    def log_prob(self, y: ArrayLike) -> Floats:
        """Natural log of the reading's density at `y (...)`, in nats."""
        x, q, t = np.asarray(y, np.float64), self._edges, self.levels
        left, right = self._tails
        at = np.clip(np.searchsorted(q, x) - 1, 0, q.size - 2)
        found = np.log(np.diff(t) / np.diff(q))[at]
        found = np.where(x < q[0], np.log(t[0] / left) + (x - q[0]) / left, found)
        return np.asarray(np.where(x > q[-1], np.log((1 - t[-1]) / right) - (x - q[-1]) / right, found))

    def cdf(self, y: ArrayLike) -> Floats:
        """Probability of a change of at most `y (...)`, by the reading."""
        x, q, t = np.asarray(y, np.float64), self._edges, self.levels
        left, right = self._tails
        found = np.interp(x, q, t)
        found = np.where(x < q[0], t[0] * np.exp(np.minimum(x - q[0], 0) / left), found)
        return np.asarray(np.where(x > q[-1], 1 - (1 - t[-1]) * np.exp(np.minimum(q[-1] - x, 0) / right), found))

    def quantile(self, levels: ArrayLike) -> Floats:
        """Quantiles of the reading at `levels (...)`; those of the file at its own."""
        p, q, t = np.asarray(levels, np.float64), self.values, self.levels
        left, right = self._tails
        found = np.interp(p, t, q)
        found = np.where(p < t[0], q[0] + left * np.log(p / t[0]), found)
        return np.asarray(np.where(p > t[-1], q[-1] - right * np.log((1 - p) / (1 - t[-1])), found))

    @cached_property
    def quantiles(self) -> dict[str, float]:
        """The recorded levels' quantiles by name."""
        return dict(zip(QUANTILES, self.quantile(LEVELS).tolist(), strict=True))

    def crps(self, y: float) -> float:
        """The quantile score integrated over the levels, fraction per session."""
        q, t = self.values, self.levels
        middles = (t[1:] + t[:-1]) / 2
        widths = np.diff(np.concatenate([[0.0], middles, [1.0]]))
        return float(2 * (widths * ((y <= q) - t) * (q - y)).sum())

    def bounds(self, y: float) -> tuple[float, float]:
        """Between what the CRPS of every distribution with these quantiles lies, without what lies beyond the outer.

        Beyond them there is no bound but zero; where the outcome lies there, its distance to them counts.
        """
        q, t = self.values, self.levels
        cuts = np.unique(np.concatenate([q, [y]]))
        low, high = cuts[:-1], cuts[1:]
        below = np.concatenate([[0.0], t])[np.searchsorted(q, low, side="right")]
        above = np.concatenate([t, [1.0]])[np.searchsorted(q, high, side="left")]
        near, far = np.where(high <= y, below, 1 - above), np.where(high <= y, above, 1 - below)
        return float((near**2 * (high - low)).sum()), float((far**2 * (high - low)).sum())

    def pit(self, y: float, row: str = "") -> float:
        """A PIT between the levels on either side of `y`, drawn by `lots.lot`."""
        levels = np.concatenate([[0.0], self.levels, [1.0]])
        low = levels[np.searchsorted(self.values, y, side="left")]
        high = levels[np.searchsorted(self.values, y, side="right") + 1]
        return float(low + lot(self.values, y, row) * (high - low))

    @cached_property
    def _moments(self) -> tuple[float, float]:
        """First and second moment of the reading."""
        q, p = self._edges, np.diff(self.levels)
        left, right = self._tails
        ends = ((self.levels[0], q[0] - left, left), (1 - self.levels[-1], q[-1] + right, right))
        first = float((p * (q[1:] + q[:-1])).sum() / 2 + sum(part * mean for part, mean, _ in ends))
        inner = float((p * (q[1:] ** 2 + q[1:] * q[:-1] + q[:-1] ** 2)).sum() / 3)
        return first, inner + float(sum(part * (mean**2 + scale**2) for part, mean, scale in ends))

    @property
    def mean(self) -> float:
        """Of the reading, fraction per session."""
        return self._moments[0]

    @property
    def sd(self) -> float:
        """Of the reading, fraction per session."""
        first, second = self._moments
        return float(np.sqrt(max(second - first**2, 0.0)))

    @property
    def prob_up(self) -> float:
        """Probability of a change above zero, by the reading."""
        return float(1 - self.cdf(0.0))
