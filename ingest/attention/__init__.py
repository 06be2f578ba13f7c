"""Where attention comes from: how much a day people write or read about an asset.

The folder is the registry: one file per adapter, its name is its id. To add one, write `NAME.py` with what `Adapter`
names; nothing else changes. Each reads its provider through `ingest.transport` and raises faults of
`ingest.errors.ProviderError`; `csv_file` reads a file and raises those of `ingest.errors.FileFaultError` too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from ingest import registry

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from ingest.daily_counts import Counts
    from ingest.sessions import Day
    from ingest.transport import Transport


class Adapter(Protocol):
    """What an adapter's file offers.

    Attributes:
        KIND: What it counts, such as "tweets a day"; every page that shows the series says so.
        LAG: How long after the end of a UTC day its count is complete and published.
    """

    KIND: str
    LAG: timedelta

    def attention(
        self, subject: str, first: Day, last: Day, now: datetime, transport: Transport | None = None
    ) -> Counts:
        """The counts, by UTC day.

        Args:
            subject: In the adapter's own words, see its docstring.
            first: First day wanted.
            last: Last day wanted.
            now: With a time zone; days that are not over and published then are left out.
            transport: Another way to the provider.

        Returns:
            One float64 count a UTC day from the first day that the provider has to the last that is final; NaN for a
            day that it does not know, never zero. Its `kind` is `KIND`, except where a file's own header says another.

        Raises:
            ProviderError: What the provider did not give.
        """
        ...


def names() -> tuple[str, ...]:
    """The ids of all adapters, sorted.

    >>> names()
    ('bitinfocharts', 'csv_file', 'wikimedia', 'x_counts')
    """
    return registry.names(__name__)


def load(name: str) -> Adapter:
    """The adapter of an id.

    Raises:
        UnknownSourceError: With the nearest ids, where there is none.

    >>> load("wikimedia").KIND
    'page views a day'
    """
    return cast("Adapter", registry.load(__name__, name, "attention"))
