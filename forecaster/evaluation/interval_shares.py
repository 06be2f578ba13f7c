"""How often outcomes lie within k standard deviations of the mean, beside scores that cannot be gamed.

The three shares are those by which Bayesian networks are often judged: of outcomes inside `mean +- k sd`, below its
upper bound and above its lower bound. None is a score. A band that is wide enough has 100 % of all three, however
little it says; on skewed data a symmetric band may hold the right share of outcomes and miss on one side alone. So
they come with two proper scores (Gneiting and Raftery 2007, doi:10.1198/016214506000001437), which are lowest for the
distribution that the outcomes come from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from scoringrules import crps_ensemble

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

MOST = 30.0
"""Standard deviations beyond which a normal has no mass that a double can hold."""


@dataclass(frozen=True)
class IntervalShares:
    """What a band did on some outcomes.

    Attributes:
        inside: Share of outcomes inside the band, its bounds included.
        below_upper: Share at or below its upper bound.
        above_lower: Share at or above its lower bound.
        level: What share a band of a normal would hold; the shares below and above would be `(1 + level) / 2`.
        width: Mean width of the band, in units of the outcomes.
        interval_score: Mean interval score of the band at that level, in the same units; lower is better.
        crps: Mean continuous ranked probability score of the samples, likewise.
    """

    inside: float
    below_upper: float
    above_lower: float
    level: float
    width: float
    interval_score: float
    crps: float


def evaluate_interval(samples: ArrayLike, y: ArrayLike, std_multiplier: float = 2.0) -> IntervalShares:
    """Judges predictive samples by the band `mean +- std_multiplier sd` of each row, and by proper scores.

    Args:
        samples: Predictive draws `(draws, rows)`, of the outcome with its noise; draws of its mean alone, as a
            network's weights give them, make a band for the mean, which outcomes often leave.
        y: Outcomes `(rows,)`.
        std_multiplier: Half of the band's width in standard deviations of the samples, positive.

    Raises:
        ValueError: Where shapes differ, numbers are not finite, there are fewer than two draws, or the multiplier is
            not between 0 and 30.

    >>> outcomes = np.linspace(-1, 1, 201)
    >>> absurd = evaluate_interval([np.full(201, -1e6), np.full(201, 1e6)], outcomes)
    >>> absurd.inside, absurd.crps > 1e5
    (1.0, True)
    """
    drawn, known = np.asarray(samples, float), np.asarray(y, float)
    if drawn.ndim != 2 or known.shape != drawn.shape[1:] or len(drawn) < 2 or not known.size:  # noqa: PLR2004  # a spread
        raise ValueError(
            f"samples (draws, rows) of two draws or more and y (rows,), not {drawn.shape} and {known.shape}"
        )
    if not (np.isfinite(drawn).all() and np.isfinite(known).all() and 0 < std_multiplier <= MOST):
        raise ValueError(f"samples and outcomes must be finite, and the multiplier between 0 and {MOST:g}")
    mean, reach = drawn.mean(0), std_multiplier * drawn.std(0, ddof=1)
    low, high = mean - reach, mean + reach
    level = float(2 * stats.norm.cdf(std_multiplier) - 1)
    # With the mass outside from the tail itself: 1 - level has no digits left where the band is wide.
    penalty = 1 / float(stats.norm.sf(std_multiplier))
    missed = np.maximum(low - known, 0) + np.maximum(known - high, 0)
    return IntervalShares(
        inside=float(((low <= known) & (known <= high)).mean()),
        below_upper=float((known <= high).mean()),
        above_lower=float((low <= known).mean()),
        level=level,
        width=float((high - low).mean()),
        interval_score=float((high - low + penalty * missed).mean()),
        crps=float(crps_ensemble(known, drawn.T).mean()),
    )
