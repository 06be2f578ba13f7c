"""Mean differences of scores, over all days and over those that moved.

A market that is quoted coarsely often has no change at all. Who stands on that wins log score on those days, which is
no skill in telling changes apart; so a difference is told on the days that moved alone too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.diebold_mariano import diebold_mariano

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forecaster.floats import Floats

ATOM = 0.01
"""Share of days without any change from which on the others are told apart."""


@dataclass(frozen=True)
class Difference:
    """The score of a model minus that of a reference.

    Attributes:
        mean: Mean over days, in the score's own units (change, nats); negative is better.
        t: Corrected Diebold-Mariano statistic.
        p: Two-sided p-value of `t`.
    """

    mean: float
    t: float
    p: float


NOTHING = Difference(np.nan, np.nan, 1.0)
"""Of a score that was not taken."""


@dataclass(frozen=True)
class Moved:
    """What is left of a comparison where days without any change are left out.

    Attributes:
        still: Share of the common days that have no change.
        part: What these add to the mean difference of the log score, in nats a day.
        crps: Difference of CRPS on the days that moved alone.
        log_score: Likewise.
    """

    still: float
    part: float
    crps: Difference
    log_score: Difference


def difference(apart: Floats | None) -> Difference:
    """Of values `(days,)`, model minus reference; `NOTHING` of none."""
    if apart is None or not apart.size:
        return NOTHING
    return Difference(float(apart.mean()), *diebold_mariano(apart))


def moved(apart: Mapping[str, Floats], still: NDArray[np.bool_]) -> Moved | None:
    """What is left without the days that stood still; None where they are too few to matter."""
    if not still.size or still.mean() < ATOM:
        return None
    left = {score: difference(values[~still]) for score, values in apart.items()}
    part = float(apart["log_score"][still].sum()) / still.size if "log_score" in apart else np.nan
    return Moved(float(still.mean()), part, left.get("crps", NOTHING), left.get("log_score", NOTHING))
