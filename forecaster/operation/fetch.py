"""Brings an asset up to date: its prices, and where the settings name them, the counts of its attention.

A provider that asks to wait is left alone until then, whoever asks (`ingest.pauses`).
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd

from forecaster.errors import ForecasterError
from forecaster.settings import Attention
from ingest import attention as adapters
from ingest import sources
from ingest.errors import IngestError, ProviderError, StoreError
from ingest.sessions import as_day

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from contextlib import AbstractContextManager

    from forecaster.records.home import Home
    from ingest.assets import Asset
    from ingest.sources import Provider
    from ingest.vintages import Appended

    _One = Callable[[Home, Asset, pd.Timestamp | None, "UpToDate"], "UpToDate"]

AGAIN = timedelta(days=30)
"""Days before the last stored session that are asked for again, where it is older than the provider's window."""
OVERLAP = pd.Timedelta(2, unit="D")
"""Days that are asked for again, since a count may be corrected soon after it was published."""
LEAD = pd.Timedelta(10, unit="D")
"""Days before the first price that are asked for: its session may be paired with a count of some days before."""


class Attended(NamedTuple):
    """What became of counts in the store, and what a user should know of them."""

    counts: Appended
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Fetched:
    """What a source gave of one symbol.

    Attributes:
        asset: Whose rows they are.
        rows: The panel.
        counts: What became of it in the store.
    """

    asset: Asset
    rows: pd.DataFrame
    counts: Appended


def prices(home: Home, asset: Asset) -> Appended | None:
    """Fetches an asset's newest rows; None where its source cannot be asked.

    Raises:
        ProviderError: What its provider did not give, or that it is not asked before a pause is over.
    """
    source = sources.load(asset.source)
    if not source.FETCHED:
        return None
    history = home.store.history(asset.symbol)
    first = first_wanted(source, home.clock.now(), None if history.frame.empty else history.last)
    return _stored(home, source, asset.source, asset.symbol, lambda _: asset, (first, None)).counts


@dataclass(frozen=True)
class UpToDate:
    """How bringing one asset up to date ended.

    Attributes:
        notes: What else went wrong, a line each.
        fault: Why it cannot be forecast; None where it can.
    """

    notes: tuple[str, ...] = ()
    fault: IngestError | None = None


def side_by_side(home: Home, assets: Sequence[Asset], as_of: pd.Timestamp | None) -> dict[str, UpToDate]:
    """Brings assets up to date, each provider asked for one after the other, and providers side by side.

    One request at a time is what Wikimedia asks of programs, and all that yfinance bears.

    Raises:
        StoreError: Where the database cannot be used.
    """
    found: dict[str, UpToDate] = {}
    for asked, one in ((lambda asset: asset.source, _priced), (partial(_attention_source, home), _attended)):
        lanes: dict[str, list[Asset]] = {}
        for asset in assets:
            lanes.setdefault(asked(asset), []).append(asset)
        with ThreadPoolExecutor(len(lanes) or 1) as threads:
            for lane in threads.map(partial(_lane, home, as_of, one, found), lanes.values()):
                found |= lane
    return found


def _attention_source(home: Home, asset: Asset) -> str:
    chosen = home.settings.data.attention.get(asset.symbol)
    return chosen.source if chosen else ""


def _lane(
    home: Home, as_of: pd.Timestamp | None, one: _One, found: Mapping[str, UpToDate], assets: Sequence[Asset]
) -> dict[str, UpToDate]:
    """Assets of one provider, in order."""
    return {asset.symbol: one(home, asset, as_of, found.get(asset.symbol, UpToDate())) for asset in assets}


def _priced(home: Home, asset: Asset, as_of: pd.Timestamp | None, before: UpToDate) -> UpToDate:
    """With its newest prices; for a day that is stored, an asset is forecast without them."""
    try:
        told = prices(home, asset)
    except StoreError:
        raise
    except IngestError as fault:
        if not isinstance(fault, ProviderError) or as_of is None or not _stored_by(home, asset, as_of):
            return replace(before, fault=fault)
        return replace(before, notes=(*before.notes, f"{asset.symbol}: not brought up to date: {fault}"))
    if told is None or not told.quarantined:
        return before
    rows = "1 row is" if told.quarantined == 1 else f"{told.quarantined} rows are"
    held = f"{asset.symbol}: {rows} held back: see `forecaster data quarantine {asset.symbol}`"
    return replace(before, notes=(*before.notes, held))


def _stored_by(home: Home, asset: Asset, as_of: pd.Timestamp) -> bool:
    """Whether the rows of a day are here."""
    history = home.store.history(asset.symbol)
    return not history.frame.empty and history.last >= as_of


def _attended(home: Home, asset: Asset, as_of: pd.Timestamp | None, before: UpToDate) -> UpToDate:
    """With its newest attention; without it, it is forecast all the same."""
    del as_of
    if before.fault is not None or asset.symbol not in home.settings.data.attention:
        return before
    try:
        attention(home, asset.symbol)
    except StoreError:
        raise
    except IngestError as fault:
        return replace(before, notes=(*before.notes, f"{asset.symbol}: forecast without its newest attention: {fault}"))
    return before


