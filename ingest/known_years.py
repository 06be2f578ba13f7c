"""What is known of calendars besides what the library says: where their years begin, and days that it lacks.

exchange_calendars applies rules as far back as it is asked, and warrants nothing. A calendar begins here with the
first year that something else than its rules holds, see docs/calendars.md:

- 1970, where nothing better is known. From there on, an earlier version of the library by other hands
  (trading_calendars 2.1.1) and pandas 2.3 have the same sessions. Before it there is no second source, and pandas
  knows no rule for a holiday unless it is made to.
- XNYS 1953, the first year without Saturdays. pandas_market_calendars, which has the exchange's own list of closings,
  has the same sessions from there on. Until May 1952 the exchange traded on Saturdays, and the library has none.
- Where holidays that move (lunar, Islamic, bridges) are listed by date: the first year of the list.
- Where the library itself begins later: there.
"""

from collections.abc import Mapping
from types import MappingProxyType

_EXCHANGES = 1970
_FIRST = MappingProxyType(
    {
        "24/7": 1900,
        "24/5": 1900,
        "XNYS": 1953,
        "XKRX": 1975,
        "XBKK": 1981,
        "XIST": 1981,
        "XKLS": 1981,
        "XIDX": 2002,
        "XKAR": 2002,
        "XMOS": 2002,
        "XPHS": 2002,
    }
)

LISTED_UNTIL: Mapping[str, int] = MappingProxyType({"XIDX": 2025, "XKAR": 2025})
"""Calendar -> the last year for which the library lists the holidays that move, where that year is over."""

OPENED: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "XBOM": MappingProxyType(
            {
                "2015-02-28": "10:00",  # the Budget; notice of the exchange, 20150220-23
                "2020-02-01": "10:00",  # the Budget; circulars of both exchanges, 22 January 2020
                "2024-03-02": "07:00",  # a test of the second site, until 12:30; NSE's circular of 14 February 2024
                "2024-05-18": "07:00",  # the same again; NSE's circular of 7 May 2024
                "2026-02-01": "10:00",  # the Budget, on a Sunday; notices of both exchanges, 16 January 2026
            }
        ),
        "XMOS": MappingProxyType({"2009-01-11": "15:45"}),  # in the library's list, and lost by its own arithmetic
    }
)
"""Calendar -> session that the library lacks -> its close, UTC."""

_NUMBER = 18263  # of weekdays from 1900 to 1969
_NUMBERS = MappingProxyType(
    {
        "24/7": 25567,
        "CMES": 18260,
        "IEPA": 18260,
        "XBKK": 21008,
        "XCBF": 18260,
        "XHKG": 2543,
        "XIDX": 26454,
        "XIST": 21093,
        "XKAR": 26471,
        "XKLS": 21051,
        "XKRX": 3716,
        "XMOS": 26309,
        "XNYS": 18216,
        "XPHS": 26579,
        "XTAI": 18191,
    }
    | dict.fromkeys(("AIXK", "XBOM", "XSAU", "XSES", "XSHG", "XTKS"), 0)
)


def first_year(code: str) -> int:
    """The first year of a calendar that is known.

    Args:
        code: No alias of it.

    >>> first_year("XNYS"), first_year("XLON")
    (1953, 1970)
    """
    return _FIRST.get(code, _EXCHANGES)


def number(code: str) -> int:
    """The number of a calendar's first session of 1970, or of its first one where that is later.

    Refits stand where a session's number is a multiple of their distance, and forecasts on record come from them. So
    sessions keep the numbers that they had when calendars began in 1900, whatever is learnt of the years before 1970.
    """
    return _NUMBERS.get(code, _NUMBER)
