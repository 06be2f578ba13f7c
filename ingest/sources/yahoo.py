r"""Daily bars from Yahoo Finance, through yfinance; no key.

**As traded.** Yahoo divides the whole history by every later split, so that a split would read as a
correction of every row. Here each price is multiplied by the splits after its session (volume
divided) and rounded to seven significant digits, the precision of what Yahoo sends: it stands as it
was traded, whenever it is fetched.

**Total return.** With s[t] the split of session t, d[t] its dividends (capital gains of funds among
them) and c[t] its close, both as traded,

    adjustment[t] = s[t] * (1 + d[t] / c[t])

so that ``c[t] / c[t-1] * adjustment[t] - 1 = s[t] * (c[t] + d[t]) / c[t-1] - 1``: the change of one
who held a share over the night, holds s[t] now and was paid d[t] for each. Yahoo's "Adj Close" is
not used: it is restated for every past day. What falls on a day without a price counts on the next
that has one.

**Sessions** are days in the exchange's own time zone, not in UTC. A session is given only once its
calendar's close plus `LAG_MINUTES` has passed; a row without a close is a gap; of two rows of one
day the later one counts; open, high and low of zero are missing, and currencies have no volume. A
close at or below zero (crude oil, 2020-04-20) has no change in the panel's sense and is a gap.

**What a daily run fetches** is the last `WINDOW` days, or more where the last stored session is older:
every row is a fact about its own session, so that a window agrees with the whole history, and
corrections older than it are seen when ``forecaster ingest yahoo`` is run again. After a reverse split,
volumes may differ in their last digits from those stored, and become new vintages.

FORECASTER_YAHOO_URL sends all requests to another address, for a proxy of one's own and for tests.
"""

import logging
import os
import time
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

import pandas as pd

from ingest.answers import down, format_of, rate_limited, told
from ingest.as_traded import PRICES, as_traded
from ingest.assets import Asset
from ingest.errors import BadPayloadError, IngestError, NoDataError, UnknownCalendarError, UnknownSymbolError
from ingest.exchanges import CALENDARS, KINDS
from ingest.limits import Limits, patiently
from ingest.panel import check_symbol, panel_rows
from ingest.sessions import Day, as_day, calendar
from ingest.transport import address
from ingest.yahoo_session import UNKNOWN, YahooSession

ASSETS: tuple[Asset, ...] = ()

LAG_MINUTES = 20
"""From a session's close until its bar is final: quotes are up to 15 minutes late."""

WINDOW = timedelta(days=400)
OVERLAP = timedelta(days=30)
"""What is fetched again before the last stored session, where that is older than the window."""

EARLIEST = "1927-01-01"
"""Yahoo has nothing before."""

URL = "FORECASTER_YAHOO_URL"
LIMITS = Limits(wait=(20.0, 60.0))


@dataclass(frozen=True, eq=False)
class Chart:
    """What Yahoo sent of one symbol.

    Attributes:
        symbol: the symbol.
        bars: indexed by session, naive dates, each once, oldest first: open, high, low, close, volume, dividends
            and capital_gains in today's shares, splits (1.0 on an ordinary day), adjusted; some without a close.
        meta: Yahoo's words about the symbol: exchangeName, instrumentType, exchangeTimezoneName, currency.
        payload: sha256 of the document's bytes, hex.
    """

    symbol: str
    bars: pd.DataFrame
    meta: Mapping[str, Any]
    payload: str


