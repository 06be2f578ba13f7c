"""The one source of the present time. Passed in, never read from elsewhere, so that a rehearsal can run fast."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forecaster.errors import SettingsError

if TYPE_CHECKING:
    from forecaster.settings import Clock as ClockSettings

REAL = "real"
REHEARSAL = "rehearsal"


@dataclass(frozen=True)
class Clock:
    """A clock that shows `start` now and runs `speed` times as fast as the real one.

    Attributes:
        start: What the clock shows at `begun`, UTC; the real time where None.
        speed: Seconds of this clock in one real second.
        begun: The real instant at which it started.
    """

    start: datetime | None = None
    speed: float = 1.0
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def kind(self) -> str:
        """`real` or `rehearsal`."""
        return REAL if self.start is None else REHEARSAL

    def now(self) -> datetime:
        """The present instant, UTC."""
        if self.start is None:
            return datetime.now(UTC)
        return self.start + (datetime.now(UTC) - self.begun) * self.speed

    def real(self, instant: datetime) -> datetime:
        """The real instant at which this clock shows `instant`, UTC."""
        return instant if self.start is None else self.begun + (instant - self.start) / self.speed


def clock_of(settings: ClockSettings) -> Clock:
    """The clock that the settings ask for.

    Raises:
        SettingsError: Where the start is no ISO instant.
    """
    if not settings.start:
        return Clock()
    try:
        start = datetime.fromisoformat(settings.start)
    except ValueError as fault:
        raise SettingsError(
            f"setting clock.start: {settings.start!r} is not an ISO instant such as 2026-01-05T21:00Z"
        ) from fault
    return Clock(start if start.tzinfo else start.replace(tzinfo=UTC), settings.speed)
