"""All scores of one forecast against its outcome; `forecaster.evaluation.scores` holds them, a file each.

What is on record was scored by the definition of its day. A definition has a number, which a row of the record keeps:
whoever changes what a score on record is raises `VERSION`, and leaves the former function in `VERSIONS`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation import scores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from forecaster.distribution.predictive import Predictive

    Definition = Callable[[Predictive, float, str], dict[str, float]]

VERSION = 2
"""Of the definition of the scores that are recorded now."""


RANDOM = "pit"
"""The score that draws, by a number that the row gives."""


def row_of(symbol: str, target: str | pd.Timestamp) -> str:
    """What a row is called from which a random number is drawn: its asset and target day."""
    return f"{symbol} {str(target)[:10]}"


def score(predictive: Predictive, y: float, row: str = "") -> dict[str, float]:
    """Scores a forecast against its outcome `y`, a fraction per session.

    Args:
        predictive: The forecast.
        y: The outcome.
        row: From `row_of`, so that a randomised PIT is drawn anew on each day; days with one law and one outcome have
            one PIT without it.

    Returns:
        Every score by its id, in their order; those that are logical are bools.

    Raises:
        ValueError: Where y is not finite: a missing outcome has no score.
    """
    if not np.isfinite(y):
        raise ValueError(f"an outcome must be finite to be scored, not {y}")
    of_row = {RANDOM: (row,)}
    return {name: one.score(predictive, y, *of_row.get(name, ())) for name, one in scores.load().items()}


def by_density(predictive: Predictive, y: float, row: str = "") -> dict[str, float]:
    """The first definition: every forecast had a density, and none an atom or a tick."""
    return score(predictive.continuous, y, row)


VERSIONS: Mapping[int, Definition] = MappingProxyType({1: by_density, 2: score})
"""Every definition that rows on record may have been scored by."""
