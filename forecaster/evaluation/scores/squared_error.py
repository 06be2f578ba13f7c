"""Squared error of the mean, `(y - mean)^2`, in squared units of change: the mean is the forecast that it rewards.

Gneiting (2011), doi:10.1198/jasa.2011.r10138.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive

SUMMARY = "squared error of the mean, in squared units of change"
MEAN = "mse"


def score(predictive: Predictive, y: float) -> float:
    """`(y - mean)^2`."""
    return (y - predictive.mean) ** 2
