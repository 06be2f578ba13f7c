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

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.view.beside import MARKET, OTHERS, OWN, Part, at_places, instants, naive, numbers, places
from ingest.changes import simple_changes
from ingest.companions import latest_by
from ingest.covariates import COVARIATE_CLIP, KNOWN, covariates, volatility
from ingest.errors import CalendarRangeError
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forecaster.floats import Floats
    from forecaster.view.beside import Parts
    from forecaster.view.view import View
    from ingest.history import History
    from ingest.own_series import OwnSeries

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
class Seen:
    """What a view sees of others.

    Attributes:
        columns: Covariates by session of the view, NaN where not known; no columns where there are no others.
        parts: What they come from.
    """

    columns: pd.DataFrame
    parts: Mapping[tuple[str, str], Part]


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
        known = naive(pd.DatetimeIndex(self.rows["known_at"])).astype("<i8")
        arrays = numbers(pd.DatetimeIndex(self.rows["session"])), known, np.ascontiguousarray(values)
        return Part.of(arrays, pd.DatetimeIndex(self.changes.index), self.place)

    @classmethod
    def of(cls, history: History, moments: NDArray[np.datetime64], columns: tuple[str, ...]) -> _Other:
        code, moment = calendar(history.asset.calendar), pd.Timestamp(moments[-1]).tz_localize("UTC")
        try:
            last = latest_by(history, moment)
        except CalendarRangeError:  # its calendar begins later
            last = code.first - pd.Timedelta(1, unit="D")
        rows = history.known_by(moment, last, columns)
        if rows.empty:
            nothing = pd.Series(np.empty(0), pd.DatetimeIndex([], dtype="datetime64[us]"))
            return cls(rows, nothing, np.full(len(moments), -1))
        changes = np.log1p(simple_changes(rows, code, ("price",))["price"])
        days = code.sessions(changes.index[0], last)  # those without a row at the end among them
        place = places(code, pd.Timedelta(history.asset.lag), days, moments)
        return cls(rows, changes.reindex(days), place)


def _mean(view: View, others: tuple[History, ...], moments: NDArray[np.datetime64], parts: Parts) -> dict[str, Floats]:
    """The market state of the others' mean, by session of the view."""
    table = np.empty((len(others), len(moments)))
    for at, history in enumerate(others):
        other = _Other.of(history, moments, CLOSES)
        parts[OTHERS, history.asset.symbol] = other.part
        table[at] = at_places(other.changes.to_numpy(), other.place)
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
    made = {name: at_places(np.where(there, of.to_numpy(), np.nan), place) for name, of in state.items()}
    apart = at_places(np.where(there, above, np.nan), place) - _above(view.volatility)
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
    arrays = numbers(pd.DatetimeIndex(known.index)), np.ascontiguousarray(known.to_numpy("<f8"))
    parts[OWN, series.name] = Part.of(arrays, days, place)
    values = known.reindex(days).to_numpy(dtype=float)
    if series.transform == "implied_volatility":
        there = np.where(values > 0, values, np.nan)
        daily = np.log(at_places(there, place) / np.sqrt(A_YEAR.get(view.calendar.code, EXCHANGE_YEAR)))
        standard = (daily - np.log(view.volatility.to_numpy()) - IMPLIED_CENTRE) / IMPLIED_SPREAD
    else:
        standard = at_places(_standard(values, series.transform), place)
    return {series.name: standard, f"{series.name}{KNOWN}": np.isfinite(standard).astype(float)}


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
