"""Settings of a clock for rehearsals: the table `[clock]` of forecaster.toml."""

from __future__ import annotations

from datetime import UTC, datetime

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

YEARS = (1900, 2200)
"""The first and the last year at which a rehearsal may start: the clock goes on from there."""
SPEEDS = (1e-3, 1e6)
"""The least and the most seconds of a rehearsal's clock in one real second."""


class Clock(BaseModel):
    """A clock for rehearsals: time may start elsewhere and run faster."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    start: str = Field("", description="ISO instant at which time starts; empty for the real time")
    speed: float = Field(1.0, ge=SPEEDS[0], le=SPEEDS[1], description="seconds of this clock in one real second")

    @field_validator("start")
    @classmethod
    def _possible(cls, text: str) -> str:
        """An instant from which a clock can go on, or nothing."""
        if text:
            instant_of(text)
        return text


def instant_of(text: str) -> datetime:
    """The instant at which a rehearsal starts, in UTC where the text names no zone.

    Raises:
        PydanticCustomError: A `ValueError`: it is no ISO instant, or of a year from which no clock can go on.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("instant", "this is not an ISO instant such as 2026-01-05T21:00Z") from None
    if not YEARS[0] <= found.year <= YEARS[1]:
        years = {"first": YEARS[0], "last": YEARS[1]}
        raise PydanticCustomError("year", "a rehearsal starts in a year from {first} to {last}", years)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
