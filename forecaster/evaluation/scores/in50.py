"""Whether the outcome lies in the central 50 % interval: of a calibrated forecaster it does on 50 % of days."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive

SUMMARY = "whether the outcome lies in the central 50 % interval"
LOGICAL = True


def score(predictive: Predictive, y: float) -> bool:
    """`q25 <= y <= q75`."""
    q = predictive.quantiles
    return q["q25"] <= y <= q["q75"]
