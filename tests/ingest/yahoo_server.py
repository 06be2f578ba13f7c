"""Yahoo's chart interface as yfinance meets it: cookies, crumb and v8 chart JSON, served on loopback.

The prices are those of a market as it trades; the server writes them as Yahoo does: divided by every later split,
rounded to single precision, stamped with the session's open in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tests.ingest.loopback import Answer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.ingest.loopback import Asked

NOT_FOUND = {
    "chart": {
        "result": None,
        "error": {"code": "Not Found", "description": "No data found, symbol may be delisted"},
    }
}


@dataclass
class Listing:
    """One symbol as it traded.

    Attributes:
        symbol: Yahoo's.
        days: sessions, local dates.
        close: as traded.
        splits: day -> shares for one.
        dividends: day -> per share as traded.
        zone: of the exchange.
        opens: local time of the bars' stamps.
        exchange: Yahoo's code.
        kind: Yahoo's kind of instrument.
        live: appended stamps (UTC) and closes, as Yahoo's live row.
        nulls: days whose row is null throughout.
        gains: day -> capital gain of a fund.
        undivided: days of splits that are listed, and by which Yahoo has not divided yet.
        words: more of what Yahoo says about the symbol.
    """

    symbol: str
    days: pd.DatetimeIndex
    close: Sequence[float]
    splits: dict[str, float] = field(default_factory=dict)
    dividends: dict[str, float] = field(default_factory=dict)
    zone: str = "America/New_York"
    opens: str = "09:30"
    exchange: str = "NMS"
    kind: str = "EQUITY"
    live: list[tuple[str, float]] = field(default_factory=list)
    nulls: tuple[str, ...] = ()
    gains: dict[str, float] = field(default_factory=dict)
    undivided: tuple[str, ...] = ()
    words: dict[str, Any] = field(default_factory=dict)

    def stamp(self, day: str | pd.Timestamp) -> int:
        """Seconds since 1970 of a session's open."""
        local = pd.Timestamp(f"{pd.Timestamp(day):%Y-%m-%d} {self.opens}").tz_localize(self.zone)
        return int(local.timestamp())

    def after(self, day: pd.Timestamp) -> float:
        """Product of the splits after a day: what Yahoo divides by."""
        done = {when: ratio for when, ratio in self.splits.items() if when not in self.undivided}
        return float(np.prod([ratio for when, ratio in done.items() if pd.Timestamp(when) > day]))

    def meta(self) -> dict[str, Any]:
        """Yahoo's words about the symbol."""
        return {
            "currency": "USD",
            "symbol": self.symbol,
            "exchangeName": self.exchange,
            "fullExchangeName": "An Exchange",
            "instrumentType": self.kind,
            "exchangeTimezoneName": self.zone,
            "gmtoffset": 0,
            "timezone": "X",
            "priceHint": 2,
            "dataGranularity": "1d",
            "range": "",
            "validRanges": ["1d", "5d", "1mo", "max"],
            **self.words,
        }

    def chart(self, asked: Asked) -> dict[str, Any]:
        """The document for the days that are asked for."""
        if "period1" not in asked.query:
            return {"chart": {"result": [{"meta": self.meta(), "indicators": {"quote": [{}]}}], "error": None}}
        first, end = int(asked.query["period1"]), int(asked.query["period2"])
        rows = [
            (self.stamp(day), None if f"{day:%Y-%m-%d}" in self.nulls else price, self.after(day))
            for day, price in zip(self.days, self.close, strict=True)
        ]
        rows += [(int(pd.Timestamp(when, tz="UTC").timestamp()), price, 1.0) for when, price in self.live]
        rows = [row for row in rows if first <= row[0] < end]
        quote: dict[str, list[Any]] = {name: [] for name in ("open", "high", "low", "close", "volume")}
        for _, price, after in rows:
            for name, scale in (("open", 0.99), ("high", 1.02), ("low", 0.98), ("close", 1.0)):
                quote[name].append(None if price is None else float(np.float32(price * scale / after)))
            quote["volume"].append(None if price is None else round(1000 * after))
        result: dict[str, Any] = {
            "meta": self.meta(),
            "timestamp": [row[0] for row in rows],
            "indicators": {"quote": [quote], "adjclose": [{"adjclose": self.adjusted(quote["close"], rows)}]},
        }
        events = self.events(first, end)
        return {"chart": {"result": [result | ({"events": events} if events else {})], "error": None}}

    def events(self, first: int, end: int) -> dict[str, Any]:
        """Splits and dividends of the days that are asked for, dividends in today's shares."""
        found: dict[str, Any] = {}
        for when, ratio in self.splits.items():
            at = self.stamp(when)
            split = {"date": at, "numerator": ratio, "denominator": 1.0, "splitRatio": f"{ratio}:1"}
            found.setdefault("splits", {})[str(at)] = split
        for name, payments in (("dividends", self.dividends), ("capitalGains", self.gains)):
            for when, amount in payments.items():
                at = self.stamp(when)
                payment = {"amount": amount / self.after(pd.Timestamp(when)), "date": at}
                found.setdefault(name, {})[str(at)] = payment
        return {
            name: {key: event for key, event in events.items() if first <= event["date"] < end}
            for name, events in found.items()
        }

    def adjusted(self, closes: list[Any], rows: list[Any]) -> list[Any]:
        """Closes less the dividends and gains after them, as Yahoo restates them."""
        paid = {self.stamp(day): amount for day, amount in (*self.dividends.items(), *self.gains.items())}
        factor, out = 1.0, []
        for k in range(len(rows) - 1, -1, -1):
            out.append(None if closes[k] is None else closes[k] * factor)
            if rows[k][0] in paid and k and closes[k - 1]:
                factor *= 1 - paid[rows[k][0]] / rows[k][2] / closes[k - 1]
        return out[::-1]


def yahoo(*listings: Listing) -> Any:
    """A script for the server: these listings, and Not Found for any other."""
    known = {listing.symbol: listing for listing in listings}

    def script(asked: Asked) -> Answer:
        if asked.path == "/v1/test/getcrumb":
            return Answer("crumb")
        if not asked.path.startswith("/v8/finance/chart/"):
            return Answer("", status=404)
        listing = known.get(asked.path.rpartition("/")[2].replace("%5E", "^"))
        return Answer(listing.chart(asked)) if listing else Answer(NOT_FOUND, status=404)

    return script
