"""Who asked to wait, and until when: a pause holds for every process, and after a restart.

A provider that says "too many requests" is not asked again before the instant that it named, by
whichever program shares the database; asking earlier makes the wait longer, or ends in a block.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import pandas as pd
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, insert, select, update

from ingest.database import prepare, reading, writing
from ingest.errors import RateLimitedError, StoreError

UNSAID = timedelta(minutes=15)
"""The pause after a rate limit that does not say how long it holds."""
LONGEST = timedelta(hours=24)
"""No pause is longer, whatever a provider asks for."""

_MINUTE = "%Y-%m-%d %H:%M"
METADATA = MetaData()
PAUSES = Table(
    "pause",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("provider", String(64), nullable=False, unique=True),
    Column("until", String(26), nullable=False),
)


class Pauses:
    """The pauses of one database.

    Args:
        engine: From `ingest.database.open_engine`; the table is created where absent.
        prepared: Whether somebody saw to the table before, as a home does; it saves a look.
    """

    def __init__(self, engine: Engine, *, prepared: bool = False) -> None:
        """Opens the table; see the class."""
        self._engine = engine
        if not prepared:
            prepare(engine, METADATA)

    @contextmanager
    def respected(self, provider: str, symbol: str, now: Callable[[], datetime]) -> Iterator[None]:
        """A block that asks a provider: not entered while its pause lasts; a rate limit within begins one.

        Args:
            provider: Whom the block asks.
            symbol: About what, for the message.
            now: The present, with a time zone.

        Raises:
            RateLimitedError: The pause is not over, or the block's own.
            StoreError: The pauses cannot be read.

        >>> from ingest.database import open_engine
        >>> noon = datetime(2024, 1, 5, 12, tzinfo=UTC)
        >>> pauses = Pauses(open_engine("sqlite://"))
        >>> with suppress(RateLimitedError), pauses.respected("yahoo", "AAPL", lambda: noon):
        ...     raise RateLimitedError("yahoo: AAPL: too many requests", retry_after=300)
        >>> with pauses.respected("yahoo", "MSFT", lambda: noon):
        ...     print("asked")
        Traceback (most recent call last):
        ingest.errors.RateLimitedError: yahoo: MSFT: not requested: the provider asked to wait until 2024-01-05 ...
        """
        self._refuse(provider, symbol, now())
        try:
            yield
        except RateLimitedError as limited:
            with suppress(StoreError):  # that it cannot be stored must not hide what the provider said
                self._begin(provider, limited.retry_after, now())
            raise

    def _refuse(self, provider: str, symbol: str, now: datetime) -> None:
        with reading(self._engine) as connection:
            stored = connection.execute(select(PAUSES.c.until).where(PAUSES.c.provider == provider)).scalar()
        until = _lasting(stored, now)
        if until is not None:
            raise RateLimitedError(
                f"{provider}: {symbol}: not requested: the provider asked to wait until "
                f"{pd.Timestamp(until).ceil('min'):{_MINUTE}} UTC; run again then",
                (until - now).total_seconds(),
            )

    def _begin(self, provider: str, seconds: float | None, now: datetime) -> None:
        wait = timedelta(seconds=min(seconds, LONGEST.total_seconds())) if seconds else UNSAID
        mine = PAUSES.c.provider == provider
        with writing(self._engine) as connection:
            stored = connection.execute(select(PAUSES.c.until).where(mine)).scalar()
            until = _text(max(now + wait, _lasting(stored, now) or now))
            if stored is None:
                connection.execute(insert(PAUSES).values(provider=provider, until=until))
            else:
                connection.execute(update(PAUSES).where(mine).values(until=until))


def _lasting(stored: str | None, now: datetime) -> datetime | None:
    """The end of a stored pause that is not over; one beyond `LONGEST` was made by a clock that was wrong."""
    if stored is None:
        return None
    until = datetime.fromisoformat(stored).replace(tzinfo=UTC)
    return until if now < until <= now + LONGEST else None


def _text(instant: datetime) -> str:
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")