def fetch(asset: Asset, now: datetime, since: pd.Timestamp | None = None, name: str = "") -> pd.DataFrame:
    """The asset's sessions of the last `WINDOW` days that are final at now, or of more where more are missing.

    Args:
        asset: of this source, as `asset_of` makes it.
        now: with a time zone.
        since: last stored session; where it is before the window, rows begin `OVERLAP` before it, so that no hole
            opens after a long pause.
        name: Yahoo's symbol, where it is another than the asset's: a renamed one that the user has mapped.

    Returns:
        A panel of the asset's own symbol.

    Raises:
        UnknownSymbolError: Yahoo does not know the symbol, or has renamed it.
        ProviderError: one of its kinds.
    """
    first = as_day(now - WINDOW)
    if since is not None:
        first = min(first, as_day(since) - OVERLAP)
    return rows_of(download(name or asset.symbol, first), asset, now)


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
        first: first day wanted.
        session: another way to Yahoo.
        sleep: waits so many seconds.

    Raises:
        BadSymbolError: the symbol is no plain ticker.
        CredentialError: FORECASTER_YAHOO_URL is no address.
        UnknownSymbolError: Yahoo does not know it, or has renamed it.
        ProviderError: one of its kinds.
    """
    check_symbol(symbol)
    way = session or _session(address("yahoo", "", URL, os.environ, encrypted=False))
    start, end = as_day(first), pd.Timestamp.now("UTC").normalize() + pd.Timedelta(2, unit="D")
    frame = patiently(lambda: _history(symbol, f"{start:%Y-%m-%d}", f"{end:%Y-%m-%d}", way), LIMITS, sleep)
    where = f"yahoo: {symbol}"
    with format_of(where):
        (result,) = way.document["chart"]["result"]
        _same_currency(result, where)
        return Chart(symbol, _bars(frame), result["meta"], way.payload)


def asset_of(chart: Chart, code: str | None = None) -> Asset:
    """The asset of a chart.

    Args:
        chart: from `download`.
        code: its calendar; by Yahoo's code of the exchange where None.

    Raises:
        UnknownCalendarError: the calendar is not known, or the exchange's is not.
    """
    kind, exchange = (str(chart.meta.get(name, "")) for name in ("instrumentType", "exchangeName"))
    found = code or KINDS.get(kind) or CALENDARS.get(exchange)
    if found is None:
        place = f"{chart.meta.get('fullExchangeName', exchange)} ({exchange}, {chart.meta.get('exchangeTimezoneName')})"
        raise UnknownCalendarError(
            f"yahoo: {chart.symbol}: the calendar of {told(place, 120)} is not known here: name it with --calendar, "
            "such as --calendar XNYS"
        )
    return Asset(chart.symbol, calendar(found).code, "yahoo", lag_minutes=LAG_MINUTES)


def rows_of(chart: Chart, asset: Asset, now: datetime, last: Day | None = None) -> pd.DataFrame:
    """The final sessions of a chart, as traded.

    Args:
        chart: from `download`.
        asset: whose symbol the rows carry, and whose calendar says which sessions are final.
        now: with a time zone.
        last: last day wanted; all where None.

    Returns:
        A panel.

    Raises:
        NoDataError: no session is left.
    """
    days = calendar(asset.calendar)
    traded = as_traded(chart.bars)
    sessions = pd.DatetimeIndex(traded.index)
    newest = min(days.last_closed(now - asset.lag), as_day(last) if last is not None else days.last)
    kept = traded.loc[(sessions >= days.first) & (sessions <= newest)]
    if kept.empty:
        raise NoDataError(
            f"yahoo: {chart.symbol}: no session with a close from {sessions.min():%Y-%m-%d} to {newest:%Y-%m-%d} is "
            "final: ask for other days, or try again after the close"
            if len(sessions)
            else f"yahoo: {chart.symbol}: no row has a close: ask for other days"
        )
    values = {name: kept[name].to_numpy() for name in (*PRICES, "adjustment")}
    if chart.meta.get("instrumentType") != "CURRENCY":
        values["volume"] = kept["volume"].to_numpy()
    return panel_rows(asset.symbol, pd.DatetimeIndex(kept.index), values, "yahoo", chart.payload)


def _history(symbol: str, start: str, end: str, session: YahooSession) -> pd.DataFrame:
    """Yfinance's table of the symbol; whatever fault it made of a fault, ours is raised."""
    import yfinance  # noqa: PLC0415 - it takes a second to import

    logging.getLogger("yfinance").setLevel(logging.CRITICAL)  # it would say the same again, in its own words
    yfinance.config.debug.hide_exceptions = False
    session.begin(f"yahoo: {symbol}")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # yfinance uses calls that pandas 3.1 deprecates
            frame: pd.DataFrame = yfinance.Ticker(symbol, session=session).history(
                start=start, end=end, interval="1d", auto_adjust=False, actions=True, keepna=True
            )
    except Exception as foreign:
        fault = session.fault or _ours(foreign, f"yahoo: {symbol}")
    else:
        if session.fault is None and session.document is not None:
            return frame
        fault = session.fault or NoDataError(f"yahoo: {symbol}: Yahoo sent no chart: try again later")
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


def _bars(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a local day, in our words."""
    names = {
        "Open": "open",
        "High": "high",
        "Low": "low",
        "Close": "close",
        "Adj Close": "adjusted",
        "Volume": "volume",
        "Dividends": "dividends",
        "Stock Splits": "splits",
    }
    bars = frame.rename(columns=names)[list(names.values())].astype(float)
    bars["capital_gains"] = frame["Capital Gains"].astype(float) if "Capital Gains" in frame else 0.0
    local = pd.DatetimeIndex(frame.index).tz_localize(None).normalize().as_unit("us")
    bars.index = local.rename("session")
    bars["splits"] = bars["splits"].where(bars["splits"] > 0, 1.0)
    bars[["dividends", "capital_gains"]] = bars[["dividends", "capital_gains"]].fillna(0.0)
    order = bars.assign(_known=bars["close"].notna()).sort_values(["session", "_known"], kind="stable")
    return order.loc[~order.index.duplicated(keep="last")].drop(columns="_known")


def _same_currency(result: Mapping[str, Any], where: str) -> None:
    """Refuse dividends in another currency than the price: added to it, they would be a wrong return."""
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
