"""Log score: minus the natural log of the predictive density at the outcome, in nats; lower is better.

Good (1952), doi:10.1111/j.2517-6161.1952.tb00104.x.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive

SUMMARY = "minus the natural log of the predictive density at the outcome, in nats"


def score(predictive: Predictive, y: float) -> float:
    """`-log f(y)`."""
    return -float(predictive.log_prob(y))
