"""What a forecast of a file is to the scores: a distribution, or what offers the same to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from forecaster.distribution import percentiles
from forecaster.distribution.predictive import Predictive
from forecaster.evaluation.scoring import score
from forecaster.referee.draws_law import DrawsLaw
from forecaster.referee.lots import lot
from forecaster.referee.quantile_law import QuantileLaw

if TYPE_CHECKING:
    from forecaster.floats import Floats

Law = Predictive | QuantileLaw | DrawsLaw


def scores(law: Law, y: float, row: str = "") -> dict[str, float | bool]:
    """Every score of a forecast against its outcome, NaN for one that the file does not show."""
    found: dict[str, float | bool] = dict(score(cast("Predictive", law), y, row))
    if isinstance(law, Predictive):
        return found
    return found | {"pit": law.pit(y, row)} | dict.fromkeys(law.hidden, np.nan)


def summary(law: Law) -> dict[str, float]:
    """Mean, standard deviation, P(up) and all percentiles by name, fractions per session."""
    whole = (
        dict(percentiles.percentiles(law))
        if isinstance(law, Predictive)
        else dict(zip(percentiles.NAMES, law.quantile(percentiles.LEVELS).tolist(), strict=True))
    )
    return {"mean": law.mean, "sd": law.sd, "prob_up": law.prob_up, **whole}


def through_levels(predictive: Predictive, levels: Floats, y: float) -> dict[str, float]:
    """CRPS and log score of a distribution as a file of these levels shows it, so that both are scored by one rule."""
    law = QuantileLaw(levels, predictive.quantile(levels))
    return {"crps": law.crps(y), "log_score": -float(law.log_prob(y))}


def through_draws(predictive: Predictive, draws: int, y: float) -> dict[str, float]:
    """Log score of a distribution as a file of so many draws shows it; its CRPS needs no such thing."""
    seed = int(lot(np.array([predictive.mean, draws]), y) * 2**32)
    return {"log_score": -float(DrawsLaw(predictive.sample(draws, seed)).log_prob(y))}
