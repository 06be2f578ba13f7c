"""Continuous ranked probability score: `integral of (F(z) - 1{y <= z})^2 dz`, in units of change; lower is better.

Gneiting and Raftery (2007), doi:10.1198/016214506000001437. `forecaster.distribution` takes the integral.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive

SUMMARY = "continuous ranked probability score, in units of change"


def score(predictive: Predictive, y: float) -> float:
    """Of a mixture, seen through a map or not."""
    return predictive.crps(y)
