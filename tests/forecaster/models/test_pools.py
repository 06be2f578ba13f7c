"""What the two pools make of their members' record: weights that follow it, and a correction of what it shows wrong."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from forecaster.combination.recalibration import learnt
from forecaster.combination.weights import past_weights, pooled_pit
from forecaster.contract import Track
from forecaster.distribution.predictive import Predictive
from forecaster.models import ensemble, recalibrated

TRUTH = Predictive.of([0.0], [0.02], [6.0])
DAYS = 400


def track_of(members, days, seed, truth=TRUTH):
    """How members that say the same every day fared on days drawn from a truth."""
    y = truth.sample(days, seed)
    scores, pits = (
        np.stack([of(m) for m in members.values()], 1) for of in (lambda m: -m.log_prob(y), lambda m: m.cdf(y))
    )
    return Track(tuple(members), scores, pits)


def one_after_the_other(first, then):
    """The record of both spells."""
    return Track(first.members, np.r_[first.log_score, then.log_score], np.r_[first.pit, then.pit])


def both(members, track):
    """The mixture as it is, and seen through its past."""
    own = {"members": tuple(members)}
    return (
        ensemble.combine(members, track, ensemble.Settings(**own)),
        recalibrated.combine(members, track, recalibrated.Settings(**own)),
    )


@pytest.fixture(scope="module")
def calm_and_wild():
    """Two members, the second with 1.6 times the scale of the first."""
    return {"calm": TRUTH, "wild": TRUTH.moved(factor=1.6)}


@pytest.fixture(scope="module")
def narrow():
    """Two members whose scales are 0.65 and 0.7 of the truth's."""
    return {name: TRUTH.moved(factor=factor) for name, factor in (("one", 0.65), ("other", 0.7))}


@pytest.fixture(scope="module")
def right():
    """Two members that are the truth, but for a tenth of its scale to either side."""
    return {name: TRUTH.moved(shift=shift) for name, shift in (("one", -0.002), ("other", 0.002))}


@pytest.mark.parametrize(("better", "worse"), [("calm", "wild"), ("wild", "calm")])
def test_the_member_that_scored_better_gets_more_weight(calm_and_wild, better, worse):
    """Whichever it is, and in whatever order the forecasts come; the other keeps the floor, and the law is theirs."""
    track = track_of(calm_and_wild, DAYS, seed=5, truth=calm_and_wild[better])
    assert track.log_score.mean(0)[track.members.index(better)] < track.log_score.mean(0)[track.members.index(worse)]
    grid = np.linspace(-0.1, 0.1, 11)
    for names in (("calm", "wild"), ("wild", "calm")):
        members = {name: calm_and_wild[name] for name in names}
        for floor in (0.02, 0.2):
            pooled = ensemble.combine(members, track, ensemble.Settings(members=track.members, floor=floor))
            assert pooled.weights[better] > 0.95 - floor
            assert floor <= pooled.weights[worse] < floor + 0.03
            mixed = sum(weight * np.exp(members[name].log_prob(grid)) for name, weight in pooled.weights.items())
            np.testing.assert_allclose(np.exp(pooled.predictive.log_prob(grid)), mixed, rtol=1e-5)


def test_without_a_record_members_count_alike(calm_and_wild):
    """The control: it is the record that tells them apart."""
    none = track_of(calm_and_wild, 0, seed=0)
    assert ensemble.combine(calm_and_wild, none, ensemble.Settings(members=none.members)).weights == {
        "calm": 0.5,
        "wild": 0.5,
    }


def test_weights_follow_a_record_that_turns_around(calm_and_wild):
    """Wild for 600 days, then calm for 300: with a half-life of 100 the first spell is forgotten, without one never."""
    wild, calm = (track_of(calm_and_wild, days, days, calm_and_wild[of]) for of, days in (("wild", 600), ("calm", 300)))
    turned = one_after_the_other(wild, calm)

    def weight_of_calm(track, half_life):
        own = ensemble.Settings(members=track.members, half_life=half_life)
        return ensemble.combine(calm_and_wild, track, own).weights["calm"]

    assert weight_of_calm(wild, 100.0) == pytest.approx(0.02, abs=1e-3)
    assert weight_of_calm(turned, 100.0) > 0.9
    assert weight_of_calm(turned, 1e6) == pytest.approx(0.02, abs=1e-3)


