"""Columns by name: what providers call the date, the prices, the volume and the attention."""

from collections.abc import Mapping
from types import MappingProxyType

ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "date": ("date", "day", "session", "timeopen", "datetime", "timestamp", "time"),
        "open": ("open", "openprice", "opening", "openingprice"),
        "high": ("high", "highprice", "dayhigh"),
        "low": ("low", "lowprice", "daylow"),
        "close": ("close", "closeprice", "closing", "closingprice", "closelast", "last", "price"),
        "adjusted": ("adjclose", "adjustedclose", "adjcloseprice", "closeadjusted"),
        "volume": ("volume", "vol", "volumeusd", "volumefrom"),
        "market_cap": ("marketcap", "marketcapitalization", "marketcapitalisation"),
        "tweets": ("tweets", "tweetsaday", "tweetcount", "tweetsperday", "numberoftweets"),
    }
)
"""Role -> names, the preferred first, as `normal_name` spells them."""


def normal_name(name: str) -> str:
    """A column's name without case, spaces and signs.

    >>> normal_name("Adj Close**"), normal_name("Close/Last"), normal_name("Vol.")
    ('adjclose', 'closelast', 'vol')
    """
    return "".join(sign for sign in name.casefold() if sign.isalnum())


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
