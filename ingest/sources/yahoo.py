r"""Daily bars from Yahoo Finance, through yfinance; no key.

**As traded.** Yahoo divides the whole history by every later split, so that a split would read as a
correction of every row. Here each price is multiplied by the splits after its session (volume
divided) and rounded to seven significant digits, the precision of what Yahoo sends: it stands as it
was traded, whenever it is fetched. A split is listed before Yahoo has divided by it; whether it has is read from
the prices (`ingest.split_readings`), and where they do not tell, nothing is given until the split's session is over.

**Total return.** With s[t] the split of session t, d[t] its dividends (capital gains of funds among
them) and c[t] its close, both as traded,

    adjustment[t] = s[t] * (1 + d[t] / c[t])

so that `c[t] / c[t-1] * adjustment[t] - 1 = s[t] * (c[t] + d[t]) / c[t-1] - 1`: the change of one
who held a share over the night, holds s[t] now and was paid d[t] for each. Yahoo's "Adj Close" is
not used: it is restated for every past day. An event belongs to the day that it names; what falls on a day without
a price counts on the next that has one.

**Sessions** are days in the exchange's own time zone, not in UTC. A session is given only once its
calendar's close plus `LAG_MINUTES` has passed; a row without a close is a gap; of two rows of one
day the later one with a close counts; prices of zero are missing, and currencies have no volume. A
close below zero (crude oil, 2020-04-20) has no change in the panel's sense and is a gap.

**What a daily run fetches** is the last `WINDOW` days, or more where the last stored session is older:
every row is a fact about its own session, so that a window agrees with the whole history, and
corrections older than it are seen when `forecaster ingest yahoo` is run again. So that the first row of a window has
the events since the price before it, `LEAD` more days are asked for, and all where they hold no price. After a reverse
split, volumes may differ in their last digits from those stored, and become new vintages.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd

from ingest.answers import format_of, told
from ingest.as_traded import PRICES, as_traded, on_priced_days
from ingest.assets import Asset
from ingest.errors import NoDataError, UnknownCalendarError
from ingest.exchanges import CALENDARS, KINDS
from ingest.panel import panel_rows
from ingest.sessions import Day, as_day, calendar
from ingest.split_readings import Present, undivided
from ingest.yahoo_chart import Chart, download, facts

if TYPE_CHECKING:
    from collections.abc import Mapping

FETCHED = True
ASSETS: tuple[Asset, ...] = ()
WINDOW = timedelta(days=400)
LEAD = timedelta(days=30)
"""Days before the first one wanted: the last price among them."""

LAG_MINUTES = 20
"""From a session's close until its bar is final: quotes are up to 15 minutes late."""

EARLIEST = "1927-01-01"
"""Yahoo has nothing before."""


def describe(symbol: str, code: str | None = None, name: str = "") -> Asset:
    """The asset of a symbol; Yahoo is asked about its exchange where its calendar is not known.

    Args:
        symbol: The asset's symbol here.
        code: Its calendar's code.
        name: Yahoo's symbol, where it is another: a renamed one that the user has mapped.

    Raises:
        UnknownSymbolError: Yahoo does not know the symbol, or has renamed it.
        UnknownCalendarError: The calendar is not known, or the exchange's is not.
        ProviderError: One of its kinds.
    """
    asked = name or symbol
    return asset_of(symbol, {}, code) if code else asset_of(symbol, facts(asked))


def fetch(
    asset: Asset, now: datetime, first: Day | None = None, last: Day | None = None, name: str = ""
) -> pd.DataFrame:
    """The asset's sessions that are final at now.

    Args:
        asset: Of this source, as `describe` makes it.
        now: With a time zone.
        first: First day wanted; all history where None.
        last: Last day wanted; the last final session where None.
        name: Yahoo's symbol, where it is another than the asset's.

    Returns:
        A panel of the asset's own symbol.

    Raises:
        UnknownSymbolError: Yahoo does not know the symbol, or has renamed it.
        ProviderError: One of its kinds.
    """
    asked = name or asset.symbol
    if first is None or as_day(first) - LEAD < as_day(EARLIEST):
        return rows_of(download(asked, EARLIEST), asset, now, last, first)
    chart = download(asked, as_day(first) - LEAD)
    priced = pd.DatetimeIndex(on_priced_days(chart.bars)[0].index)
    if not (priced < as_day(first)).any():  # it is new, or stood still: events before the first row are not known
        chart = download(asked, EARLIEST)
    return rows_of(chart, asset, now, last, first)


