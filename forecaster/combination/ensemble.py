"""One forecast of many: each member counts for what its past log scores have earned it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import Field, field_validator

from forecaster.combination.pool import pool
from forecaster.combination.weights import past_weights, pooled_pit
from forecaster.contract import ModelSettings, Pooled

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.contract import Track
    from forecaster.distribution.predictive import Predictive


class MixtureSettings(ModelSettings):
    """Who is mixed, and how the past decides.

    Attributes:
        members: Ids of the forecasters; each pool has its own default.
        floor: Least weight of each, so that one that was bad is heard again when its time comes.
        half_life: Sessions after which a past score counts half.
    """

    members: tuple[str, ...] = Field(min_length=1)
    floor: float = Field(0.02, ge=0, lt=1)
    half_life: float = Field(250.0, gt=0)

    @field_validator("members", mode="before")
    @classmethod
    def _of_the_environment(cls, value: object) -> object:
        """A variable of the environment holds a list as JSON."""
        return json.loads(value) if isinstance(value, str) else value


@dataclass(frozen=True, eq=False)
class Mixture:
    """A forecast of many, and how it would have fared.

    Attributes:
        pooled: The forecast.
        pits: PITs `(days,)` that it would have had on the days of the track, each with the weights known before it.
    """

    pooled: Pooled
    pits: NDArray[np.float64]


def mixture(members: Mapping[str, Predictive], track: Track, settings: MixtureSettings) -> Mixture:
    """The members' forecasts as one; those that have none today are left out, and the others scaled up."""
    earned = past_weights(track.log_score, settings.floor, settings.half_life)
    share = {name: float(earned[-1, track.members.index(name)]) for name in members}
    whole = sum(share.values())
    weights = {name: value / whole for name, value in share.items()}
    predictive = pool(list(members.values()), list(weights.values()))
    return Mixture(Pooled(predictive, weights, {"track_days": len(track.pit)}), pooled_pit(track.pit, earned[:-1]))
