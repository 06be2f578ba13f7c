"""Probability integral transform: `F(y)`, in [0, 1]. Over many days it is uniform where forecasts are calibrated.

Where the record shows a tick it is randomised over the outcome's, by a number that follows from forecast, outcome and
day.

Dawid (1984), doi:10.2307/2981683. Its mean alone says little, and no scoreboard shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive

SUMMARY = "the probability that the forecast gave to changes below the outcome, in [0, 1]"
MEAN = ""


def score(predictive: Predictive, y: float, row: str = "") -> float:
    """`F(y)`, or a part of its jump."""
    return predictive.pit(y, row)