def test_a_member_without_a_forecast_today_leaves_its_weight_to_the_others(calm_and_wild):
    """In the proportion that their own records have earned them."""
    members = {**calm_and_wild, "wilder": TRUTH.moved(factor=2.0)}
    track = track_of(members, 20, seed=6)
    own = ensemble.Settings(members=track.members)
    whole = ensemble.combine(members, track, own).weights
    less = ensemble.combine({name: members[name] for name in ("wild", "wilder")}, track, own).weights
    assert sum(less.values()) == pytest.approx(1)
    assert less["wild"] / less["wilder"] == pytest.approx(whole["wild"] / whole["wilder"])
    assert less["wild"] > 1.5 * less["wilder"]


def test_a_forecast_that_was_too_narrow_is_widened_and_better_on_fresh_days(narrow):
    """Learnt on 400 days, judged on 4,000 fresh ones: log score better (t > 10), PITs nearer to uniform, and wider."""
    plain, corrected = both(narrow, track_of(narrow, DAYS, seed=1))
    assert corrected.diagnostics["recalibrated"] == 1.0
    assert corrected.weights == plain.weights
    assert corrected.predictive.to_bytes() != plain.predictive.to_bytes()
    widths = [np.subtract(*of.predictive.quantile([0.95, 0.05])) for of in (plain, corrected)]
    assert widths[1] > 1.1 * widths[0]
    fresh = TRUTH.sample(4000, seed=2)
    gain = corrected.predictive.log_prob(fresh) - plain.predictive.log_prob(fresh)
    assert gain.mean() / (gain.std() / gain.size**0.5) > 10
    before, after = (stats.kstest(of.predictive.cdf(fresh), "uniform").statistic for of in (plain, corrected))
    assert after < before / 2


def test_what_was_too_low_is_moved_up_and_what_was_too_high_down(right):
    """Members half a scale off, either way: the corrected mean lies nearer to the truth, on the same side of it."""
    for shift in (-0.01, 0.01):
        members = {name: of.moved(shift=shift) for name, of in right.items()}
        plain, corrected = both(members, track_of(members, DAYS, seed=3))
        assert corrected.diagnostics["recalibrated"] == 1.0
        assert 0 < corrected.predictive.mean / plain.predictive.mean < 0.7


def test_the_map_is_that_of_the_mixtures_own_past(narrow):
    """Learnt from the PITs that it would have had, each with the weights of the days before; other days' differ."""
    wild = {"one": narrow["one"], "other": narrow["other"].moved(shift=0.01)}
    track = track_of(wild, DAYS, seed=7)
    _, corrected = both(wild, track)
    weights = past_weights(track.log_score, half_life=np.inf)
    truth, ahead = (learnt(pooled_pit(track.pit, own)) for own in (weights[:-1], weights[1:]))
    assert corrected.predictive.seen.scores.tobytes() == truth.scores.tobytes()
    assert corrected.predictive.seen.scores.tobytes() != ahead.scores.tobytes(), "a control: weights of the same day"


def test_what_was_right_stays_the_ensemble_to_the_byte(right):
    """The control: of 40 calibrated records at least six in ten change nothing, and none moves a quantile much."""
    levels, on = [0.05, 0.5, 0.95], 0
    for seed in range(40):
        plain, corrected = both(right, track_of(right, DAYS, seed))
        same = corrected.predictive.to_bytes() == plain.predictive.to_bytes()
        assert same is (corrected.diagnostics["recalibrated"] == 0.0)
        on += not same
        moved = corrected.predictive.quantile(levels) - plain.predictive.quantile(levels)
        assert abs(moved).max() < 0.3 * plain.predictive.sd
    assert on <= 16


def test_a_record_too_short_to_judge_changes_nothing(narrow):
    """119 days of a forecast that is far too narrow leave the ensemble's bytes; with 120 the correction is on."""
    for days, on in ((0, False), (119, False), (120, True)):
        plain, corrected = both(narrow, track_of(narrow, days, seed=4))
        assert (corrected.predictive.to_bytes() != plain.predictive.to_bytes()) is on
        assert corrected.diagnostics["recalibrated"] == on
