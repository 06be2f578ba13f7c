"""One forecast of many: each member counts for what its past log scores have earned it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from forecaster.combination.pool import pool
from forecaster.combination.weights import past_weights, pooled_pit
from forecaster.contract import Pooled
from forecaster.floats import added

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forecaster.combination.settings import MixtureSettings
    from forecaster.contract import Track
    from forecaster.distribution.predictive import Predictive


@dataclass(frozen=True, eq=False)
class Mixture:
    """A forecast of many, and how it would have fared.

    Attributes:
        pooled: The forecast.
        pits: PITs `(days,)` that its continuous part would have had on the days of the track, each with the weights
            known before it; days that an atom explains are left out.
    """

    pooled: Pooled
    pits: NDArray[np.float64]


def mixture(members: Mapping[str, Predictive], track: Track, settings: MixtureSettings) -> Mixture:
    """The members' forecasts as one; those that have none today are left out, and the others scaled up."""
    return _mixed(tuple(members.items()), track, settings.floor, settings.half_life)


@lru_cache(maxsize=1)  # the same objects come once for each pool of a day, and what was computed of them stays
def _mixed(known: tuple[tuple[str, Predictive], ...], track: Track, floor: float, half_life: float) -> Mixture:
    members = dict(known)
    earned = past_weights(track.log_score, floor, half_life)
    share = {name: float(earned[-1, track.members.index(name)]) for name in members}
    whole = added(share.values())
    weights = {name: value / whole for name, value in share.items()}
    predictive = pool(list(members.values()), list(weights.values()))
    pits = pooled_pit(track.pit, earned[:-1])
    return Mixture(Pooled(predictive, weights, {"track_days": len(track.pit)}), pits[~np.isnan(pits)])
