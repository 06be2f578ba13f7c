"""Scores of one forecast against its outcome. One definition, one sign: lower is better.

CRPS: `integral of (F(z) - 1{y <= z})^2 dz`, in units of change (Gneiting and Raftery 2007,
doi:10.1198/016214506000001437). It is computed as `E|Y - y| - E|Y - Y'| / 2`: the first term has a closed form for
the mixture, the second does not depend on the outcome and is the distribution's own `half_spread`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive


@dataclass(frozen=True)
class Score:
    """The scores of one forecast.

    Attributes:
        crps: Continuous ranked probability score, in units of change.
        log_score: Minus the natural log of the predictive density at the outcome, in nats.
        pit: `F(y)`, in [0, 1].
        in50: Whether y lies in the central 50 % interval.
        in90: Whether y lies in the central 90 % interval.
        interval_score: Of the central 90 % interval, in units of change.
        absolute_error: `|y - median|`: the median is the forecast that this score rewards.
        squared_error: `(y - mean)^2`: the mean is the forecast that this score rewards.
    """

    crps: float
    log_score: float
    pit: float
    in50: bool
    in90: bool
    interval_score: float
    absolute_error: float
    squared_error: float


def score(predictive: Predictive, y: float) -> Score:
    """Scores a forecast against its outcome `y`, a fraction per session.

    Raises:
        ValueError: Where y is not finite: a missing outcome has no score.
    """
    if not np.isfinite(y):
        raise ValueError(f"an outcome must be finite to be scored, not {y}")
    q = predictive.quantiles
    return Score(
        crps=crps(predictive, y),
        log_score=-float(predictive.log_prob(y)),
        pit=float(predictive.cdf(y)),
        in50=q["q25"] <= y <= q["q75"],
        in90=q["q05"] <= y <= q["q95"],
        interval_score=interval_score(q["q05"], q["q95"], y),
        absolute_error=abs(y - q["q50"]),
        squared_error=(y - predictive.mean) ** 2,
    )


def crps(predictive: Predictive, y: float) -> float:
    """Continuous ranked probability score of a mixture, in units of change; lower is better."""
    distance = y * (2 * float(predictive.cdf(y)) - 1) + predictive.mean - 2 * float(predictive.partial_mean(y))
    return distance - predictive.half_spread


def interval_score(low: float, high: float, y: float, level: float = 0.9) -> float:
    """`(high - low) + 2/alpha (low - y)+ + 2/alpha (y - high)+` with `alpha = 1 - level`; lower is better.

    Gneiting and Raftery (2007), eq. 43.

    >>> round(interval_score(-1.0, 1.0, 1.5), 6)
    12.0
    """
    penalty = 2 / (1 - level)
    return (high - low) + penalty * max(low - y, 0.0) + penalty * max(y - high, 0.0)
