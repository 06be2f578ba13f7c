"""Where rows come from. The folder is the registry: one file per source, its name is its id.

To add one, write `NAME.py` with a docstring, whose first line `forecaster ingest --help` shows, and what one of two
contracts names: a `Provider` is asked for symbols, by `forecaster ingest NAME SYMBOL...` and every day by
`forecaster run`; a `Reader` reads a file of the user's, once. `FETCHED` says which; nothing else changes.

A panel from a source has `known_at` NaT: `ingest.store.Store.append` fills it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol, cast

from ingest import registry
from ingest.errors import AssetConflictError, RegistryFileError, UnknownSourceError, UnknownSymbolError, nearest

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, timedelta
    from pathlib import Path

    import pandas as pd

    from ingest.assets import Asset
    from ingest.joining import Basis
    from ingest.sessions import Calendar, Day
    from ingest.text.choices import Choices


@dataclass(frozen=True)
class Reading:
    """What a file holds.

    Attributes:
        rows: A panel; an `adjustment` is NaN where the file does not say it.
        adjusted: The level of closes or factors is that of the day when the file was made, since later payments move
            it: they come from adjusted closes. The change into the first row is not known.
        notes: What was left out, or not understood, in words.
        understood: What each part of the file was taken for: a name and a sentence each.
    """

    rows: pd.DataFrame
    adjusted: bool
    notes: tuple[str, ...]
    understood: tuple[tuple[str, str], ...] = ()

    @property
    def basis(self) -> Basis:
        """What its closes are."""
        return "adjusted" if self.adjusted else "quoted"


class Provider(Protocol):
    """What a file offers whose rows are asked for by symbol.

    Attributes:
        FETCHED: True.
        ASSETS: What is stored where no symbol is named; empty where one must be.
        WINDOW: How far back a daily run asks again, so that corrections are seen; None where it asks for everything.
    """

    FETCHED: Literal[True]
    ASSETS: tuple[Asset, ...]
    WINDOW: timedelta | None

    def describe(self, symbol: str, code: str | None = None, name: str = "") -> Asset:
        """The asset of a symbol: where it trades, and when its rows are out.

        Args:
            symbol: The asset's symbol here.
            code: Its calendar's code, where it is known; else the provider is asked.
            name: What the provider calls it, where that is not the symbol.

        Raises:
            UnknownSymbolError: For a symbol that the provider does not have.
            UnknownCalendarError: Where nobody knows its calendar.
            ProviderError: Where the provider does not say.
        """
        ...

    def fetch(
        self, asset: Asset, now: datetime, first: Day | None = None, last: Day | None = None, name: str = ""
    ) -> pd.DataFrame:
        """A panel of the asset's sessions that are final at now.

        Args:
            asset: As `describe` gives it.
            now: With a time zone.
            first: First day wanted; the first there is where None.
            last: Last day wanted; the last there is where None.
            name: What the provider calls it, where that is not the symbol.

        Raises:
            UnknownSymbolError: For a symbol that the provider does not have.
            ProviderError: Where it does not give what was asked.
        """
        ...


class Reader(Protocol):
    """What a file offers that reads what the user has; nobody can be asked for newer rows.

    Attributes:
        FETCHED: False.
        ASSETS: None of its own.
    """

    FETCHED: Literal[False]
    ASSETS: tuple[Asset, ...]

    def read(self, path: str | Path, symbol: str, calendar: str | Calendar, choices: Choices | None = None) -> Reading:
        """What a file holds.

        Args:
            path: The file.
            symbol: The asset's symbol.
            calendar: The asset's calendar or its code.
            choices: What the user says that the file does not tell.

        Raises:
            FileFaultError: What is wrong with the file, and on which line.
        """
        ...

    def asset_for(self, rows: pd.DataFrame, symbol: str, calendar: str | Calendar) -> Asset:
        """The asset that a file's rows belong to.

        Args:
            rows: From `read`.
            symbol: The asset's symbol.
            calendar: The asset's calendar or its code.
        """
        ...


Source = Provider | Reader


def names() -> tuple[str, ...]:
    """The ids of all sources, sorted.

    >>> {"csv_file", "sample", "simulated"} <= set(names())
    True
    """
    return registry.names(__name__)


def add_folder(folder: str | Path) -> None:
    """Makes the files of a folder of your own sources, while this process runs.

    Raises:
        RegistryFileError: Where it is not a folder, or a name is taken.
    """
    registry.add_folder(__name__, folder)


def load(name: str) -> Source:
    """The source of an id.

    Raises:
        UnknownSourceError: With the nearest ids, where there is none.

    >>> [asset.symbol for asset in load("sample").ASSETS]
    ['^GSPC', '^IXIC']
    """
    return cast("Source", registry.load(__name__, name, "source"))


def provider(name: str) -> Provider:
    """The provider of an id.

    Raises:
        UnknownSourceError: With the nearest ids, where there is none, or it reads files.
    """
    source = load(name)
    if not source.FETCHED:
        raise UnknownSourceError(f"source {name!r} reads files and cannot be queried: {nearest(name, summaries())}")
    return source


def summaries() -> dict[str, str]:
    """The id of each provider, with one line about it; none is imported for it.

    >>> summaries()["yahoo"]
    'Daily bars from Yahoo Finance, through yfinance; no key.'
    """
    return {name: line for name in names() if (line := summary(name)) is not None}


def summary(name: str) -> str | None:
    """One line about a provider, which is not imported for it; None where no provider has this id."""
    if name not in names():
        return None
    try:
        file = registry.declared(__name__, name)
    except RegistryFileError as fault:  # listed all the same: `load` says what is wrong with it
        return str(fault)
    return file.summary if file.constants.get("FETCHED") else None


def offered(assets: Iterable[Asset], symbol: str, code: str | None = None) -> Asset:
    """One of a source's own assets: `describe`, for a source that has no others.

    Args:
        assets: All of them, at least one.
        symbol: The one that is wanted.
        code: Its calendar, as the user has it; the asset's own where None.

    Raises:
        UnknownSymbolError: With the nearest symbols, where there is none.
        AssetConflictError: Where it has another calendar.
    """
    own = {asset.symbol: asset for asset in assets}
    source = next(iter(own.values())).source
    if symbol not in own:
        raise UnknownSymbolError(f"source {source} has no {symbol!r}: {nearest(symbol, own)}")
    if code not in {None, own[symbol].calendar}:
        raise AssetConflictError(
            f"source {source} has {symbol} with calendar {own[symbol].calendar}, not {code}: leave --calendar out"
        )
    return own[symbol]
