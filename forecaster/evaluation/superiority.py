"""Is any of many models better than a reference? Hansen's test of superior predictive ability (SPA).

The best of many models looks good by luck alone. The test compares the largest of their mean gains with what it would
be if none were better (Hansen 2005, doi:10.1198/073500105000000063): gains in units of their standard deviation,
bootstrapped, models that are clearly worse left as bad as they are (his "consistent" p-value).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.bootstrap import SAMPLES, bootstrapped_means, shrinkage

if TYPE_CHECKING:
    from numpy.typing import NDArray


def superiority(losses: NDArray[np.float64], reference: int) -> float:
    """P-value of "no model is better than the reference", of losses `(days, models)`; 1 where none differs from it."""
    gains = losses[:, [reference]] - losses
    gains = gains[:, gains.std(0) > 0]
    if not gains.size:
        return 1.0
    gains /= gains.std(0)
    days, mean, drawn = len(gains), gains.mean(0), bootstrapped_means(gains)
    mean, drawn = mean * shrinkage(days), drawn - mean
    clearly_worse = mean < -drawn.std(0) * np.sqrt(2 * np.log(np.log(days)))
    drawn = drawn + np.where(clearly_worse, mean, 0.0)
    best, by_chance = max(mean.max(), 0.0), np.maximum(drawn.max(1), 0.0)
    return float((1 + (by_chance >= best).sum()) / (1 + SAMPLES))
