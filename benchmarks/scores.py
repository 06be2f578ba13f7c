"""Scoring one forecast exactly, against estimating its CRPS from 10,000 samples."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import scoringrules

from forecaster.distribution.predictive import Predictive
from forecaster.evaluation.scores.crps import score as crps
from forecaster.evaluation.scoring import score

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "Scoring one forecast of 100 components, against scoringrules on 10,000 samples of it"


def cases() -> dict[str, Callable[[], object]]:
    """The reference, then the exact CRPS, then all scores of a forecast."""
    rng = np.random.default_rng(0)
    p = Predictive.of(rng.normal(0, 0.002, 100), 0.01 * np.exp(rng.normal(0, 0.1, 100)), rng.uniform(3, 9, 100))
    stored = p.to_bytes()  # read again each time: a distribution remembers what it computed once
    return {
        "scoringrules.crps_ensemble of 10,000 samples": lambda: scoringrules.crps_ensemble(
            0.01, Predictive.from_bytes(stored).sample(10_000, 0), estimator="fair"
        ),
        "crps, exact": lambda: crps(Predictive.from_bytes(stored), 0.01),
        "every score": lambda: score(Predictive.from_bytes(stored), 0.01),
    }
