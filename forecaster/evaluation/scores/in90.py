"""Whether the outcome lies in the central 90 % interval: of a calibrated forecaster it does on 90 % of days."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive

SUMMARY = "whether the outcome lies in the central 90 % interval"
LOGICAL = True


def score(predictive: Predictive, y: float) -> bool:
    """`q05 <= y <= q95`."""
    q = predictive.quantiles
    return q["q05"] <= y <= q["q95"]
