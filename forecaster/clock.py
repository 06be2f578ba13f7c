"""The one source of the present time. Passed in, never read from elsewhere, so that a rehearsal can run fast."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from forecaster.clock_settings import YEARS, instant_of
from forecaster.errors import SettingsError

if TYPE_CHECKING:
    from forecaster.clock_settings import Clock as ClockSettings

REAL = "real"
REHEARSAL = "rehearsal"
_BEGIN, _END = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(2262, 1, 1, tzinfo=UTC)
"""Between these every part of the program can count instants."""


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
        """The present instant, UTC.

        Raises:
            SettingsError: Where a rehearsal has run so far that no calendar goes on.
        """
        if self.start is None:
            return datetime.now(UTC)
        try:
            now = self.start + (datetime.now(UTC) - self.begun) * self.speed
        except OverflowError:
            now = _END
        if not _BEGIN <= now < _END:
            raise SettingsError(
                f"the rehearsal's clock, from {self.start:%Y-%m-%d} at {self.speed:g} times the real speed, has left "
                f"the years {YEARS[0]} to {_END.year - 1}: rehearse in another home (--home DIR), with a lower "
                "clock.speed or another clock.start"
            )
        return now

    def real(self, instant: datetime) -> datetime:
        """The real instant at which this clock shows `instant`, UTC; the last that there is where it never does."""
        if self.start is None:
            return instant
        try:
            return self.begun + (instant - self.start) / self.speed
        except OverflowError:
            return datetime.max.replace(tzinfo=UTC)


def clock_of(settings: ClockSettings) -> Clock:
    """The clock that the settings, which are checked, ask for."""
    return Clock(instant_of(settings.start), settings.speed) if settings.start else Clock()
