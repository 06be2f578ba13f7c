"""Interval score of the central 90 % interval, in units of change; lower is better.

    (high - low) + 2/alpha (low - y)+ + 2/alpha (y - high)+        alpha = 1 - level

Gneiting and Raftery (2007), eq. 43, doi:10.1198/016214506000001437. No scoreboard shows its mean, which tells what the
CRPS tells.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive

SUMMARY = "interval score of the central 90 % interval, in units of change"
MEAN = ""


def score(predictive: Predictive, y: float) -> float:
    """Of the interval from the 5 to the 95 % quantile."""
    q = predictive.quantiles
    return interval_score(q["q05"], q["q95"], y)


def interval_score(low: float, high: float, y: float, level: float = 0.9) -> float:
    """Of any interval that is to hold the outcome with probability `level`.

    >>> round(interval_score(-1.0, 1.0, 1.5), 6)
    12.0
    """
    penalty = 2 / (1 - level)
    return (high - low) + penalty * max(low - y, 0.0) + penalty * max(y - high, 0.0)
