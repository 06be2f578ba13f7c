"""Novelty of a day: known at its close, told on the record, and judged in a backtest."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.evaluation.novel_days import novel_days, turned
from forecaster.families import autoencoder
from forecaster.issuing import diagnostics
from forecaster.issuing.issue import issue
from forecaster.issuing.unlike import Unlike
from forecaster.replay.backtest import last_origins, replay, table
from forecaster.settings import of_tables
from forecaster.view.novelty import novelty
from forecaster.view.past import Past

LONG = 400


@pytest.fixture(name="changes", scope="module")
def quiet_changes():
    """Changes of one size, and weeks before the end one in which prices fall day after day."""
    changes = 0.01 * np.random.default_rng(0).choice([-1.1, -0.9, 0.9, 1.1], LONG)
    changes[-20:-13] = -0.03
    return changes


@pytest.fixture(name="quiet", scope="module")
def quiet_asset(history_of, changes):
    """An asset of these changes."""
    return history_of(changes)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    """A network that is trained for a second."""
    monkeypatch.setattr(autoencoder, "SCHEDULE", replace(autoencoder.SCHEDULE, steps=60))


def days(history):
    return pd.DatetimeIndex(history.frame["session"])


@pytest.mark.parametrize("method", ["mahalanobis", "autoencoder"])
def test_a_week_like_no_other_is_beyond_all_others(quiet, method):
    past = Past(quiet, of_tables({}).forecast)
    odd, usual = days(quiet)[-15], days(quiet)[-40]
    found, before = (novelty(past.look(day), method) for day in (odd, usual))
    assert found.percentile > 0.99 > before.percentile
    assert found.added[0].nats >= found.added[-1].nats >= 0
    assert len(found.added) >= 7
    assert found.rows > 300


@pytest.mark.parametrize("method", ["mahalanobis", "autoencoder"])
def test_later_rows_change_no_byte(quiet, history_of, changes, method):
    at, settings = days(quiet)[-15], of_tables({}).forecast
    later, earlier = changes.copy(), changes.copy()
    later[-10:] *= -3
    earlier[-30] *= 1.5
    told = [repr(novelty(Past(history_of(one), settings).look(at), method)) for one in (changes, later, earlier)]
    assert told[0] == told[1]
    assert told[0] != told[2]


def test_a_forecast_has_it_on_record_and_says_so(quiet):
    settings = of_tables({"forecast": {"models": ["climatology"]}})
    odd, usual = (issue(quiet, days(quiet)[at], ("climatology",), settings)[0].diagnostics for at in (-15, -40))
    assert odd.novelty.warned
    assert "the forecasts extrapolate" in odd.novelty.sentence
    assert "at lag" in odd.novelty.sentence
    assert not usual.novelty.warned
    assert "extrapolate" not in usual.novelty.sentence
    assert diagnostics.read(diagnostics.write(odd)) == odd
    assert diagnostics.read(diagnostics.write(replace(odd, novelty=None))).novelty is None
    assert replace(odd.novelty, above=1.0).warned is False


def test_a_replay_has_it_in_a_column(quiet):
    settings = of_tables({})
    rows = table(one.row() for one in replay(quiet, last_origins(quiet, 30), ("climatology", "ewma"), settings, 20))
    assert list(rows.columns[-2:]) == ["novelty", "predictive"]
    assert rows.groupby("as_of")["novelty"].nunique().eq(1).all()
    assert rows["novelty"].between(0, 1).all()
    assert rows.loc[rows["novelty"] >= 0.99, "as_of"].between(days(quiet)[-20], days(quiet)[-6]).any()


def scored(rng, warned, worse, model="garch"):
    """Rows of one model whose losses last, worse by so much on warned days."""
    losses = np.convolve(rng.normal(size=len(warned) + 9), np.ones(10) / 10, "valid") + worse * warned
    target = pd.date_range("2015-01-01", periods=len(warned))
    columns = {"target": target, "crps": 0.01, "log_score": losses, "novelty": np.where(warned, 0.995, 0.5)}
    return pd.DataFrame(columns | {"model": model})


def spells(rng, count=500):
    """Warnings that come in spells of ten days."""
    return (np.convolve(rng.uniform(size=count + 9) < 0.004, np.ones(10), "valid") > 0) | (np.arange(count) < 5)


def test_harder_days_are_found_and_chance_is_not():
    """Of 120 samples of lasting losses and warnings at most 10 % are false alarms at 5 %; a plain t gives more."""
    rng, p, plain = np.random.default_rng(0), [], []
    for _ in range(120):
        warned = spells(rng)
        losses = scored(rng, warned, 0.0)
        p.append(novel_days(losses, 0.99)[0].p)
        one, other = losses["log_score"][warned], losses["log_score"][~warned]
        plain.append(
            (one.mean() - other.mean()) / np.hypot(one.std() / len(one) ** 0.5, other.std() / len(other) ** 0.5)
        )
    assert np.mean(np.array(p) < 0.05) < 0.1
    assert np.mean(np.array(plain) > 1.645) > 0.15  # the control: as if days were independent
    (found,) = novel_days(scored(rng, spells(rng), 1.5), 0.99)
    assert found.p < 0.01
    assert "warned days were harder" in found.sentence
    assert "no evidence" in novel_days(scored(rng, spells(rng), 0.0), 0.99)[0].sentence


def test_few_warned_days_are_not_judged():
    rng = np.random.default_rng(1)
    assert novel_days(scored(rng, np.arange(200) < 4, 3.0), 0.99) == []
    assert novel_days(scored(rng, np.arange(200) < 9, 3.0).drop(columns="novelty"), 0.99) == []


def test_turns_are_plain_means():
    rng = np.random.default_rng(2)
    losses, warned = rng.normal(size=40), rng.uniform(size=40) < 0.2
    plain = [losses[m].mean() - losses[~m].mean() for m in (np.roll(warned, turn) for turn in range(40))]
    np.testing.assert_allclose(turned(losses, warned), plain)


def test_words_of_a_covariate_have_no_lag():
    said = Unlike(0.9951, "mahalanobis", 2000, 0.99, (("long_volatility", 0, 3.0), ("price", 1, 2.0))).sentence
    assert "99.5% of its 2,000 rows" in said
    assert "most in long volatility, price at lag 1" in said
