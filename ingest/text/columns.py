"""Columns by name: what providers call the date, the prices, the volume, the payments and the attention."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

# ruff: noqa: RUF001  # Turkish names have a dotless i
ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        role: tuple(names.split())
        for role, names in {
            "date": """
                date day session timeopen opentime tradedate tradingdate datetime timestamp time start snappedat
                gmttime localtime exchangedate pricedate dateutc observationdate effectivedate valuedate asofdate caldt
                datum börsentag handelstag handelsdag fecha data giorno séance sesja sessão dato päivämäärä tijd tarih
                дата 日期 交易日期 交易日 日付 日時 날짜 일자 거래일
                datadate t
                """,
            "open": """
                open openprice opening openingprice priceopen
                eröffnung eröffn eröffnungskurs erster ouv ouverture apertura aperto abertura otwarcie kursotwarcia
                åbning öppning açılış открытие откр 开盘 开盘价 開盤 開盤價 始値 시가
                pxopen openprc prcod o
                """,
            "high": """
                high highprice dayhigh pricehigh
                hoch tageshoch höchst höchstkurs plushaut haut máximo maximo máx max massimo najwyzszy najwyższy maks
                hoog højest högst yüksek макс максимум 最高 最高价 最高價 高値 고가
                pxhigh high1 prchd h
                """,
            "low": """
                low lowprice daylow pricelow
                tief tagestief tiefst tiefstkurs plusbas bas mínimo minimo mín min najnizszy najniższy
                laag lavest lägst düşük мин минимум 最低 最低价 最低價 安値 저가
                pxlow low1 prcld l
                """,
            "close": """
                close closeprice closing closingprice closelast priceclose
                closecloseadjustedforsplits closeclosepriceadjustedforsplits
                schluss schlusskurs schlußkurs schlusspreis clôture cierre chiusura fechamento zamkniecie zamknięcie
                kurszamknięcia slutkurs slotkoers kapanış закрытие 收盘 收盘价 收盤 收盤價 終値 종가
                last lastprice price settle settlement settlementprice settleprice
                zuletzt kurs dernier último ultimo ostatnio şimdi цена
                pxlast universalcloseprice trdprc1 prccd c
                """,
            "adjusted": """
                adjclose adjustedclose adjcloseprice closeadjusted closeadj adjustedcloseprice adjclosingprice
                closetotalreturn adjusted
                adjcloseadjustedclosepriceadjustedforsplitsanddividendandorcapitalgaindistributions
                調整後終値 调整后收盘价 수정종가
                """,
            "volume": """
                volume vol volumeusd volumefrom volume24h totalvolume tradevolume tradingvolume sharevolume sharestraded
                noofshares numberofshares totaltradedquantity tradedquantity
                stuecke stücke volumen wolumen 成交量 거래량 出来高 tickvolume tickvol turnover
                volumes volym hacim hac объём объем 成交股數 成交股数 売買高 umsatz obrót omzet omsättning
                pxvolume acvol1 cshtrd 売買高株 出来高株 v
                """,
            "market_cap": "marketcap marketcapitalization marketcapitalisation",
            "tweets": "tweets tweetsaday tweetcount tweetsperday numberoftweets",
            "dividend": """
                dividends dividend divcash dividendamount exdividend cashdividend dividendpershare div
                dividende dividendo dividendi dywidenda
                """,
            "gain": "capitalgains capitalgain",
            "split": "stocksplits stocksplit splits split splitfactor splitratio splitcoefficient",
            "adjustment": "adjustment",
        }.items()
    }
)
"""Role -> names, the preferred first, as `normal_name` spells them."""

IDENTIFIERS = (
    *("ticker", "symbol", "tickersymbol", "actsymbol", "tscode", "code", "secid", "permno", "isin", "slug"),
    *("instrument", "security", "asset", "coin", "currency", "name", "series", "indexname", "ccy"),
    *("股票代码", "证券代码", "證券代號", "종목코드", "銘柄コード"),
)
"""What columns are called that say whose row it is, the surest first, as `normal_name` spells it."""

CLOCKS = frozenset({"time", "hour", "zeit", "uhrzeit", "timeutc"})
"""What a column of clocks beside that of dates is called."""

FIRST_CHOICE = ALIASES["close"][: ALIASES["close"].index("last")]
"""Names that say close: one of them goes before `Last` and `Price`."""


_CURRENCY = re.compile(
    r"(?<=[a-z*])\s*[(\[](?:in )?"
    r"(?:usd|eur|gbp|gbx|pence|jpy|chf|cad|aud|inr|rs\.?|cny|hkd|krw|sek|[$€£¥₹])[)\]]$"
)
_PRICED = re.compile(r"open|high|low|close|closing|price|last|dividend")
_COUNTED = re.compile(r"\d{1,2}[a-z]?\.\s+(?=[a-z])")
"""What Alpha Vantage writes before its names, such as `4. close`: https://www.alphavantage.co/documentation/."""
_BARS = frozenset("ohlc")


def normal_name(name: str) -> str:
    """A column's name without case, spaces, signs and number, and a price's without its currency.

    >>> normal_name("Adj Close**"), normal_name("Close/Last"), normal_name("4. close"), normal_name("Close (USD)")
    ('adjclose', 'closelast', 'close', 'close')
    """
    if (digits := name.replace(".", "", 1)).isdigit():  # most cells of a file are numbers
        return digits
    folded = _COUNTED.sub("", name.casefold(), count=1) if name[:1].isdigit() else name.casefold()
    plain = _CURRENCY.sub("", folded) if _PRICED.search(folded) else folded
    return "".join(sign for sign in plain if sign.isalnum())


def normal_names(header: Sequence[str]) -> list[str]:
    """The names of columns as `normal_name` spells them, without those of one letter that are none of a bar's.

    Where open, high, low and close are not all there as letters, `C`, `T` and `V` are tickers.

    >>> normal_names(("t", "o", "h", "l", "c")), normal_names(("Date", "C", "V"))
    (['t', 'o', 'h', 'l', 'c'], ['date', '', ''])
    """
    names = [normal_name(name) for name in header]
    bars = set(names) >= _BARS
    return [name if len(name) != 1 or bars or not ("a" <= name <= "z") else "" for name in names]


def find_columns(header: tuple[str, ...]) -> dict[str, int]:
    """Role -> position of its column, for the roles that the header has.

    >>> find_columns(("Date", "Open", "Close", "Adj Close", "Tweets"))
    {'date': 0, 'open': 1, 'close': 2, 'adjusted': 3, 'tweets': 4}
    """
    positions: dict[str, int] = {}
    for at, name in enumerate(normal_names(header)):
        positions.setdefault(name, at)
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
