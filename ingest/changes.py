"""From levels to changes: simple changes per session, with every gap left a gap.

    change[t] = level[t] / level[t-1] - 1            volume, attention and the other levels
    change[t] = close[t] / close[t-1] * a[t] - 1     price, a[t] the total-return factor

t-1 is the calendar's previous session, not the previous row: a change across a missing session is
the change of several days and is not known for any one of them. A level that is missing or zero
gives no change either; it is never turned into 0 % or into infinity. A price that stands still is
a change of 0 like any other.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd

from ingest.sessions import Calendar

SERIES: Mapping[str, str] = MappingProxyType(
    {
        "price": "close",
        "volume": "volume",
        "tweets": "tweets",
        "open": "open",
        "high": "high",
        "low": "low",
        "market_cap": "market_cap",
    }
)
"""Series name -> panel column."""

DEFAULT = ("price", "volume", "tweets")


def simple_changes(rows: pd.DataFrame, calendar: Calendar, series: Sequence[str] = DEFAULT) -> pd.DataFrame:
    """Changes of each series on every session of the calendar from the first row to the last.

    Rows dated on days without a session are left out here; `ingest.checks` reports them.

    Args:
        rows: A panel, one row a session.
        calendar: The asset's calendar.
        series: Names of `SERIES`.

    Returns:
        Fractions per session `(sessions, series)`, indexed by session; NaN where there is none.

    Raises:
        KeyError: A name that is not in `SERIES`.
        CalendarRangeError: Rows outside the calendar's years.
    """
    if rows.empty:
        index = pd.DatetimeIndex([], dtype="datetime64[us]", name="session")
        return pd.DataFrame(index=index, columns=list(series), dtype=float)
    days = pd.DatetimeIndex(rows["session"])
    sessions = calendar.sessions(days.min(), days.max()).rename("session")
    at = days.get_indexer(sessions)
    changes: dict[str, np.ndarray] = {}
    for name in series:
        level = rows[SERIES[name]].to_numpy(dtype=float)[at]
        level = np.where((at >= 0) & (level > 0), level, np.nan)
        change = np.full(level.shape, np.nan)
        ratio = level[1:] / level[:-1]
        if name == "price":
            ratio = ratio * rows["adjustment"].to_numpy(dtype=float)[at][1:]
        change[1:] = ratio - 1
        changes[name] = change
    return pd.DataFrame(changes, index=sessions)


def series_of(rows: pd.DataFrame) -> tuple[str, ...]:
    """The default series that an asset has: price, then volume and tweets where any is above zero.

    Args:
        rows: A panel.

    >>> from ingest.panel import panel_rows
    >>> days = pd.DatetimeIndex(["2024-01-01", "2024-01-02"])
    >>> series_of(panel_rows("A", days, {"close": [1.0, 2.0], "volume": [0.0, 5.0]}, "test"))
    ('price', 'volume')
    """
    return tuple(name for name in DEFAULT if name == "price" or (rows[SERIES[name]] > 0).any())
