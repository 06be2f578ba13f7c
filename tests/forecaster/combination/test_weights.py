"""Weights find the better member from the past alone, and the pool is the mixture that it says it is."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.combination.pool import pool
from forecaster.combination.weights import past_weights, pooled, pooled_pit
from forecaster.distribution.predictive import ROUNDING, Predictive
from forecaster.distribution.recalibrated import PitMap


@pytest.fixture
def contest():
    """Log scores of a true forecast and of two with scales wrong by a factor, on the same 400 days."""
    truth = Predictive.of([0.0], [0.01], [5.0])
    y = truth.sample(400, seed=1)
    members = [truth, *(Predictive.of([0.0], [0.01 * factor], [5.0]) for factor in (0.6, 1.8))]
    return np.stack([-member.log_prob(y) for member in members], axis=1)


def test_the_better_member_is_found_and_the_others_keep_the_floor(contest):
    weights = past_weights(contest)
    assert weights[0] == pytest.approx([1 / 3] * 3)
    assert weights[-1, 0] > 0.9
    assert weights.min() >= 0.02
    np.testing.assert_allclose(weights.sum(axis=1), 1)
    luck = [past_weights(np.random.default_rng(i).permuted(contest, axis=1))[-1, 0] for i in range(30)]
    assert 0.1 < np.mean(luck) < 0.6, "a control: with the members mixed up each day the first is no better"


def test_a_combination_costs_little_against_the_best_member(contest):
    """The bound of Bayesian averaging, `log(members)`, and of the floor, `-days log(1 - members floor)`."""
    for floor in (0.0, 0.02):
        total = pooled(contest, past_weights(contest, floor, half_life=np.inf)[:-1]).sum()
        bound = np.log(3) - 400 * np.log(1 - 3 * floor)
        assert total <= contest.sum(axis=0).min() + bound + 1e-9


def test_without_floor_or_forgetting_the_weights_are_the_softmax_of_summed_scores(contest):
    weights = past_weights(contest, floor=0.0, half_life=np.inf)
    summed = np.exp(-(contest[:50].sum(axis=0) - contest[:50].sum(axis=0).min()))
    np.testing.assert_allclose(weights[50], summed / summed.sum())


def test_forgetting_lets_a_member_come_back():
    """One is better by .1 nat for 1,000 days, then the other for 300: a half-life of 100 days has seen the change."""
    scores = np.zeros((1300, 2))
    scores[:1000, 0], scores[1000:, 1] = 0.1, 0.1
    assert past_weights(scores, half_life=100)[-1, 0] > 0.9
    assert past_weights(scores, half_life=np.inf)[-1, 0] < 0.1


def test_a_score_counts_half_after_its_half_life():
    scores = np.zeros((11, 2))
    scores[0, 0] = 2.0
    weights = past_weights(scores, floor=0.0, half_life=10)
    assert np.log(weights[10, 1] / weights[10, 0]) == pytest.approx(1.0)


def test_no_row_knows_its_own_day(contest):
    """A day's scores change no weight up to that day; that they change the next is the control."""
    changed = contest.copy()
    changed[200] = [9.0, np.nan, -3.0]
    before, after = past_weights(contest), past_weights(changed)
    np.testing.assert_array_equal(before[:201], after[:201])
    assert (before[201] != after[201]).any()


def test_a_day_without_a_forecast_changes_no_share():
    rng = np.random.default_rng(3)
    scores = rng.normal(0, 1, (60, 3))
    scores[59, 1] = np.nan
    before, after = past_weights(scores, half_life=np.inf)[-2:]
    assert after[1] == pytest.approx(before[1], rel=1e-12)
    assert after[0] != pytest.approx(before[0], rel=1e-3)
    np.testing.assert_allclose(past_weights(np.full((9, 3), np.nan)), 1 / 3)


def test_scores_beyond_all_bounds_give_weights_all_the_same():
    scores = np.array([[0.0, np.inf], [1e300, 0.0], [np.inf, np.inf], [1e300, -1e300], [5.0, 5.0]])
    weights = past_weights(scores, half_life=20)
    assert np.isfinite(weights).all()
    assert weights[1] == pytest.approx([0.98, 0.02])
    assert pooled(scores, [0.5, 0.5])[:3] == pytest.approx([np.log(2), np.log(2), np.inf])


@pytest.mark.parametrize(
    ("options", "word"),
    [({"floor": 0.5}, "floor"), ({"floor": -0.1}, "floor"), ({"half_life": 0.0}, "half-life")],
)
def test_impossible_settings_of_weights_are_refused(options, word):
    with pytest.raises(ValueError, match=word):
        past_weights(np.zeros((3, 2)), **options)


def test_an_infinite_density_is_refused():
    with pytest.raises(ValueError, match="infinite density"):
        past_weights([[0.0, -np.inf]])


def test_the_pool_is_the_mixture_of_its_members(mixture):
    members, weights = [mixture(1), mixture(2, 40), mixture(3)], np.array([0.2, 0.5, 0.3])
    p = pool(members, 1e-50 * weights)
    y = np.linspace(-0.1, 0.1, 9)
    scores = -np.stack([member.log_prob(y) for member in members], axis=1)
    pits = np.stack([member.cdf(y) for member in members], axis=1)
    np.testing.assert_allclose(-p.log_prob(y), pooled(scores, weights), atol=1e-6)
    np.testing.assert_allclose(p.cdf(y), pooled_pit(pits, weights), atol=1e-6)
    assert p.mean == pytest.approx(weights @ [member.mean for member in members], abs=1e-8)
    assert np.abs(p.cdf(y) - pooled_pit(pits, weights[::-1])).max() > 1e-3, "a control: other weights, another law"


def test_a_missing_member_leaves_its_weight_to_the_others():
    scores, weights = np.array([[1.0, np.nan, 3.0], [np.nan] * 3]), [0.2, 0.5, 0.3]
    assert pooled(scores, weights)[0] == pytest.approx(-np.log(0.4 * np.exp(-1) + 0.6 * np.exp(-3)))
    assert pooled_pit(scores / 4, weights)[0] == pytest.approx(0.4 * 0.25 + 0.6 * 0.75)
    assert np.isnan(pooled(scores, weights)[1])
    assert np.isnan(pooled_pit(scores, weights)[1])


def test_components_of_no_weight_are_left_out(mixture):
    members = [mixture(1), mixture(2), Predictive.of([0.0, 1.0], [1.0, 1.0], weight=[1.0, 0.0])]
    p = pool(members, [1.0, 0.0, 3.0])
    assert p.loc.size == 12 + 1
    assert abs(float(p.weight.sum(dtype=np.float64)) - 1) < ROUNDING / 100


@pytest.mark.parametrize("weights", [[1.0], [0.0, 0.0], [-1.0, 2.0], [np.nan, 1.0]])
def test_weights_that_fit_no_members_are_refused(mixture, weights):
    with pytest.raises(ValueError, match="weights of 2 members"):
        pool([mixture(1), mixture(2)], weights)


def test_a_recalibrated_member_is_refused(mixture):
    with pytest.raises(ValueError, match="recalibrate the pool"):
        pool([mixture(1), mixture(2).through(PitMap.of([0.1], 0.5, 0.4))], [0.5, 0.5])
