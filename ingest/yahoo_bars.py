"""Yahoo's chart as a table of days: prices by the exchange's own day, and events on the days that they name.

yfinance has a table of the same document, which is not used: it moves an event of a day without a row to the day
*before*, keeps the first of two rows of one day, makes a null volume 0, and dates a row of 23:00:15 the next day.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ingest.answers import told
from ingest.errors import BadPayloadError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PRICES = ("open", "high", "low", "close")
_LATE_HOURS = (22, 23)


def bars_of(result: Mapping[str, Any], where: str) -> pd.DataFrame:
    """The days of a chart; for use within `ingest.answers.format_of`.

    Args:
        result: Yahoo's document, the one element of chart.result.
        where: Provider and symbol, for messages.

    Returns:
        Indexed by session, naive dates, each once, oldest first: open, high, low, close, adjusted, volume (NaN where
        Yahoo has none; a price of zero is none), dividends and capital_gains in the shares that the prices are in,
        splits (new shares for one old; 1.0 on an ordinary day). A day that has only an event is a row without a
        price. Of two rows of one day the later one with a close counts.

    Raises:
        BadPayloadError: A split that is no ratio.
    """
    meta, stamps = result["meta"], result["timestamp"]
    quote = result["indicators"]["quote"][0]
    adjusted = result["indicators"].get("adjclose", [{}])[0].get("adjclose", quote["close"])
    values = {name: _numbers(quote[name]) for name in PRICES}
    values |= {"adjusted": _numbers(adjusted), "volume": _numbers(quote["volume"])}
    rows = pd.DataFrame(values, index=local_days(stamps, meta))
    rows[list(PRICES)] = rows[list(PRICES)].mask(rows[list(PRICES)] == 0)
    rows = rows.iloc[np.argsort(np.array(stamps, dtype=np.int64), kind="stable")]
    order = rows.assign(_priced=rows["close"].notna()).sort_values(["session", "_priced"], kind="stable")
    rows = order.loc[~order.index.duplicated(keep="last")].drop(columns="_priced")
    events = result.get("events") or {}
    paid, gained = (_events(events.get(name), meta, _amount) for name in ("dividends", "capitalGains"))
    split = _events(events.get("splits"), meta, lambda event: _ratio(event, where))
    days = rows.index.union(paid.index).union(gained.index).union(split.index)
    return rows.reindex(days).assign(
        dividends=paid.groupby(level=0).sum().reindex(days, fill_value=0.0),
        capital_gains=gained.groupby(level=0).sum().reindex(days, fill_value=0.0),
        splits=split.groupby(level=0).prod().reindex(days, fill_value=1.0),
    )


def local_days(stamps: list[int], meta: Mapping[str, Any]) -> pd.DatetimeIndex:
    """The exchange's own day of each stamp, naive.

    Yahoo stamps some midnights an hour or two early, with the clock of the other half of the year (São Paulo, 2022):
    22:00:00 or 23:00:00 on the second, at which no exchange opens. A live row may be of any second, and its time is
    in the chart's own words; a coin's day is UTC's, which has no summer.

    >>> winter = {"exchangeTimezoneName": "America/Sao_Paulo", "instrumentType": "EQUITY"}
    >>> [f"{day:%m-%d}" for day in local_days([1641434400, 1641434415], winter)]  # 23:00:00 on 01-05, and 15 s later
    ['01-06', '01-05']
    """
    instants = pd.to_datetime(np.array(stamps, dtype=np.int64), unit="s", utc=True)
    local = pd.DatetimeIndex(instants.tz_convert(str(meta["exchangeTimezoneName"])).tz_localize(None))
    early = np.isin(local.hour, _LATE_HOURS) & (local.minute == 0) & (local.second == 0)
    early &= np.array(stamps, dtype=np.int64) != (meta.get("regularMarketTime") or -1)
    if meta.get("instrumentType") == "CRYPTOCURRENCY":
        early[:] = False
    days = local + pd.to_timedelta(np.where(early, 2, 0), unit="h")
    return pd.DatetimeIndex(days.normalize().as_unit("us"), name="session")


def _events(
    found: Mapping[str, Any] | None, meta: Mapping[str, Any], value: Callable[[Mapping[str, Any]], float]
) -> pd.Series[float]:
    """The events of one kind, by the day that each names."""
    events = list((found or {}).values())
    days = local_days([event["date"] for event in events], meta)
    return pd.Series([value(event) for event in events], index=days, dtype=float)


def _amount(event: Mapping[str, Any]) -> float:
    amount = float(event["amount"])
    if not 0 <= amount < np.inf:
        raise ValueError
    return amount


def _ratio(event: Mapping[str, Any], where: str) -> float:
    new, old = float(event["numerator"]), float(event["denominator"])
    if not (0 < new < np.inf and 0 < old < np.inf):
        day = pd.Timestamp(event["date"], unit="s")
        raise BadPayloadError(
            f"{where}: its split of {day:%Y-%m-%d} is {told(new, 12)} for {told(old, 12)}, which is not a ratio: try "
            "again later, or import a file of its prices"
        )
    return new / old


def _numbers(values: list[Any]) -> np.ndarray[Any, np.dtype[np.float64]]:
    return np.array(values, dtype=float)
