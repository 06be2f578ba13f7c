"""The ensemble seen through its own past: where its PITs were not uniform, the next forecast is corrected for it.

It is the ensemble itself until the correction, learnt day by day from the days before, would have paid; the ensemble
stands beside it, so that both can be judged.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import Field

from forecaster.combination.settings import MixtureSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.contract import Pooled, Track
    from forecaster.distribution.predictive import Predictive

SUMMARY = "the ensemble, corrected for its own past errors where that has helped"
VERSION = 2
ASSUMPTIONS = (
    "The ensemble's errors of shape last: what its past outcomes say of its intervals holds for the next.",
    "What the ensemble assumes of its members.",
)


class Settings(MixtureSettings):
    """Those of the mixture, which has its own table: change both alike."""

    members: tuple[str, ...] = Field(
        ("bayesian_linear", "bayesian_mlp", "climatology", "egarch", "ewma", "garch", "gjr"), min_length=1
    )


def combine(members: Mapping[str, Predictive], track: Track, settings: Settings) -> Pooled:
    """Mixes the members as the ensemble does, and corrects the mixture where corrections have paid."""
    import numpy as np

    from forecaster.combination.mixture import mixture
    from forecaster.combination.recalibration import WINDOW, gains, helps, learnt

    found = mixture(members, track, settings)
    mixed, pits = found.pooled, found.pits[-WINDOW:]
    gained = gains(pits)
    on = helps(gained)
    told = {**mixed.diagnostics, "recalibrated": float(on), "recalibration_gain": float(np.nansum(gained))}
    predictive = mixed.predictive.through(learnt(pits)) if on else mixed.predictive
    return replace(mixed, predictive=predictive, diagnostics=told)
