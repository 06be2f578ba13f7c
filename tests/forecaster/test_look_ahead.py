"""A forecast is a function of what was known: nothing that is done to later rows changes a byte of it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster import market, models
from forecaster.issue import issue
from forecaster.predictive import Predictive
from forecaster.scaling import inputs
from ingest.history import History
from ingest.panel import VALUES
from ingest.sources import simulated

QUICK = {
    "forecast": {"train_window": 150, "minimum_rows": 40, "track_days": 5},
    "models": {
        "bayesian_linear": {"steps": 30, "draws": 20},
        "bayesian_mlp": {"steps": 30, "draws": 20},
        "baseline_mlp": {"epochs": 3},
        "ensemble": {"members": ("climatology", "ewma")},
        "recalibrated": {"members": ("climatology", "ewma")},
    },
}
ROWS = 420


@pytest.fixture(scope="module")
def history():
    """A year and more of the simulated market, all three series."""
    rows = simulated.fetch(simulated.ASSETS[0], pd.Timestamp("2015-03-01", tz="UTC")).tail(ROWS)
    known = rows["session"].dt.tz_localize("UTC") + pd.Timedelta(days=1)
    return History(simulated.ASSETS[0], rows.assign(known_at=known).reset_index(drop=True))


def futures(history: History, as_of: pd.Timestamp, seed: int) -> dict[str, History]:
    """The same past with other futures."""
    frame, later = history.frame, history.frame["session"] > as_of
    rng = np.random.default_rng(seed)
    values = list(VALUES)

    def with_rows(changed: np.ndarray) -> History:
        table = frame.copy()
        table.loc[later, values] = changed
        return replace(history, frame=table)

    rows = frame.loc[later, values].to_numpy()
    late = frame[~later].tail(30).assign(close=1.0, known_at=frame["known_at"].max())
    return {
        "deleted": replace(history, frame=frame[~later]),
        "multiplied by ten": with_rows(10 * rows),
        "permuted": with_rows(rng.permutation(rows)),
        "made NaN": with_rows(np.full_like(rows, np.nan)),
        "the past corrected later": replace(history, frame=pd.concat([frame, late])),
    }


def leaks(forecast, history: History, as_of: pd.Timestamp, seed: int, *, one: bool = False) -> list[str]:
    """The futures under which `forecast(history, as_of) -> bytes` differs; `one` looks at one of them, by the seed."""
    truth, others = forecast(history, as_of), futures(history, as_of, seed)
    names = [list(others)[seed % len(others)]] if one else others
    return [name for name in names if forecast(others[name], as_of) != truth]


def cuts(history: History, count: int) -> list[pd.Timestamp]:
    sessions = history.frame["session"].iloc[150:-2]
    return list(sessions.iloc[np.random.default_rng(11).choice(len(sessions), count, replace=False)])


def as_bytes(settings):
    """Everything that a forecast says, of every model."""

    def forecast(history: History, as_of: pd.Timestamp) -> bytes:
        made = issue(history, as_of, models.names(), settings)
        facts = [(f.model, f.status, f.reason, f.summary(), f.diagnostics, f.data_vintage, f.seed) for f in made]
        return repr(facts).encode() + b"".join(f.predictive.to_bytes() for f in made if f.predictive)

    return forecast


def test_no_model_sees_the_future_at_twenty_random_cuts(history, settings_of):
    """Every future at four of them; the campaign tries all at two hundred."""
    forecast = as_bytes(settings_of(**QUICK))
    found = {
        f"{cut:%Y-%m-%d}": leaks(forecast, history, cut, seed, one=True) for seed, cut in enumerate(cuts(history, 20))
    }
    assert {cut: names for cut, names in found.items() if names} == {}


def test_a_scaler_fitted_on_all_rows_is_caught(history, settings_of):
    """The control: the same test on a forecaster with the commonest of leaks."""
    settings = settings_of(**QUICK).forecast

    def scaled(view: market.View, learnt_from: market.View) -> bytes:
        known = market.training(learnt_from).examples
        spread = inputs(known, "volatility").std()
        origin = market.origin(view, known.series, known.covariates)
        return Predictive.of([float(origin.standard.mean() / spread)], [1.0]).to_bytes()

    def leaky(history: History, as_of: pd.Timestamp) -> bytes:
        return scaled(market.look(history, as_of, settings), market.look(history, history.last, settings))

    def honest(history: History, as_of: pd.Timestamp) -> bytes:
        view = market.look(history, as_of, settings)
        return scaled(view, view)

    for seed, cut in enumerate(cuts(history, 3)):
        assert {"deleted", "multiplied by ten", "permuted"} <= set(leaks(_survives(leaky), history, cut, seed))
        assert leaks(honest, history, cut, seed) == []


def _survives(forecast):
    """A leak may also crash on a future it cannot digest, which is as telling as another forecast."""

    def attempt(history: History, as_of: pd.Timestamp) -> bytes:
        try:
            return forecast(history, as_of)
        except Exception as fault:  # whatever the future broke
            return str(fault).encode()

    return attempt


@pytest.mark.campaign
def test_no_model_sees_the_future_at_two_hundred_cuts(history, settings_of):
    forecast = as_bytes(settings_of(**QUICK))
    found = {f"{cut:%Y-%m-%d}": leaks(forecast, history, cut, seed) for seed, cut in enumerate(cuts(history, 200))}
    assert {cut: names for cut, names in found.items() if names} == {}