def imported(
    home: Home,
    source: str,
    symbol: str,
    code: str | None = None,
    first: pd.Timestamp | None = None,
    last: pd.Timestamp | None = None,
) -> Fetched:
    """Fetches the rows of a symbol, which may be new here.

    Args:
        home: Where everything is kept.
        source: A provider of `ingest.sources`.
        symbol: The asset's symbol.
        code: Its calendar's code; the one on the books where None, else the provider's word.
        first: First day; all history where None.
        last: Last day; the last final session where None.

    Raises:
        UnknownSourceError: There is no such provider.
        UnknownSymbolError: The provider does not have the symbol.
        ProviderError: What the provider did not give, or that it is not asked before a pause is over.
        AssetConflictError: The asset is on the books with other facts.
    """
    provider = sources.provider(source)
    known = code or next((asset.calendar for asset in home.store.assets() if asset.symbol == symbol), None)
    return _stored(home, provider, source, symbol, lambda name: provider.describe(symbol, known, name), (first, last))


def first_wanted(provider: Provider, now: datetime, last: pd.Timestamp | None) -> pd.Timestamp | None:
    """The first day that a daily run asks for; None for everything.

    Args:
        provider: Whom it asks.
        now: With a time zone.
        last: Last stored session; where it is before the provider's window, days begin `AGAIN` before it, so that no
            hole opens after a long pause.
    """
    if provider.WINDOW is None:
        return None
    window = as_day(now - provider.WINDOW)
    return window if last is None else min(window, last - AGAIN)


def attention(
    home: Home,
    symbol: str,
    asked: Attention | None = None,
    first: pd.Timestamp | None = None,
    last: pd.Timestamp | None = None,
) -> Attended:
    """Fetches counts of an asset's attention.

    Args:
        home: Where everything is kept.
        symbol: An asset with prices.
        asked: Where it comes from; what is empty is as in the settings, if they name this source.
        first: First day; where None, the last stored day less `OVERLAP`, or the first price less `LEAD`.
        last: Last day; today where None.

    Raises:
        ForecasterError: Neither the arguments nor the settings name a source and a subject, or they say of a source
            that is no file what only a file may need.
        UnknownSourceError: There is no such adapter.
        ProviderError: What the provider did not give, or that it is not asked before a pause is over.
        AssetConflictError: The asset's attention comes from elsewhere.
    """
    of = _where_from(home, symbol, asked or Attention(source="", subject=""))
    adapter, history, now = adapters.load(of.source), home.store.history(symbol), home.clock.now()
    if first is None:
        first = history.first - LEAD if history.counts.empty else history.counts["day"].max() - OVERLAP
    until = pd.Timestamp(now).tz_convert("UTC").tz_localize(None) if last is None else last
    with _asking(home, of.source, symbol):
        if of.column or of.kind:
            given = adapters.of_files(of.source).attention(
                of.subject, first, until, now, column=of.column, kind=of.kind
            )
        else:
            given = adapter.attention(of.subject, first, until, now)
    counts = home.store.append_counts(symbol, of.source, given, now, home.ledger.newest(symbol))
    return Attended(counts, given.notes)


def _where_from(home: Home, symbol: str, asked: Attention) -> Attention:
    """What is asked for, completed by the settings.

    Raises:
        ForecasterError: There is no source or no subject.
    """
    chosen = home.settings.data.attention.get(symbol)
    if chosen is not None and asked.source in {"", chosen.source}:
        known = chosen.model_dump() if asked.subject in {"", chosen.subject} else {"source": chosen.source}
        asked = asked.model_copy(update={name: said for name, said in known.items() if not getattr(asked, name)})
    if not asked.source or not asked.subject:
        raise ForecasterError(
            f"{symbol}: name the source of its attention and what to request there: --source wikimedia --subject "
            f'Ethereum, or [data.attention."{symbol}"] with source and subject in forecaster.toml'
        )
    return asked


def _stored(
    home: Home,
    provider: Provider,
    source: str,
    symbol: str,
    asset_of: Callable[[str], Asset],
    days: tuple[pd.Timestamp | None, pd.Timestamp | None],
) -> Fetched:
    """Asks a provider for a symbol by its name there, and stores what comes."""
    now, name = home.clock.now(), home.settings.data.renamed.get(symbol, symbol)
    with _asking(home, source, symbol):
        asset = asset_of(name)
        rows = provider.fetch(asset, now, *days, name)
    return Fetched(asset, rows, home.store.append(asset, rows, now))


def _asking(home: Home, provider: str, symbol: str) -> AbstractContextManager[None]:
    """A block that asks a provider, if it has not asked to wait."""
    return home.pauses.respected(provider, symbol, lambda: datetime.now(UTC))
