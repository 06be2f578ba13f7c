"""Yahoo's chart of a symbol, through yfinance: the one place that calls it, and what its faults mean.

yfinance is the way to Yahoo (cookies, crumb, addresses); rows are read from the document that came, not from its
table (`ingest.yahoo_bars`).

FORECASTER_YAHOO_URL sends all requests to another address, for a proxy of one's own and for tests.
"""

from __future__ import annotations

import logging
import os
import time
import warnings
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from ingest.answers import down, format_of, rate_limited, told
from ingest.errors import BadPayloadError, IngestError, NoDataError, UnknownSymbolError
from ingest.limits import Limits, patiently
from ingest.panel import check_symbol
from ingest.sessions import Day, as_day
from ingest.transport import address
from ingest.yahoo_bars import bars_of
from ingest.yahoo_session import UNKNOWN, YahooSession

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

URL = "FORECASTER_YAHOO_URL"
LIMITS = Limits(wait=(20.0, 60.0))


@dataclass(frozen=True, eq=False)
class Chart:
    """What Yahoo sent of one symbol.

    Attributes:
        symbol: The symbol.
        bars: From `ingest.yahoo_bars.bars_of`.
        meta: Yahoo's words about the symbol: exchangeName, instrumentType, exchangeTimezoneName, currency, priceHint.
        payload: The sha256 of the document's bytes, hex.
    """

    symbol: str
    bars: pd.DataFrame
    meta: Mapping[str, Any]
    payload: str


def download(
    symbol: str,
    first: Day,
    session: YahooSession | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Chart:
    """Yahoo's chart of a symbol from a day until the present.

    The end is always the machine's own present, even where the program's clock says another time: a row can be
    brought back to what was traded only with every later split. (It also keeps yfinance from answering out of its
    memory, as it does for days that are past.)

    Args:
        symbol: Yahoo's symbol.
        first: First day wanted.
        session: Another way to Yahoo.
        sleep: Waits so many seconds.

    Raises:
        BadSymbolError: The symbol is no plain ticker.
        CredentialError: FORECASTER_YAHOO_URL is no address.
        UnknownSymbolError: Yahoo does not know it, or has renamed it.
        ProviderError: One of its kinds.
    """
    check_symbol(symbol)
    way = session or _session(address("yahoo", "", URL, os.environ, encrypted=False))
    start, end = as_day(first), pd.Timestamp.now("UTC").normalize() + pd.Timedelta(2, unit="D")
    span = {"start": f"{start:%Y-%m-%d}", "end": f"{end:%Y-%m-%d}"}
    where = f"yahoo: {symbol}"
    patiently(lambda: _ask(symbol, way, has_days=True, **span), LIMITS, sleep)
    with format_of(where):
        (result,) = way.document["chart"]["result"]
        _same_currency(result, where)
        return Chart(symbol, bars_of(result, where), result["meta"], way.payload)


def facts(
    symbol: str, session: YahooSession | None = None, sleep: Callable[[float], None] = time.sleep
) -> Mapping[str, Any]:
    """Yahoo's words about a symbol, without its history; see `Chart.meta`.

    Args:
        symbol: Yahoo's symbol.
        session: Another way to Yahoo.
        sleep: Waits so many seconds.

    Raises:
        BadSymbolError: The symbol is no plain ticker.
        CredentialError: FORECASTER_YAHOO_URL is no address.
        UnknownSymbolError: Yahoo does not know it, or has renamed it.
        ProviderError: One of its kinds.
    """
    check_symbol(symbol)
    way = session or _session(address("yahoo", "", URL, os.environ, encrypted=False))
    try:
        patiently(lambda: _ask(symbol, way, has_days=False, period="1d"), LIMITS, sleep)
    except NoDataError:  # a market that is shut has no row of today, and says all the same what it is
        if way.document is None or not way.document["chart"]["result"]:
            raise
    with format_of(f"yahoo: {symbol}"):
        meta: Mapping[str, Any] = way.document["chart"]["result"][0]["meta"]
        return meta


def _ask(symbol: str, session: YahooSession, *, has_days: bool, **span: str) -> None:
    """Has yfinance fetch a chart, which the session keeps; whatever fault it made of a fault, ours is raised.

    What yfinance finds wrong with a chart that came whole is not asked: it fails over events that it cannot place.
    """
    import yfinance  # noqa: PLC0415  # it takes a second to import

    logging.getLogger("yfinance").setLevel(logging.CRITICAL)  # it would say the same again, in its own words
    yfinance.config.debug.hide_exceptions = False
    session.begin(f"yahoo: {symbol}")
    fault: IngestError = NoDataError(f"yahoo: {symbol}: Yahoo sent no chart: try again later")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # yfinance uses calls that pandas deprecates
            yfinance.Ticker(symbol, session=session).history(**span, interval="1d", auto_adjust=False, actions=True)
    except Exception as foreign:
        fault = _ours(foreign, f"yahoo: {symbol}")
    if session.fault is not None:
        raise session.fault
    if session.document is None or session.has_days < has_days:
        raise fault


def _ours(foreign: Exception, where: str) -> IngestError:
    """What a fault of yfinance means, where the session has seen nothing wrong."""
    name = type(foreign).__name__
    if isinstance(foreign, IngestError):
        return foreign
    if name == "YFRateLimitError":
        return rate_limited(where, None)
    if name == "YFTzMissingError":
        return UnknownSymbolError(
            f"{where}: Yahoo does not know it: check the symbol on finance.yahoo.com; it may have been renamed or "
            f"delisted: {UNKNOWN}"
        )
    if name == "YFPricesMissingError":
        return NoDataError(f"{where}: Yahoo has no row for these days: ask for others")
    if isinstance(foreign, OSError):
        return down(where, name)
    return BadPayloadError(
        f"{where}: the answer is not in the known format ({name}): Yahoo may have changed it; update yfinance and the "
        "program"
    )


def _same_currency(result: Mapping[str, Any], where: str) -> None:
    """Refuses dividends in another currency than the price: added to it, they would be a wrong return."""
    price = result["meta"].get("currency")
    for payment in (result.get("events") or {}).get("dividends", {}).values():
        own = payment.get("currency") or price
        if own != price:
            raise BadPayloadError(
                f"{where}: it pays dividends in {told(own, 8)} and is priced in {told(price, 8)}: take another listing "
                "of it, or import a file with adjusted closes"
            )


@lru_cache(maxsize=8)
def _session(base: str) -> YahooSession:
    """One session an address: Yahoo's cookies stay with it."""
    return YahooSession(base, LIMITS, time.time)
