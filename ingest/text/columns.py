"""Columns by name: what providers call the date, the prices, the volume, the payments and the attention."""

import re
from collections.abc import Mapping
from types import MappingProxyType

ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "date": (
            *("date", "day", "session", "timeopen", "opentime", "tradedate", "tradingdate", "datetime", "timestamp"),
            *("time", "start", "snappedat", "gmttime", "localtime", "exchangedate", "pricedate", "dateutc"),
            *("observationdate", "effectivedate", "valuedate", "asofdate", "caldt"),
            *("datum", "fecha", "data", "日期", "날짜", "일자", "日付"),
        ),
        "open": (
            *("open", "openprice", "opening", "openingprice", "priceopen", "eröffnung", "eröffn", "apertura", "erster"),
            *("otwarcie", "ouv", "ouverture", "开盘", "开盘价", "시가", "始値"),
        ),
        "high": (
            *("high", "highprice", "dayhigh", "pricehigh", "hoch", "tageshoch", "máximo", "maximo", "massimo"),
            *("najwyzszy", "plushaut", "最高", "最高价", "고가", "高値"),
        ),
        "low": (
            *("low", "lowprice", "daylow", "pricelow", "tief", "tagestief", "mínimo", "minimo", "najnizszy", "plusbas"),
            *("最低", "最低价", "저가", "安値"),
        ),
        "close": (
            *("close", "closeprice", "closing", "closingprice", "closelast", "priceclose", "schluss", "schlusskurs"),
            *("zamkniecie", "clôture", "cierre", "chiusura", "收盘", "收盘价", "종가", "終値"),
            *("closecloseadjustedforsplits", "closeclosepriceadjustedforsplits"),
            *("last", "lastprice", "price", "settle", "settlement", "settlementprice", "settleprice", "zuletzt"),
            *("último", "ultimo", "dernier"),
        ),
        "adjusted": (
            *("adjclose", "adjustedclose", "adjcloseprice", "closeadjusted", "closeadj", "adjustedcloseprice"),
            *("adjclosingprice", "closetotalreturn", "adjusted", "調整後終値", "调整后收盘价"),
            "adjcloseadjustedclosepriceadjustedforsplitsanddividendandorcapitalgaindistributions",
        ),
        "volume": (
            *("volume", "vol", "volumeusd", "volumefrom", "volume24h", "totalvolume", "tradevolume", "tradingvolume"),
            *("sharevolume", "sharestraded", "noofshares", "numberofshares", "totaltradedquantity", "tradedquantity"),
            *(
                "stuecke",
                "stücke",
                "volumen",
                "wolumen",
                "成交量",
                "거래량",
                "出来高",
                "tickvolume",
                "tickvol",
                "turnover",
            ),
        ),
        "market_cap": ("marketcap", "marketcapitalization", "marketcapitalisation"),
        "tweets": ("tweets", "tweetsaday", "tweetcount", "tweetsperday", "numberoftweets"),
        "dividend": (
            *("dividends", "dividend", "divcash", "dividendamount", "exdividend", "cashdividend", "dividendpershare"),
            "div",
        ),
        "gain": ("capitalgains", "capitalgain"),
        "split": ("stocksplits", "stocksplit", "splits", "split", "splitfactor", "splitratio", "splitcoefficient"),
        "adjustment": ("adjustment",),
    }
)
"""Role -> names, the preferred first, as `normal_name` spells them."""

FIRST_CHOICE = ALIASES["close"][: ALIASES["close"].index("last")]
"""Names that say close: one of them goes before `Last` and `Price`."""


_CURRENCY = re.compile(
    r"(?<=[a-z*])\s*[(\[](?:in )?"
    r"(?:usd|eur|gbp|gbx|pence|jpy|chf|cad|aud|inr|rs\.?|cny|hkd|krw|sek|[$€£¥₹])[)\]]$"
)
_PRICED = re.compile(r"open|high|low|close|closing|price|last|dividend")


def normal_name(name: str) -> str:
    """A column's name without case, spaces and signs, and a price's without its currency.

    >>> normal_name("Adj Close**"), normal_name("Close/Last"), normal_name("Vol."), normal_name("Close (USD)")
    ('adjclose', 'closelast', 'vol', 'close')
    """
    folded = name.casefold()
    plain = _CURRENCY.sub("", folded) if _PRICED.search(folded) else folded
    return "".join(sign for sign in plain if sign.isalnum())


def find_columns(header: tuple[str, ...]) -> dict[str, int]:
    """Role -> position of its column, for the roles that the header has.

    >>> find_columns(("Date", "Open", "Close", "Adj Close", "Tweets"))
    {'date': 0, 'open': 1, 'close': 2, 'adjusted': 3, 'tweets': 4}
    """
    positions: dict[str, int] = {}
    for at, name in enumerate(header):
        positions.setdefault(normal_name(name), at)
    found = {}
    for role, names in ALIASES.items():
        present = [positions[name] for name in names if name in positions]
        if present:
            found[role] = present[0]
    return found


def is_header(cells: tuple[str, ...]) -> bool:
    """Whether these cells name at least a date and a close."""
    return {"date", "close"} <= find_columns(cells).keys()


def is_dated(cells: tuple[str, ...]) -> bool:
    """Whether these cells name a date and something beside it."""
    return sum(bool(cell) for cell in cells) > 1 and "date" in find_columns(cells)


def shown(header: tuple[str, ...], most: int = 200) -> str:
    """The names of the columns, for a message.

    >>> shown(("Date", "", "Close"))
    'Date, (no name), Close'
    """
    return ", ".join(" ".join(name.split()) or "(no name)" for name in header)[:most]
