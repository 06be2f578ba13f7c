"""Attention counted by UTC day: which count a session has, and the rules by which counts are added.

A count of day d is known at the end of d plus the adapter's lag. A session t may use what was known at its own
close plus its source's lag, so that it has the count of

    day(t) = the newest UTC day with  end of day + attention lag <= close of t + lag.

That is t itself where the market closes at midnight UTC and the count is out within the source's lag; a day or two
before t where the market closes in the day's middle, or the adapter is slow. It depends on calendar and lags
alone: no row decides which day it is paired with.

Counts are vintages like prices; `ingest.backdated` says since when each is known.
"""

from datetime import datetime

import numpy as np
import pandas as pd

from ingest.assets import Asset
from ingest.backdated import added
from ingest.daily_counts import Counts
from ingest.sessions import calendar
from ingest.vintages import Appended, last_of_each

_DAY = pd.Timedelta(1, unit="D")


def counted_days(asset: Asset, sessions: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The UTC day whose count each session has; see the module.

    Args:
        asset: With its calendar and lags.
        sessions: `(rows,)`.

    Returns:
        Naive dates `(rows,)`.

    >>> coin = Asset("COIN", "24/7", "yahoo", lag_minutes=20, attention_source="x", attention_lag_minutes=15)
    >>> counted_days(coin, pd.DatetimeIndex(["2024-01-05"]))[0]
    Timestamp('2024-01-05 00:00:00')
    >>> share = Asset("SHARE", "XNYS", "yahoo", lag_minutes=20, attention_source="x", attention_lag_minutes=1440)
    >>> counted_days(share, pd.DatetimeIndex(["2024-01-05"]))[0]
    Timestamp('2024-01-03 00:00:00')
    """
    moments = calendar(asset.calendar).known_after(sessions) + asset.lag - asset.attention_lag
    return (moments.tz_convert(None).floor("D") - _DAY).as_unit("us")


def merged(asset: Asset, rows: pd.DataFrame, vintages: pd.DataFrame, moment: pd.Timestamp) -> pd.DataFrame:
    """The rows with the counts that were known at the moment; a row is known once both of its parts are.

    Args:
        asset: With an attention source.
        rows: A panel, one row a session, oldest first.
        vintages: Attention, columns `ingest.tables.COUNTED`.
        moment: An instant.
    """
    seen = vintages[vintages["known_at"] <= moment].sort_values(["day", "known_at"], kind="stable")
    latest = seen.iloc[last_of_each(seen["day"].to_numpy())].set_index("day")
    days = counted_days(asset, pd.DatetimeIndex(rows["session"]))
    found = latest.reindex(days)
    counted = pd.Series(pd.DatetimeIndex(found["known_at"]), index=rows.index)
    known_at = rows["known_at"].where(counted.isna() | (counted < rows["known_at"]), counted)
    return rows.assign(tweets=found["count"].to_numpy(dtype=float), known_at=known_at)


def additions(
    asset: Asset, stored: pd.DataFrame, given: Counts, now: datetime, recorded: pd.Timestamp | None
) -> tuple[pd.DataFrame, Appended]:
    """The vintages that new counts add to those that are stored.

    Args:
        asset: Whose attention it is.
        stored: Every vintage so far, columns `ingest.tables.COUNTED`, by day, then known_at.
        given: What an adapter gave; a day without a count says nothing.
        now: The instant of the import, with a time zone.
        recorded: The last session from which a forecast is on record, None where there is none.

    Returns:
        The rows to store, and the counts of what they are.

    Raises:
        StoreError: The clock says an instant before what is stored became known.
    """
    known = given.days.dropna()
    days = pd.DatetimeIndex(known.index).as_unit("us")
    published = days.tz_localize("UTC") + _DAY + asset.attention_lag
    read_without = np.zeros(len(known), dtype=bool)
    if recorded is not None:
        read_without = np.asarray(published <= calendar(asset.calendar).close(recorded) + asset.lag)
    before = stored.rename(columns={"count": "value"})
    rows, told = added(asset, before, known, published, read_without, now)
    whose = {"symbol": asset.symbol, "source": asset.attention_source, "payload": given.payload}
    return rows.rename(columns={"value": "count"}).assign(**whose), told
