"""Which rows of others count at a view's sessions, and what is on record of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ingest.companions import Named
from ingest.errors import CalendarRangeError
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.floats import Floats
    from ingest.assets import Asset
    from ingest.sessions import Calendar

MARKET, OTHERS, OWN = "market", "others", "own"
"""What a companion is."""


@dataclass(frozen=True, eq=False)
class Part:
    """Another series as a view knows it.

    Attributes:
        arrays: What its values come from, sessions first, for a fingerprint; a row for each session.
        counts: How many of the rows count at each session of the view `(sessions,)`.
        there: Whether the newest that should be known at each session of the view is `(sessions,)`.
    """

    arrays: tuple[NDArray[np.generic], ...]
    counts: NDArray[np.intp]
    there: NDArray[np.bool_]

    @classmethod
    def of(cls, arrays: tuple[NDArray[np.generic], ...], days: pd.DatetimeIndex, place: NDArray[np.intp]) -> Part:
        """From the arrays, the sessions that there are, and the one that counts at each session of the view."""
        due = np.append(numbers(days), np.iinfo("<i8").min)[place]
        counts = np.searchsorted(arrays[0], due, side="right")
        return cls(arrays, counts, np.append(arrays[0], np.iinfo("<i8").max)[counts - 1] == due)


Parts = dict[tuple[str, str], Part]
"""What it is and its symbol or name, to what is known of it."""


@dataclass(frozen=True)
class Beside:
    """The companions of a forecast.

    Attributes:
        cutoff_minutes: Minutes after the close until which they count.
        market: The asset that is named as the market, to the hash of its rows.
        others: The assets whose mean is the market, likewise.
        own: Series of the asset's own, likewise.
        missing: Those whose newest row should have been known, and was not: they count as usual.
    """

    cutoff_minutes: float
    market: Mapping[str, str]
    others: Mapping[str, str]
    own: Mapping[str, str]
    missing: tuple[str, ...]

    @property
    def named(self) -> Named:
        """Who they are."""
        return Named(tuple(self.others), next(iter(self.market), ""), tuple(self.own))

    def vintage(self, own: str) -> str:
        """Hash of the rows of an asset, whose own is given, and of these."""
        facts = [own, *(sorted(of.items()) for of in (self.market, self.others, self.own))]
        return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def beside(parts: Mapping[tuple[str, str], Part], sessions: int, cutoff_minutes: float) -> Beside:
    """The companions at the last of the first so many sessions of a view."""
    told: dict[str, dict[str, str]] = {MARKET: {}, OTHERS: {}, OWN: {}}
    missing = []
    for (kind, name), part in parts.items():
        told[kind][name] = _sha256([of[: part.counts[sessions - 1]] for of in part.arrays])
        if not part.there[sessions - 1]:
            missing.append(name)
    return Beside(cutoff_minutes, told[MARKET], told[OTHERS], told[OWN], tuple(missing))


def _sha256(arrays: Sequence[NDArray[np.generic]]) -> str:
    digest = hashlib.sha256(str(len(arrays[0])).encode())
    for part in arrays:
        digest.update(np.ascontiguousarray(part).data)
    return digest.hexdigest()


def instants(asset: Asset, days: pd.DatetimeIndex, cutoff_minutes: float) -> NDArray[np.datetime64]:
    """The instant by which another's value must be known to count at each session of an asset `(sessions,)`, UTC.

    Args:
        asset: The asset.
        days: Sessions in a row.
        cutoff_minutes: How long after its close others count; never past the next open, nor less than the asset's lag.
    """
    code = calendar(asset.calendar)
    closes = code.known_after(days)
    late = closes + pd.Timedelta(cutoff_minutes, unit="min")
    ends = np.fmin(naive(late), naive(code.opens(_following(code, days))))
    return np.maximum(ends, naive(closes + asset.lag))


def _following(code: Calendar, days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The session after each of some sessions in a row; the last one itself where the calendar ends with it."""
    try:
        end = code.next(days[-1])
    except CalendarRangeError:
        end = days[-1]
    return pd.DatetimeIndex([*days[1:], end])


def naive(moments: pd.DatetimeIndex) -> NDArray[np.datetime64]:
    """Instants in UTC as numpy has them."""
    return moments.tz_localize(None).to_numpy().astype("datetime64[us]")


def places(
    code: Calendar, lag: pd.Timedelta, days: pd.DatetimeIndex, moments: NDArray[np.datetime64]
) -> NDArray[np.intp]:
    """The place among another's sessions of the newest one published by each instant `(sessions,)`; -1 for none."""
    published = naive(code.known_after(days) + lag) if len(days) else np.array([], "datetime64[us]")
    return np.searchsorted(published, moments, side="right") - 1


def at_places(values: Floats, place: NDArray[np.intp]) -> Floats:
    """Values by place, NaN for none."""
    return np.append(values, np.nan)[place]


def numbers(days: pd.DatetimeIndex) -> NDArray[np.int64]:
    """Days since 1970."""
    return days.to_numpy().astype("datetime64[D]").astype("<i8")
