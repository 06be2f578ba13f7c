"""Tweets a day about a coin, from the comparison pages of bitinfocharts.com; no key.

`GET /comparison/tweets-btc-eth.html` is a web page whose script draws

    d = new Dygraph(document.getElementById("container"),
        [[new Date("2014/04/09"),8193,null],[new Date("2014/04/10"),15039,12],...],
        {labels: ["Date","Bitcoin - Tweets","Ethereum - Tweets"], ...})

one number or `null` a coin. A coin that the site does not know silently returns another's series, so
that the label must begin with the coin's name. X closed its free interface in 2023 and the site may
have stopped the series or the page; that is said, never papered over. Days are UTC.

The subject is the coin's ticker, `eth`; for one that is not in `COINS`, ticker and name: `abc=Abc Coin`.

FORECASTER_BITINFOCHARTS_URL sends all requests to another address, for a proxy of one's own and for tests.
"""

import json
import os
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Unpack

import pandas as pd

from ingest.answers import format_of, told
from ingest.daily_counts import Counts, final_days, series_of, utc_day
from ingest.errors import BadPayloadError, NoDataError, UnknownSymbolError, nearest
from ingest.sessions import Day
from ingest.transport import Options, Transport, address

KIND = "tweets a day"
LAG = timedelta(hours=24)
"""The page takes up to a day to show a day."""

BASE = "https://bitinfocharts.com"
URL = "FORECASTER_BITINFOCHARTS_URL"
COINS = {
    "bch": "Bitcoin Cash",
    "btc": "Bitcoin",
    "dash": "Dash",
    "doge": "Dogecoin",
    "etc": "Ethereum Classic",
    "eth": "Ethereum",
    "ltc": "Litecoin",
    "xmr": "Monero",
    "xrp": "XRP",
    "zec": "Zcash",
}
"""Ticker in the page's address -> name that its label begins with."""

_ROW = re.compile(r"\[\s*new Date\(\s*[\"']([^\"']*)[\"']\s*\)([^\[\]]*)\]")
_ARRAY = re.compile(r"new Dygraph\(\s*document\.getElementById\([^)]*\)\s*,\s*\[")
_LABELS = re.compile(r"labels\s*:\s*(\[[^\]]*\])")
_END = re.compile(r"\]\s*,\s*\{")
_TICKER = re.compile(r"[a-z0-9]{1,12}")
_MEASURE = "tweets"


def attention(subject: str, first: Day, last: Day, now: datetime, transport: Transport | None = None) -> Counts:
    """Tweets about the coin, by UTC day.

    Args:
        subject: Ticker, or ticker and name; see the module.
        first: First day wanted.
        last: Last day wanted.
        now: With a time zone; days whose end plus `LAG` is later are left out.
        transport: Another way to the provider; see `client`.

    Returns:
        See `ingest.attention`.

    Raises:
        UnknownSymbolError: A ticker without a name, or one for which the page shows another coin.
        NoDataError: The page is gone, or has no series, or none on those days.
        ProviderError: Another of its kinds.
    """
    ticker, name = _coin(subject)
    where = f"bitinfocharts: {ticker}"
    start, end = final_days(first, last, now, LAG, where)
    try:
        reply = (transport or client()).get(f"/comparison/{_MEASURE}-{ticker}.html", symbol=ticker)
    except NoDataError:
        raise NoDataError(
            f"{where}: the page is gone: the site has stopped these series; import a file with the columns Date and "
            "Tweets, or use page views (wikimedia)"
        ) from None
    counts = columns_of(reply.body.decode("utf-8", "replace"), where)
    fitting = [label for label in counts if _is_of(label, name)]
    if not fitting:
        raise UnknownSymbolError(
            f"{where}: the page shows {told(', '.join(counts), 80)}, not {name}: the site does not know the coin; "
            "write TICKER=NAME as the site does"
        )
    days = series_of(counts[fitting[0]], start, end, where)
    return Counts(KIND, LAG, days, sha256(reply.body).hexdigest())


def client(environment: Mapping[str, str] = os.environ, **options: Unpack[Options]) -> Transport:
    """The way to the site.

    Raises:
        CredentialError: FORECASTER_BITINFOCHARTS_URL is no address that is taken.
    """
    place = address("bitinfocharts", BASE, URL, environment)
    return Transport("bitinfocharts", place, headers={"Accept": "text/html"}, **options)


def columns_of(page: str, where: str) -> dict[str, dict[pd.Timestamp, float]]:
    """Every series of a comparison page: label -> day -> count, NaN for null.

    Args:
        page: Its HTML.
        where: Provider and coin, for the messages.

    Raises:
        NoDataError: The page has no chart, or an empty one.
        BadPayloadError: Rows and labels that do not fit each other, or what is neither number nor null.

    >>> page = '''new Dygraph(document.getElementById("container"),[[new Date("2015/08/10"),123,null]],
    ... {labels: ["Date","Bitcoin - Tweets","Ethereum - Tweets"]})'''
    >>> columns_of(page, "x")["Bitcoin - Tweets"]
    {Timestamp('2015-08-10 00:00:00'): 123.0}
    """
    begin = _ARRAY.search(page)
    end = _END.search(page, begin.end()) if begin else None
    if begin is None or end is None:
        raise NoDataError(
            f"{where}: the page has no chart: the site may have stopped these series, or shows a check for "
            "robots; import a file with the columns Date and Tweets, or use page views (wikimedia)"
        )
    with format_of(where):
        found = _LABELS.search(page, end.start())
        labels = _texts(found.group(1))[1:] if found else []
        rows = _ROW.findall(page, begin.end() - 1, end.end())
        shown = page.count("new Date(", begin.end() - 1, end.end())
        if shown != len(rows):
            raise BadPayloadError(f"{where}: the chart has {shown} days, but {len(rows)} in the known format")
        columns: dict[str, dict[pd.Timestamp, float]] = {label: {} for label in labels}
        for text, cells in rows:
            day, values = utc_day(text, "%Y/%m/%d"), cells.split(",")[1:]
            if len(values) != len(labels) or len(columns) != len(labels):
                raise BadPayloadError(
                    f"{where}: {len(values)} numbers per day, but {len(labels)} labels: try again later"
                )
            for label, value in zip(labels, values, strict=True):
                columns[label][day] = float("nan") if value.strip() == "null" else float(value)
    if not rows:
        raise NoDataError(f"{where}: the page's chart is empty: the site may have stopped these series")
    return columns


def _texts(array: str) -> list[str]:
    """The strings of a JavaScript array, in either kind of quotes."""
    texts: list[str] = json.loads(array.replace("'", '"'))
    return texts


def _coin(subject: str) -> tuple[str, str]:
    ticker, _, name = subject.partition("=")
    ticker = ticker.strip().lower()
    name = name.strip() or COINS.get(ticker, "")
    if not name or not _TICKER.fullmatch(ticker):
        raise UnknownSymbolError(
            f"bitinfocharts: coin {subject[:40]!r} is not known here: {nearest(ticker, COINS)}; or write TICKER=NAME, "
            "the name as the site has it"
        )
    return ticker, name


def _is_of(label: str, name: str) -> bool:
    """Whether a label is of this coin: Bitcoin's is not Bitcoin Cash's.

    >>> _is_of("Bitcoin - Tweets", "Bitcoin"), _is_of("Bitcoin Cash - Tweets", "Bitcoin")
    (True, False)
    """
    coin, _, measure = label.partition(" - ")
    return coin.strip().casefold() == name.casefold() and measure.strip().casefold().startswith(_MEASURE)
