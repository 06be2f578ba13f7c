"""What the adapters share: what they give back, which UTC days are final, and how counts become a series."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from ingest.errors import BadPayloadError, NoDataError
from ingest.sessions import Day, as_day

MOST = 1e12
"""No count of a day is above this; one that is belongs to another series."""


@dataclass(frozen=True, eq=False)
class Counts:
    """What an adapter gives back.

    Attributes:
        kind: What is counted, such as "tweets a day".
        lag: After the end of a UTC day, until its count is complete and published.
        days: Float64 counts, indexed by naive midnights of UTC days (`datetime64[us]`, name `session`), without
            holes: NaN for a day that is not known.
        payload: The sha256 of the provider's bytes, decompressed, hex; of several pages one after the other in the
            order in which they came.
        former: Names that earlier versions gave this kind: an asset that has one of them keeps it.
        notes: What a user should know, such as how many days were left out.
    """

    kind: str
    lag: timedelta
    days: pd.Series
    payload: str
    former: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def final_days(first: Day, last: Day, now: datetime, lag: timedelta, where: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    """The days asked for, less those that are not over and published at now.

    Raises:
        NoDataError: None is left.
        AsOfError: Either is no date.

    >>> from datetime import UTC
    >>> now = datetime(2024, 1, 5, 6, tzinfo=UTC)
    >>> final_days("2024-01-01", "2024-01-09", now, timedelta(hours=7), "x")[1]
    Timestamp('2024-01-03 00:00:00')
    """
    published = pd.Timestamp(now).tz_convert("UTC").tz_localize(None) - lag
    newest = published.normalize() - pd.Timedelta(1, unit="D")
    start, end = as_day(first), min(as_day(last), newest.as_unit("us"))
    if start > end:
        raise NoDataError(
            f"{where}: no day from {start:%Y-%m-%d} to {as_day(last):%Y-%m-%d} is over and published yet: the newest "
            f"is {newest:%Y-%m-%d}"
        )
    return start, end


def series_of(counts: Mapping[pd.Timestamp, float], start: pd.Timestamp, end: pd.Timestamp, where: str) -> pd.Series:
    """Counts by day as a series without holes: a day that is not there is NaN.

    Args:
        counts: Day (naive midnight, UTC) to count, NaN where the provider says null.
        start: Days before it are left out.
        end: Days after it are left out.
        where: Provider and subject, for the messages.

    Raises:
        NoDataError: No day within has a count.
        BadPayloadError: A count that is negative or beyond `MOST`.
    """
    within = {day: float(count) for day, count in counts.items() if start <= day <= end}
    known = [day for day, count in within.items() if not math.isnan(count)]
    if not known:
        raise NoDataError(
            f"{where}: it has no count from {start:%Y-%m-%d} to {end:%Y-%m-%d}: check the name, or ask for other days"
        )
    for day in known:
        if not 0 <= within[day] <= MOST:
            raise BadPayloadError(f"{where}: the count of {day:%Y-%m-%d} is {within[day]:g}, which none can be")
    index = pd.date_range(min(known), max(known), freq="D", unit="us", name="session")
    return pd.Series([within.get(day, np.nan) for day in index], index=index, dtype=float, name="attention")


def utc_day(text: str, pattern: str) -> pd.Timestamp:
    """A day as a provider writes it, as a naive midnight of unit us.

    Raises:
        ValueError: It is written otherwise, or is no midnight.

    >>> utc_day("2015080100", "%Y%m%d%H")
    Timestamp('2015-08-01 00:00:00')
    """
    stamp = pd.Timestamp(datetime.strptime(text, pattern)).as_unit("us")  # noqa: DTZ007  # providers' days are UTC
    if stamp != stamp.normalize():
        raise ValueError("not a midnight")
    return stamp
