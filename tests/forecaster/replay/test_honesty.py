"""Forecasts over whole markets: calibrated where the law is known, and no skill claimed where there is none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecaster import models
from forecaster.evaluation.verdicts import compare
from forecaster.replay.backtest import last_origins, replay, table
from ingest.history import History
from ingest.sources import simulated

BAYESIAN = ("bayesian_linear", "bayesian_mlp")


def replayed(history: History, days: int, settings, names=BAYESIAN) -> pd.DataFrame:
    """A replay of the last days from one fit before them, as the verdicts want it."""
    as_ofs = last_origins(history, days)
    rows = table(one.row() for one in replay(history, as_ofs, names, settings, refit_every=days))
    return rows.assign(target=rows["target_date"])


@pytest.fixture(scope="module")
def market(settings_of):
    """300 forecast days of the simulated market, Student-t GARCH with volume and tweets."""
    asset = simulated.ASSETS[0]
    rows = simulated.fetch(asset, pd.Timestamp("2018-06-01", tz="UTC"))
    known = rows["session"].dt.tz_localize("UTC") + pd.Timedelta(days=1)
    return replayed(History(asset, rows.assign(known_at=known)), 300, settings_of())


@pytest.mark.parametrize("name", BAYESIAN)
def test_intervals_hold_what_they_promise_on_a_market_of_known_law(market, name):
    """Coverage at 50 and 90 % inside exact binomial bands at 0.1 %; the control, scales x 0.7, falls outside."""
    own = market[market["model"] == name]
    for low, high, level in [("q25", "q75", 0.5), ("q05", "q95", 0.9)]:
        inside = ((own["y"] >= own[low]) & (own["y"] <= own[high])).sum()
        assert stats.binomtest(int(inside), len(own), level).pvalue > 1e-3
        narrow = (abs(own["y"] - own["q50"]) <= 0.7 * (own[high] - own[low]) / 2).sum()
        assert stats.binomtest(int(narrow), len(own), level).pvalue < 1e-3


def test_skill_is_found_where_volatility_moves(history_of, settings_of):
    """Log volatility a slow AR(1) with sd 1: climatology can be beaten there, and the verdict says so."""
    rng = np.random.default_rng(3)
    log_scale = np.zeros(1300)
    for t in range(1, log_scale.size):
        log_scale[t] = 0.98 * log_scale[t - 1] + np.sqrt(1 - 0.98**2) * rng.standard_normal()
    history = history_of(0.01 * np.exp(log_scale) * rng.standard_normal(1300))
    (found,) = compare(replayed(history, 400, settings_of(), ("bayesian_linear", "climatology")))
    assert found.claim == "better"


def walk_of(history_of, seed: int) -> History:
    rng = np.random.default_rng(seed)
    return history_of(0.01 * rng.standard_t(6, 800), volume=np.exp(rng.normal(10, 0.3, 801)))


def test_no_model_claims_skill_on_a_random_walk(history_of, settings_of):
    """Constant volatility, independent changes: every verdict is no evidence of skill, or worse.

    The campaign of `tests/benchmarks/test_claims.py` asks the same of two hundred walks.
    """
    short = settings_of(forecast={"track_days": 60})
    found = compare(replayed(walk_of(history_of, 1), 120, short, models.by_default()))
    against = [c for c in found if c.reference == "climatology"]
    assert {c.model for c in against} == set(models.by_default()) - {"climatology"}
    assert [c.sentence for c in against if c.claim == "better"] == []