def asset_of(symbol: str, meta: Mapping[str, Any], code: str | None = None) -> Asset:
    """The asset of a symbol, by Yahoo's words about it.

    Args:
        symbol: The asset's symbol here.
        meta: See `ingest.yahoo_chart.Chart`.
        code: Its calendar; by Yahoo's code of the exchange where None.

    Raises:
        UnknownCalendarError: The calendar is not known, or the exchange's is not.
    """
    kind, exchange = (str(meta.get(name, "")) for name in ("instrumentType", "exchangeName"))
    found = code or KINDS.get(kind) or CALENDARS.get(exchange)
    if found is None:
        place = f"{meta.get('fullExchangeName', exchange)} ({exchange}, {meta.get('exchangeTimezoneName')})"
        raise UnknownCalendarError(
            f"yahoo: {symbol}: the calendar of {told(place, 120)} is not known here: name it with --calendar, "
            "such as --calendar XNYS"
        )
    return Asset(symbol, calendar(found).code, "yahoo", lag_minutes=LAG_MINUTES)


def rows_of(
    chart: Chart, asset: Asset, now: datetime, last: Day | None = None, first: Day | None = None
) -> pd.DataFrame:
    """The final sessions of a chart, as traded.

    Args:
        chart: From `download`.
        asset: Whose symbol the rows carry, and whose calendar says which sessions are final.
        now: With a time zone.
        last: Last day wanted; all where None.
        first: First day wanted; all where None.

    Returns:
        A panel.

    Raises:
        NoDataError: No session is left, or nothing tells whether prices are divided by a split.
    """
    days, where = calendar(asset.calendar), f"yahoo: {chart.symbol}"
    sessions = pd.DatetimeIndex(on_priced_days(chart.bars)[0].index)
    if sessions.empty:
        raise NoDataError(f"{where}: no row has a close: ask for other days")
    closed = days.last_closed(now - asset.lag)
    with format_of(where):
        present = _present(chart.meta, sessions, closed, now)
    traded = as_traded(chart.bars, undivided(chart.bars, present, where))
    oldest = max(days.first, as_day(first) if first is not None else days.first)
    newest = min(closed, as_day(last) if last is not None else days.last)
    kept = traded.loc[(sessions >= oldest) & (sessions <= newest)]
    if kept.empty:
        raise NoDataError(
            f"{where}: no session with a close from {max(oldest, sessions.min()):%Y-%m-%d} to {newest:%Y-%m-%d} is "
            "final: ask for other days, or try again after the close"
        )
    values = {name: kept[name].to_numpy() for name in (*PRICES, "adjustment")}
    if chart.meta.get("instrumentType") != "CURRENCY":
        values["volume"] = kept["volume"].to_numpy()
    return panel_rows(asset.symbol, pd.DatetimeIndex(kept.index), values, "yahoo", chart.payload)


def _present(meta: Mapping[str, Any], sessions: pd.DatetimeIndex, closed: pd.Timestamp, now: datetime) -> Present:
    """Where the present stands: at now, or later where the program's clock is behind that of the answer."""
    local = as_day(pd.Timestamp(now).tz_convert(str(meta["exchangeTimezoneName"])))
    decimals = meta.get("priceHint")
    return Present(
        settled=max(closed, sessions[-1] - pd.Timedelta(1, unit="D")),
        today=max(local, sessions[-1]),
        decimals=None if decimals is None else int(decimals),
    )
