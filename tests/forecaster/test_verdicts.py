"""Verdicts say "no evidence of skill" where that is the truth, and find skill where it was planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecaster.evaluation.scoreboard import PREDICT_ZERO, scoreboard
from forecaster.evaluation.scoring import score
from forecaster.evaluation.verdicts import LEVEL, MINIMUM_DAYS, compare, diebold_mariano
from forecaster.predictive import Predictive


def scores(days: int, seed: int, drift: float) -> pd.DataFrame:
    """CRPS of a reference and of a model that differs by autocorrelated noise around `drift`."""
    rng = np.random.default_rng(seed)
    reference = rng.gamma(2, 0.005, days)
    noise = 0.002 * rng.standard_normal(days + 1)
    model = reference + noise[1:] + 0.5 * noise[:-1] + drift
    target = pd.date_range("2020-01-01", periods=days)
    parts = [pd.DataFrame({"target": target, "model": m, "crps": c}) for m, c in
             [("climatology", reference), ("bayesian_linear", model)]]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def test_without_skill_a_claim_is_rare():
    """Two-sided 5 % on 600 null tables of 250 days with autocorrelated differences: at most 7.3 % (0.5 % tail)."""
    claims = sum(bool(compare(scores(250, seed, 0.0))[0].claim) for seed in range(600))
    assert claims / 600 < LEVEL + 2.58 * (LEVEL * (1 - LEVEL) / 600) ** 0.5


def test_planted_skill_is_found_and_named():
    for seed in range(20):
        (found,) = compare(scores(250, seed, -0.001))
        assert found.claim == "better"
        assert "better than climatology" in found.sentence
        (lost,) = compare(scores(250, seed, +0.001))
        assert "worse than climatology" in lost.sentence


def test_few_days_never_make_a_claim():
    (found,) = compare(scores(MINIMUM_DAYS - 1, 0, -0.01))
    assert found.claim == ""
    assert "no evidence of skill" in found.sentence
    assert "too few" in found.sentence


def test_the_statistic_is_the_textbook_one_without_autocorrelation():
    """For white differences it nears the plain t statistic; a constant difference has no variance to judge by."""
    rng = np.random.default_rng(0)
    difference = 0.1 + rng.standard_normal(20_000)
    t, p = diebold_mariano(difference)
    plain = difference.mean() / (difference.std() / difference.size**0.5)
    assert t == pytest.approx(plain, rel=0.05)
    assert p < 1e-6
    assert diebold_mariano(np.full(50, 0.1))[1] == 1.0


def test_a_random_walk_gives_no_claim_to_any_scored_forecaster():
    """Two honest forecasters of a walk that differ by an estimated mean: no evidence of skill, in words."""
    rng = np.random.default_rng(5)
    y = 0.01 * rng.standard_t(5, 300)
    rows = []
    for day, value in enumerate(y):
        known = Predictive.of([0.0], [0.01], [5.0])
        guess = Predictive.of([0.002 * rng.standard_normal()], [0.01], [5.0])
        for name, p in [("climatology", known), ("bayesian_linear", guess)]:
            rows.append({"target": pd.Timestamp("2020-01-01") + pd.Timedelta(days=day), "model": name,
                         "crps": score(p, value).crps})  # fmt: skip
    (found,) = compare(pd.DataFrame(rows))
    assert found.claim != "better"


def test_the_scoreboard_means_are_over_the_same_days():
    """Skill compares common days only, and "predict zero" costs the mean squared change."""
    days = pd.date_range("2020-01-01", periods=4)
    y = [0.01, -0.02, 0.03, 0.0]
    rows = []
    for model, crps, kept in [("climatology", [1.0, 2.0, 3.0, 9.0], 4), ("bayesian_linear", [0.5, 1.0, 1.5], 3)]:
        rows += [
            {"model": model, "origin": "replayed", "target": days[i], "y": y[i], "crps": crps[i], "log_score": 0.0,
             "absolute_error": abs(y[i]), "squared_error": y[i] ** 2, "in50": True, "in90": i > 0}
            for i in range(kept)
        ]  # fmt: skip
    board = scoreboard(pd.DataFrame(rows)).set_index("model")
    assert board.loc["bayesian_linear", "skill_climatology"] == pytest.approx(0.5)
    assert board.loc["bayesian_linear", "days"] == 3
    assert board.loc["climatology", "in90"] == pytest.approx(0.75)
    assert board.loc[PREDICT_ZERO, "mse"] == pytest.approx(np.mean(np.square(y)))
    assert np.isnan(board.loc[PREDICT_ZERO, "crps"])
