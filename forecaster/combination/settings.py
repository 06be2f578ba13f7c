"""Settings of forecasts that combine others."""

from __future__ import annotations

import json
import math

from pydantic import Field, field_validator

from forecaster.contract import ModelSettings


class MixtureSettings(ModelSettings):
    """Who is mixed, and how the past decides.

    Attributes:
        members: Ids of the forecasters; each pool has its own default.
        floor: Least weight of each, so that one that was bad is heard again when its time comes.
        half_life: Sessions after which a past score counts half; infinite to forget nothing of the track record.
    """

    members: tuple[str, ...] = Field(min_length=1)
    floor: float = Field(0.02, ge=0, lt=1)
    half_life: float = Field(math.inf, gt=0)

    @field_validator("members", mode="before")
    @classmethod
    def _of_the_environment(cls, value: object) -> object:
        """A variable of the environment holds a list as JSON."""
        return json.loads(value) if isinstance(value, str) else value
