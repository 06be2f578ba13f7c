"""What a view sees of others: its market, and series of its own, as covariates of the log scale.

A value of another series counts at a session where it was published by the session's close and the cut-off after it,
and never past the next open. Which session of the other that is follows from calendars and publication lags alone; a
row that should have been there by then and was not is missing, and its covariates are as usual. With `b` the log of a
volatility and `m` the market's daily log change, the mean over the others or the named asset's:

    market_volatility   as short_volatility, of m
    market_leverage     as leverage, of m
    market_range        as range, of the named asset's bars
    market_relative     (b_m - its mean of 500 sessions) - (b - its mean of 500 sessions)
    implied_volatility  log of the implied volatility of a session - b
    any other series    its distance from its mean so far, in standard deviations so far, both fading
    NAME_known          1 where a series of its own is known, else 0
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ingest.changes import simple_changes
from ingest.companions import Named, latest_by
from ingest.covariates import COVARIATE_CLIP, covariates, volatility
from ingest.errors import CalendarRangeError
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from forecaster.floats import Floats
    from forecaster.view.view import View
    from ingest.assets import Asset
    from ingest.history import History
    from ingest.own_series import OwnSeries
    from ingest.sessions import Calendar

LONG = 500
"""Sessions of the mean from which a volatility's level is counted."""

SPREAD = 0.4
"""Usual standard deviation of the difference of two such levels."""

ENOUGH = 4
"""Others that must have a change for a market's change of the day."""

IMPLIED_CENTRE, IMPLIED_SPREAD = 0.15, 0.25
"""Usual value and standard deviation of the log of implied over realised volatility."""

FADING, SEEN = 250.0, 60
"""Half-life of the mean and spread of a series, sessions, and values that must have been seen."""

A_YEAR = {"24/7": 365.0, "24/5": 260.0}
"""Sessions a year of calendars that have others than exchanges."""
EXCHANGE_YEAR = 252.0

BARS = ("session", "open", "high", "low", "close", "adjustment", "known_at")
CLOSES = ("session", "close", "adjustment", "known_at")


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
        numbers = np.append(_numbers(days), np.iinfo("<i8").min)[place]
        counts = np.searchsorted(arrays[0], numbers, side="right")
        return cls(arrays, counts, np.append(arrays[0], np.iinfo("<i8").max)[counts - 1] == numbers)


Parts = dict[tuple[str, str], Part]
"""What it is (`MARKET`, `OTHERS`, `OWN`) and its symbol or name, to what is known of it."""

MARKET, OTHERS, OWN = "market", "others", "own"


@dataclass(frozen=True, eq=False)
class Seen:
    """What a view sees of others.

    Attributes:
        columns: Covariates by session of the view, NaN where not known; no columns where there are no others.
        parts: What they come from.
    """

    columns: pd.DataFrame
    parts: Mapping[tuple[str, str], Part]


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


def seen(view: View) -> Seen:
    """Everything that a view sees of others."""
    days = pd.DatetimeIndex(view.changes.index)
    moments = instants(view.history.asset, days, view.settings.cutoff_minutes)
    columns: dict[str, Floats] = {}
    parts: Parts = {}
    companions = view.history.companions
    if companions is not None and companions.market is not None:
        columns |= _named(view, companions.market, moments, parts)
    elif companions is not None and companions.others:
        columns |= _mean(view, companions.others, moments, parts)
    for series in view.history.own:
        columns |= _own(view, series, moments, parts)
    clipped = {name: np.clip(of, -COVARIATE_CLIP, COVARIATE_CLIP) for name, of in columns.items()}
    return Seen(pd.DataFrame(clipped, index=view.changes.index), parts)


def beside(known: Seen, sessions: int, cutoff_minutes: float) -> Beside:
    """The companions at the last of the first so many sessions of a view."""
    told: dict[str, dict[str, str]] = {MARKET: {}, OTHERS: {}, OWN: {}}
    missing = []
    for (kind, name), part in known.parts.items():
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
    ends = np.fmin(_naive(late), _naive(code.opens(_following(code, days))))
    return np.maximum(ends, _naive(closes + asset.lag))


