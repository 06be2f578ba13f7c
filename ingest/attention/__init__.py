"""Where attention comes from: how much a day people write or read about an asset.

The folder is the registry: one file per adapter, its name is its id. To add one, write `NAME.py` with what `Adapter`
names; nothing else changes. Each reads its provider through `ingest.transport` and raises faults of
`ingest.errors.ProviderError`; `csv_file` reads a file and raises those of `ingest.errors.FileFaultError` too.
"""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Protocol, cast

from ingest import registry
from ingest.errors import FileFaultError

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from pathlib import Path

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


class FileAdapter(Adapter, Protocol):
    """What the adapter of files offers beyond: two words of the user on what a file does not tell."""

    def attention(  # what each adapter is asked, and two that a file may need
        self,
        subject: str,
        first: Day,
        last: Day,
        now: datetime,
        transport: Transport | None = None,
        *,
        column: str = "",
        kind: str = "",
    ) -> Counts:
        """The counts of one of a file's columns, by UTC day."""
        ...


def names() -> tuple[str, ...]:
    """The ids of all adapters, sorted.

    >>> names()
    ('bitinfocharts', 'csv_file', 'wikimedia', 'x_counts')
    """
    return registry.names(__name__)


def add_folder(folder: str | Path) -> None:
    """Makes the files of a folder of your own adapters, while this process runs.

    Raises:
        RegistryFileError: Where it is not a folder, or a name is taken.
    """
    registry.add_folder(__name__, folder)


def load(name: str) -> Adapter:
    """The adapter of an id.

    Raises:
        UnknownSourceError: With the nearest ids, where there is none.

    >>> load("wikimedia").KIND
    'page views a day'
    """
    return cast("Adapter", registry.load(__name__, name, "attention"))


def of_files(name: str) -> FileAdapter:
    """The adapter of files by its id, for a file whose column and kind are said.

    Raises:
        FileFaultError: Another adapter's counts are of one kind, which nobody chooses.
    """
    adapter = load(name)
    if "column" not in signature(adapter.attention).parameters:
        raise FileFaultError(f"{name} counts {adapter.KIND}: leave out --column and --kind, which are of files")
    return cast("FileAdapter", adapter)
