"""Continuous ranked probability score: `integral of (F(z) - 1{y <= z})^2 dz`, in units of change; lower is better.

Gneiting and Raftery (2007), doi:10.1198/016214506000001437. It is computed as `E|Y - y| - E|Y - Y'| / 2`: the first
term has a closed form for the mixture, the second does not depend on the outcome and is the distribution's own
`half_spread`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive

SUMMARY = "continuous ranked probability score, in units of change"


def score(predictive: Predictive, y: float) -> float:
    """Of a mixture, exactly."""
    distance = y * (2 * float(predictive.cdf(y)) - 1) + predictive.mean - 2 * float(predictive.partial_mean(y))
    return distance - predictive.half_spread
