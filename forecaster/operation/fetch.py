"""Brings an asset up to date: its prices, and where the settings name them, the counts of its attention.

A provider that asks to wait is left alone until then, whoever asks (`ingest.pauses`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from forecaster.errors import ForecasterError
from ingest import attention as adapters
from ingest import sources

if TYPE_CHECKING:
    from forecaster.records.home import Home
    from ingest.assets import Asset
    from ingest.vintages import Appended

OVERLAP = pd.Timedelta(2, unit="D")
"""Days that are asked for again, since a count may be corrected soon after it was published."""
LEAD = pd.Timedelta(10, unit="D")
"""Days before the first price that are asked for: its session may be paired with a count of some days before."""


def prices(home: Home, asset: Asset) -> Appended | None:
    """Fetches an asset's newest rows; None where its source cannot.

    Raises:
        ProviderError: what its provider did not give, or that it is not asked before a pause is over.
    """
    source = sources.load(asset.source)
    if not hasattr(source, "fetch"):
        return None
    now, history = home.clock.now(), home.store.history(asset.symbol)
    since = None if history.frame.empty else history.last
    name = home.settings.data.renamed.get(asset.symbol, asset.symbol)
    with home.pauses.respected(asset.source, asset.symbol, lambda: datetime.now(UTC)):
        rows = source.fetch(asset, now, since, name)
    return home.store.append(asset, rows, now)


def attention(
    home: Home,
    symbol: str,
    source: str = "",
    subject: str = "",
    first: pd.Timestamp | None = None,
    last: pd.Timestamp | None = None,
) -> Appended:
    """Fetches counts of an asset's attention.

    Args:
        home: where everything is kept.
        symbol: an asset with prices.
        source: an adapter of `ingest.attention`; that of the settings where empty.
        subject: in the adapter's words; that of the settings where empty.
        first: first day; where None, the last stored day less `OVERLAP`, or the first price less `LEAD`.
        last: last day; today where None.

    Raises:
        ForecasterError: neither the arguments nor the settings name a source and a subject.
        UnknownSourceError: there is no such adapter.
        ProviderError: what the provider did not give, or that it is not asked before a pause is over.
        AssetConflictError: the asset's attention comes from elsewhere.
    """
    chosen = home.settings.data.attention.get(symbol)
    if chosen is not None and source in {"", chosen.source}:
        source, subject = chosen.source, subject or chosen.subject
    if not source or not subject:
        raise ForecasterError(
            f"{symbol}: say where its attention comes from, and what to ask there: --source wikimedia --subject "
            f'Ethereum, or [data.attention."{symbol}"] with source and subject in forecaster.toml'
        )
    adapter, history, now = adapters.load(source), home.store.history(symbol), home.clock.now()
    if first is None:
        first = history.first - LEAD if history.counts.empty else history.counts["day"].max() - OVERLAP
    until = pd.Timestamp(now).tz_convert("UTC").tz_localize(None) if last is None else last
    with home.pauses.respected(source, symbol, lambda: datetime.now(UTC)):
        given = adapter.attention(subject, first, until, now)
    return home.store.append_counts(symbol, source, given, now, home.ledger.newest(symbol))
