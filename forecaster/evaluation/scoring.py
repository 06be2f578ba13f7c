"""All scores of one forecast against its outcome; `forecaster.evaluation.scores` holds them, a file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation import scores

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive

VERSION = 1
"""Of the definition of the scores; whoever changes one raises it, and keeps the former definition beside it."""


def score(predictive: Predictive, y: float) -> dict[str, float]:
    """Scores a forecast against its outcome `y`, a fraction per session.

    Returns:
        Every score by its id, in their order; those that are logical are bools.

    Raises:
        ValueError: Where y is not finite: a missing outcome has no score.
    """
    if not np.isfinite(y):
        raise ValueError(f"an outcome must be finite to be scored, not {y}")
    return {name: one.score(predictive, y) for name, one in scores.load().items()}