def _following(code: Calendar, days: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """The session after each of some sessions in a row; the last one itself where the calendar ends with it."""
    try:
        end = code.next(days[-1])
    except CalendarRangeError:
        end = days[-1]
    return pd.DatetimeIndex([*days[1:], end])


def _naive(moments: pd.DatetimeIndex) -> NDArray[np.datetime64]:
    return moments.tz_localize(None).to_numpy().astype("datetime64[us]")


def places(
    code: Calendar, lag: pd.Timedelta, days: pd.DatetimeIndex, moments: NDArray[np.datetime64]
) -> NDArray[np.intp]:
    """The place among another's sessions of the newest one published by each instant `(sessions,)`; -1 for none."""
    published = _naive(code.known_after(days) + lag) if len(days) else np.array([], "datetime64[us]")
    return np.searchsorted(published, moments, side="right") - 1


def _at(values: Floats, place: NDArray[np.intp]) -> Floats:
    """Values by place, NaN for none."""
    return np.append(values, np.nan)[place]


@dataclass(frozen=True, eq=False)
class _Other:
    """Another asset as it was known at the last of a view's instants.

    Attributes:
        rows: Its rows.
        changes: Log changes by its own calendar's session.
        place: The session of it that counts at each session of the view, -1 for none.
    """

    rows: pd.DataFrame
    changes: pd.Series
    place: NDArray[np.intp]

    @property
    def part(self) -> Part:
        """It as the view knows it."""
        values = self.rows.drop(columns=["session", "known_at"]).to_numpy("<f8")
        known = _naive(pd.DatetimeIndex(self.rows["known_at"])).astype("<i8")
        arrays = _numbers(pd.DatetimeIndex(self.rows["session"])), known, np.ascontiguousarray(values)
        return Part.of(arrays, pd.DatetimeIndex(self.changes.index), self.place)

    @classmethod
    def of(cls, history: History, moments: NDArray[np.datetime64], columns: tuple[str, ...]) -> _Other:
        code, moment = calendar(history.asset.calendar), pd.Timestamp(moments[-1]).tz_localize("UTC")
        try:
            last = latest_by(history, moment)
        except CalendarRangeError:  # its calendar begins later
            last = pd.Timestamp.min
        rows = history.known_by(moment, last, columns)
        if rows.empty:
            nothing = pd.Series(np.empty(0), pd.DatetimeIndex([], dtype="datetime64[us]"))
            return cls(rows, nothing, np.full(len(moments), -1))
        changes = np.log1p(simple_changes(rows, code, ("price",))["price"])
        days = code.sessions(changes.index[0], last)  # those without a row at the end among them
        place = places(code, pd.Timedelta(history.asset.lag), days, moments)
        return cls(rows, changes.reindex(days), place)


def _numbers(days: pd.DatetimeIndex) -> NDArray[np.int64]:
    return days.to_numpy().astype("datetime64[D]").astype("<i8")


def _mean(view: View, others: tuple[History, ...], moments: NDArray[np.datetime64], parts: Parts) -> dict[str, Floats]:
    """The market state of the others' mean, by session of the view."""
    table = np.empty((len(others), len(moments)))
    for at, history in enumerate(others):
        other = _Other.of(history, moments, CLOSES)
        parts[OTHERS, history.asset.symbol] = other.part
        table[at] = _at(other.changes.to_numpy(), other.place)
    known = ~np.isnan(table)
    count = known.sum(axis=0)
    total = np.where(known, table, 0.0).sum(axis=0)
    change = np.divide(total, count, out=np.full(len(moments), np.nan), where=count >= ENOUGH)
    market = pd.Series(change, view.changes.index)
    return _state(view, market, _bare(market.index), np.arange(len(moments)))


def _named(view: View, history: History, moments: NDArray[np.datetime64], parts: Parts) -> dict[str, Floats]:
    """The market state of a named asset, by session of the view."""
    other = _Other.of(history, moments, BARS)
    parts[MARKET, history.asset.symbol] = other.part
    bars = other.rows.assign(volume=np.nan, tweets=np.nan)
    return _state(view, other.changes, bars, other.place)


def _bare(days: pd.Index) -> pd.DataFrame:
    """A panel without bars."""
    names = ("open", "high", "low", "close", "volume", "tweets")
    return pd.DataFrame({"session": days, **dict.fromkeys(names, np.nan)})


def _state(view: View, change: pd.Series, bars: pd.DataFrame, place: NDArray[np.intp]) -> dict[str, Floats]:
    """Covariates from a market's log changes by its own session, each where it counts for the view's sessions."""
    if change.empty:
        return {}
    known = volatility(change, view.settings.half_life)
    own = covariates(bars, known, None)
    there = change.notna().to_numpy()
    above = _above(known["volatility"])
    state = {
        "market_volatility": own["short_volatility"],
        "market_leverage": own["leverage"],
        "market_range": own["range"],
    }
    made = {name: _at(np.where(there, of.to_numpy(), np.nan), place) for name, of in state.items()}
    apart = _at(np.where(there, above, np.nan), place) - _above(view.volatility)
    return {**made, "market_relative": apart / SPREAD}


def _above(known: pd.Series) -> Floats:
    """Log of a volatility above its own mean of the last sessions."""
    log = np.log(known.to_numpy(dtype=float))
    mean = pd.Series(log).rolling(LONG, min_periods=1).mean().to_numpy()
    result: Floats = log - mean
    return result


def _own(view: View, series: OwnSeries, moments: NDArray[np.datetime64], parts: Parts) -> dict[str, Floats]:
    """The covariates of a series of the asset's own."""
    days = pd.DatetimeIndex(view.changes.index)
    place = places(view.calendar, pd.Timedelta(series.lag_minutes, unit="min"), days, moments)
    known = series.known_by(pd.Timestamp(moments[-1]).tz_localize("UTC"), days[max(place[-1], 0)])
    arrays = _numbers(pd.DatetimeIndex(known.index)), np.ascontiguousarray(known.to_numpy("<f8"))
    parts[OWN, series.name] = Part.of(arrays, days, place)
    values = known.reindex(days).to_numpy(dtype=float)
    if series.transform == "implied_volatility":
        there = np.where(values > 0, values, np.nan)
        daily = np.log(_at(there, place) / np.sqrt(A_YEAR.get(view.calendar.code, EXCHANGE_YEAR)))
        standard = (daily - np.log(view.volatility.to_numpy()) - IMPLIED_CENTRE) / IMPLIED_SPREAD
    else:
        standard = _at(_standard(values, series.transform), place)
    return {series.name: standard, f"{series.name}_known": np.isfinite(standard).astype(float)}


def _standard(values: Floats, transform: str) -> Floats:
    """How far values are from their fading mean before, in their fading standard deviation before."""
    told = pd.Series(values)
    if transform != "level":
        told = pd.Series(np.log(told.where(told > 0).to_numpy()))
    if transform == "change":
        told = told.diff()
    fading = told.ewm(halflife=FADING, ignore_na=True, min_periods=SEEN)
    spread = fading.std().shift(1)
    result: Floats = ((told - fading.mean().shift(1)) / spread.where(spread > 0)).to_numpy()
    return result
