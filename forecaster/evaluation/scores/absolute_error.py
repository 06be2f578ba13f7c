"""Absolute error of the median, `|y - median|`, in units of change: the median is the forecast that it rewards.

Gneiting (2011), doi:10.1198/jasa.2011.r10138.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive

SUMMARY = "absolute error of the median, in units of change"
MEAN = "mae"


def score(predictive: Predictive, y: float) -> float:
    """`|y - median|`."""
    return abs(y - predictive.quantiles["q50"])
