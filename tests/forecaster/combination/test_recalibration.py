"""Recalibration mends a forecaster that is wrong in the same way every day, and leaves a right one alone."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from forecaster.combination.recalibration import gains, helps, learnt
from forecaster.distribution.predictive import Predictive


def pits_of(forecast, truth, days, seed):
    """PITs of a forecast on outcomes drawn from the truth."""
    return forecast.cdf(truth.sample(days, seed))


@pytest.fixture(scope="module")
def forecast():
    return Predictive.of([0.0], [0.01], [6.0])


@pytest.fixture(scope="module")
def narrower(forecast):
    """The truth, with a scale .8 of the forecast's."""
    return forecast.moved(factor=0.8)


@pytest.mark.parametrize("seed", range(3))
def test_a_map_is_a_cdf_on_the_unit_interval(seed):
    pit_map = learnt(np.random.default_rng(seed).beta(0.7, 1.6, 300))
    u = np.linspace(0, 1, 2001)
    g = pit_map.cdf(u)
    assert (g[0], g[-1]) == pytest.approx((0, 1), abs=1e-12)
    assert (np.diff(g) > 0).all()
    mass, _ = integrate.quad(lambda z: float(pit_map.density(stats.norm.cdf(z))) * stats.norm.pdf(z), -9, 9, limit=200)
    assert mass == pytest.approx(1, abs=1e-7)
    inner = u[100:-100]
    np.testing.assert_allclose(np.gradient(g, u)[100:-100], pit_map.density(inner), rtol=5e-3)
    np.testing.assert_allclose(pit_map.cdf(pit_map.quantile(inner)), inner, atol=1e-12)


def test_a_map_is_the_formula_it_states():
    pits = np.random.default_rng(4).beta(2, 2, 400)
    z, scores, h = stats.norm.ppf(0.3), stats.norm.ppf(pits[-250:]), 0.4
    kernels = (z - np.sqrt(1 - h**2) * scores) / h
    share = 250 / 350
    density = share * np.mean(stats.norm.pdf(kernels)) / (h * stats.norm.pdf(z)) + 1 - share
    pit_map = learnt(pits)
    assert float(pit_map.density(np.array(0.3))) == pytest.approx(density, rel=1e-6)
    assert float(pit_map.cdf(np.array(0.3))) == pytest.approx(
        share * np.mean(stats.norm.cdf(kernels)) + (1 - share) * 0.3, rel=1e-6
    )


def test_a_scale_wrong_by_a_fifth_is_mended_on_fresh_days(forecast, narrower):
    """Learnt on 250 days, judged on 4,000 fresh ones (t > 8), where it still falls short of the truth."""
    pits, fresh = pits_of(forecast, narrower, 250, 1), narrower.sample(4000, seed=2)
    assert helps(gains(pits))
    mended = forecast.through(learnt(pits))
    gain = mended.log_prob(fresh) - forecast.log_prob(fresh)
    assert gain.mean() / (gain.std() / gain.size**0.5) > 8
    assert mended.log_prob(fresh).mean() < narrower.log_prob(fresh).mean()
    assert stats.kstest(mended.cdf(fresh), "uniform").statistic < stats.kstest(forecast.cdf(fresh), "uniform").statistic
    right = forecast.sample(4000, seed=2)
    loss = mended.log_prob(right) - forecast.log_prob(right)
    assert loss.mean() / (loss.std() / loss.size**0.5) < -4, "a control: where the forecast was right the map must cost"


def test_a_right_forecaster_pays_next_to_nothing(forecast):
    """Over 40 series of 600 days: on less than a third of the time, and .002 nats a day at most."""
    paid, used = [], []
    for seed in range(40):
        pits = np.random.default_rng(seed).random(600)
        gain = gains(pits)
        on = [day for day in range(120, 600, 20) if helps(gains(pits[:day]))]
        paid += [gain[day : day + 20].sum() for day in on]
        used.append(len(on) / 24)
    assert np.sum(paid) / (40 * 480) > -0.002
    assert np.mean(used) < 1 / 3


def test_a_wrong_forecaster_is_mended_most_of_the_time(forecast, narrower):
    """The control of the test above: the same rule is on nine times in ten where the scale is wrong by a fifth."""
    used = [helps(gains(pits_of(forecast, narrower, 400, seed))) for seed in range(40)]
    assert np.mean(used) > 0.9


@pytest.mark.parametrize("days", [61, 200, 700])
def test_a_gain_is_that_of_the_map_learnt_from_the_days_before(days):
    pits = np.random.default_rng(days).beta(1.3, 0.8, days)
    gain = gains(pits)
    assert np.isnan(gain[:60]).all()
    for day in {60, days // 2 + 30, days - 1}:
        assert gain[day] == pytest.approx(np.log(float(learnt(pits[:day]).density(pits[day]))), abs=1e-6)


def test_no_gain_knows_a_later_day():
    pits = np.random.default_rng(5).random(300)
    changed = pits.copy()
    changed[150:] = 0.999
    np.testing.assert_array_equal(gains(pits)[:150], gains(changed)[:150])
    assert gains(pits)[150] != gains(changed)[150]
    assert gains(pits)[160] != gains(changed)[160]


def test_a_short_past_decides_nothing():
    wrong = np.full(119, 0.5)
    assert not helps(gains(wrong))
    assert helps(gains(np.full(120, 0.5)))
    assert not helps(gains([]))
    assert np.isnan(gains(np.full(60, 0.5))).all()
    with pytest.raises(ValueError, match="at least 60"):
        learnt(np.full(59, 0.5))


def test_only_the_last_days_decide():
    """Wrong for 1,000 days, then right for 500: what was gained long ago keeps no map on."""
    rng = np.random.default_rng(6)
    wrong, right = rng.beta(5, 5, 1000), rng.random(500)
    assert helps(gains(wrong))
    assert not helps(gains(np.concatenate([wrong, right])))


def test_outcomes_beyond_every_forecast_keep_a_map_finite():
    pits = np.concatenate([np.random.default_rng(7).random(200), [0.0, 1.0, 0.0]])
    assert np.isfinite(gains(pits)[60:]).all()
    assert float(learnt(pits).density(np.array(1.0))) == pytest.approx(100 / 303, rel=1e-3)


@pytest.mark.parametrize("pit", [np.nan, -0.01, 1.01])
def test_a_pit_outside_the_unit_interval_is_refused(pit):
    for function in (learnt, gains):
        with pytest.raises(ValueError, match="PIT"):
            function(np.append(np.full(100, 0.5), pit))


@pytest.mark.parametrize("days", [100, 250, 500, 501, 900])
def test_what_is_judged_needs_no_more_than_the_last_five_hundred_days(days):
    """The sum over the judged days, to the byte, of maps learnt from the last 500 days alone."""
    pits = np.random.default_rng(days).beta(0.8, 0.9, days)
    judged = gains(pits[-500:])[60:][-250:]
    assert (gains(pits)[60:][-250:] == judged).all()
    assert helps(gains(pits)) == (judged.size >= 60 and judged.sum() > 0)
