"""Draws from a forecast: what can be scored of them without a choice, and a density by one that is stated.

The CRPS is the estimate without bias, `mean |X_i - y| - sum_ij |X_i - X_j| / (2 m (m - 1))` (Zamo and Naveau 2018,
doi:10.1007/s11004-017-9709-7), so that few draws cost nothing on average. The PIT is the outcome's rank among the
draws, drawn between its two ends: uniform wherever outcome and draws come from one distribution. Draws have no density:
the log score is that of the draws smoothed by Student-t kernels (`Predictive.of_sample`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from forecaster.distribution.predictive import LEVELS, QUANTILES, Predictive
from forecaster.referee.lots import lot

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from forecaster.floats import Floats


@dataclass(frozen=True, eq=False)
class DrawsLaw:
    """Draws of the next session's change.

    Attributes:
        draws: `(m,)`, at least two different ones, fractions per session.

    >>> law = DrawsLaw(np.array([-0.01, 0.0, 0.01]))
    >>> round(law.crps(0.02), 4), law.mean
    (0.0133, 0.0)
    """

    draws: Floats

    hidden = frozenset[str]()
    """Scores that draws do not show."""

    @cached_property
    def _smooth(self) -> Predictive:
        return Predictive.of_sample(self.draws)

    def log_prob(self, y: ArrayLike) -> Floats:
        """Natural log of the smoothed draws' density at `y (...)`, in nats."""
        return self._smooth.log_prob(y)

    def cdf(self, y: ArrayLike) -> Floats:
        """Share of draws of at most `y (...)`."""
        return np.asarray(np.searchsorted(np.sort(self.draws), y, side="right") / self.draws.size)

    def quantile(self, levels: ArrayLike) -> Floats:
        """Quantiles of the draws at `levels (...)`."""
        return np.asarray(np.quantile(self.draws, np.asarray(levels, np.float64)))

    @cached_property
    def quantiles(self) -> dict[str, float]:
        """The recorded levels' quantiles by name."""
        return dict(zip(QUANTILES, self.quantile(LEVELS).tolist(), strict=True))

    def crps(self, y: float) -> float:
        """Without bias, fraction per session; of few draws it may be below zero."""
        ordered, count = np.sort(self.draws), self.draws.size
        spread = float(((2 * np.arange(1, count + 1) - count - 1) * ordered).sum()) / (count * (count - 1))
        return float(np.abs(ordered - y).mean()) - spread

    def pit(self, y: float, row: str = "") -> float:
        """The rank of `y`, drawn between its ends by `lots.lot`."""
        below, same = int((self.draws < y).sum()), int((self.draws == y).sum())
        return (below + lot(self.draws, y, row) * (same + 1)) / (self.draws.size + 1)

    @property
    def mean(self) -> float:
        """Mean of the draws."""
        return float(self.draws.mean())

    @property
    def sd(self) -> float:
        """Standard deviation of the draws."""
        return float(self.draws.std(ddof=1))

    prob_up = float("nan")
    """Not taken from draws: the noise in a share of a few of them would be judged as claims on the direction."""
