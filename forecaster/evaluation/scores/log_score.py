"""Log score: minus the natural log of the predictive density at the outcome, in nats; lower is better.

Where the record shows a tick, an outcome is known to a tick alone, and it is `-log(P(the tick's interval) / tick)`: the
same units, and the density's where ticks are fine. A forecast gains nothing by a density that is narrower than a tick.

Good (1952), doi:10.1111/j.2517-6161.1952.tb00104.x.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive

SUMMARY = "minus the natural log of the predictive density at the outcome, in nats"


def score(predictive: Predictive, y: float) -> float:
    """`-log f(y)`, over a tick where there is one."""
    return -float(predictive.log_prob(y))
