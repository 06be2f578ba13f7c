"""Leaks that come with companions: eight planted where they would happen, and clean kinds that are not accused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.replay.audit import CHECKS, Auditor
from forecaster.replay.futures import COMPANIONS
from forecaster.settings import Settings
from forecaster.view import companions
from ingest.companions import WATCHLIST, beside
from ingest.history import History
from tests.forecaster.markets import history, market, with_series

SETTINGS = Settings(
    forecast={"train_window": 120, "minimum_rows": 40, "track_days": 5},
    models={"bayesian_linear": {"guide": "laplace", "draws": 10}},
)
NAMES = ("bayesian_linear",)
DAYS = 260
SATURDAY = pd.Timestamp("2018-12-15")


def absent(symbol):
    raise AssertionError(symbol)


def walk(seed, symbol, code="XNYS", lag=0):
    return history(symbol, np.random.default_rng(seed).normal(0, 0.01, DAYS), code, lag)


def five(code="XNYS"):
    return beside(market(5, DAYS, 4, code), WATCHLIST, absent)["A0"]


def under(code, index_code, lag=0):
    """An asset under a named market of another exchange."""
    index = walk(2, "^M", index_code, lag)
    return beside({"S": walk(1, "S", code)}, "^M", lambda _: index)["S"]


def implied(lag=15, days=DAYS, transform="implied_volatility"):
    values = np.exp(np.random.default_rng(6).normal(-1.5, 0.3, days))
    return with_series(walk(1, "S"), values, lag, transform)


def others(one, change):
    return replace(one, companions=replace(one.companions, others=tuple(map(change, one.companions.others))))


def revised(one):
    """Its last weeks were restated as each of them was a week old."""
    rows = one.frame.iloc[::7]
    later = rows.assign(close=rows["close"] * 1.02, known_at=rows["known_at"] + pd.Timedelta(7, unit="D"))
    return replace(one, frame=pd.concat([one.frame, later], ignore_index=True))


def holed(one):
    return replace(one, frame=one.frame.drop(index=[30, 31, 180, 222, 223]).reset_index(drop=True))


def audited(one, days=()):
    auditor = Auditor(one, NAMES, SETTINGS, seed=5)
    checks = list(auditor.checks(days or auditor.origins(1)))
    return checks, [leak for check in checks for leak in check.leaks]


def by_date(code, lag, days, moments):
    """Sessions are joined by their dates, wherever the exchanges are."""
    return np.searchsorted(days.to_numpy(), moments.astype("datetime64[D]"), side="right") - 1


def filled_backwards(code, lag, days, moments):
    """A day without a session of the other's takes the next one."""
    own = (moments - np.timedelta64(1, "us")).astype("datetime64[D]")
    return np.searchsorted(days.to_numpy(), own, side="left").clip(max=len(days) - 1)


def without_lag(code, lag, days, moments):
    """A value counts on its own day, whenever it was published."""
    return PLACES(code, pd.Timedelta(0), days, moments)


def newest(self, moment, last, columns):
    """The newest vintage of every session, corrections since among them."""
    rows = self.frame[self.frame["session"] <= last].drop_duplicates("session", keep="last")
    return rows[list(columns)].reset_index(drop=True)


def tomorrow(view, change, bars, place):
    return STATE(view, change.shift(-1).ffill(), bars, place)


def centred(changes, half_life):
    known = VOLATILITY(changes, half_life)
    return known.assign(volatility=known["volatility"].rolling(5, center=True, min_periods=1).mean())


def of_the_whole(values, transform):
    return (values - np.nanmean(values)) / np.nanstd(values)


def level_of_the_whole(known):
    log = np.log(known.to_numpy(dtype=float))
    return log - np.nanmean(log)


PLACES, STATE, VOLATILITY = companions.places, companions._state, companions.volatility
LEAKS = {
    "the same date of a market that closes later": (under("XTKS", "XNYS"), companions, "places", by_date),
    "weekends filled from the next session": (under("24/7", "XNYS"), companions, "places", filled_backwards),
    "a series published after the cut-off": (implied(600), companions, "places", without_lag),
    "a level restated since": (others(five(), revised), History, "known_by", newest),
    "tomorrow's change of the market": (five(), companions, "_state", tomorrow),
    "a centred volatility of the market": (five(), companions, "volatility", centred),
    "a series standardised by all of it": (implied(15, DAYS, "level"), companions, "_standard", of_the_whole),
    "a mean level of all years": (five(), companions, "_above", level_of_the_whole),
}
CLEAN = {
    "others of an exchange": five(),
    "others that never close": five("24/7"),
    "others with holes": others(five(), holed),
    "others that were restated": others(five(), revised),
    "a market that closes later": under("XTKS", "XNYS"),
    "a market that closes before": under("XNYS", "XTKS"),
    "a market published late": under("XNYS", "XNYS", lag=120),
    "a coin under an exchange's index": under("24/7", "XNYS"),
    "implied volatility": implied(),
    "implied volatility known since lately, and late": implied(600, 100),
    "a declared series": implied(15, DAYS, "change"),
}


@pytest.mark.parametrize("kind", LEAKS)
def test_a_planted_leak_is_caught_and_placed(kind, monkeypatch):
    one, place, name, leaky = LEAKS[kind]
    monkeypatch.setattr(place, name, leaky)
    _, (leak, *_) = audited(one, (SATURDAY,) if kind.startswith("weekends") else ())
    assert leak.column == COMPANIONS
    assert COMPANIONS in leak.sentence


@pytest.mark.parametrize("kind", CLEAN)
def test_what_does_not_leak_is_not_accused(kind):
    checks, leaks = audited(CLEAN[kind])
    assert leaks == []
    assert len(checks) == CHECKS
