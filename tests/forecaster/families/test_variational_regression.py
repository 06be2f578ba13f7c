"""Variational regression finds noise and curve, ends where its objective has its optimum, and knows no doubt."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from forecaster.contract import Compute, Fitted
from forecaster.families.linear import Prior as LinearPrior
from forecaster.families.network import Prior, fit_networks
from forecaster.families.variational_objective import Objective
from forecaster.families.variational_regression import Plan, fit_regressions
from forecaster.inference.schedule import Schedule
from forecaster.models import variational_regression as model
from tests.forecaster.models.test_models import examples, origin_of

GRID = np.linspace(-3, 3, 601)[:, None]
CURVE, NOISE = (8 * GRID - 1.8 * GRID**3)[:, 0], 1.5
TOY = Plan(steps=2000, batch=64, every=2000)


def toy(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The toy of the tutorials: a cubic with normal noise of sd 1.5."""
    rng = np.random.default_rng([seed, rows])
    x = rng.uniform(-3, 3, rows)
    return x[:, None], 8 * x - 1.8 * x**3 + NOISE * rng.standard_normal(rows)


def root_mean_square(of: np.ndarray) -> float:
    return float(np.sqrt(np.mean(of**2)))


def groups(means: tuple[float, ...], sds: tuple[float, ...], size: int = 400) -> tuple[np.ndarray, np.ndarray]:
    """Rows of some groups, each by an input of its own, whose responses have this mean and sd to four digits."""
    q = stats.norm.ppf((np.arange(size) + 0.5) / size)
    x = np.repeat(np.eye(len(means)), size, axis=0)
    y = np.concatenate([mean + sd * q / q.std() for mean, sd in zip(means, sds, strict=True)])
    order = np.random.default_rng(0).permutation(len(y))
    return x[order], y[order]


def test_noise_and_curve_of_the_toy_are_found_and_of_shuffled_rows_there_is_no_curve():
    """1,600 rows. The curve is off by about 0.3, a fifth of the noise; a flat one by more than 6."""
    x, y = toy(2000, 0)
    shuffled = np.random.default_rng(9).permutation(y[:1600])
    data = [(x[:1600], y[:1600]), (x[:1600], shuffled)]
    fit, control = fit_regressions(data, range(2), Objective(10.0), TOY)
    mean, sd = fit.at(GRID)
    assert fit.failure == ""
    assert root_mean_square(sd) == pytest.approx(NOISE, rel=0.05)
    assert root_mean_square(mean - CURVE) < 0.5
    low, middle, high = fit.bands(x[1600:])
    inside = np.mean((y[1600:] > low) & (y[1600:] < high))
    assert 0.84 < inside < 0.95, "400 rows: three standard errors below 90 % less what a curve that is off costs"
    assert root_mean_square(middle - fit.at(x[1600:])[0]) < 0.1
    flat, wide = control.at(GRID)
    assert root_mean_square(flat - shuffled.mean()) < 0.2 * shuffled.std()
    assert root_mean_square(wide) == pytest.approx(shuffled.std(), rel=0.05)


@pytest.mark.parametrize(("prior_scale", "prior_weight"), [(2.0, 1.0), (2.0, 0.3), (4.0, None), (4.0, 0.0)])
def test_training_ends_at_the_optimum_in_closed_form(prior_scale, prior_weight):
    """Two groups of rows that differ in mean and noise; with the weight of the tutorials neither is recovered."""
    objective, truth = Objective(prior_scale, prior_weight), ((0.0, 2.0), (0.5, 1.5))
    x, y = groups(*truth)
    plan = Plan(steps=500, learning_rate=0.03, draws=2, tail=0.2, every=500)
    (fit,) = fit_regressions([(x, y)], [1], objective, plan, (8,))
    mean, sd = fit.at(np.eye(2))
    seen = [y[:640][x[:640, group] == 1] for group in (0, 1)]
    wanted = np.array([objective.optimum(of.mean(), of.std(), 640) for of in seen]).T
    np.testing.assert_allclose(mean, wanted[0], atol=0.05)
    np.testing.assert_allclose(sd, wanted[1], rtol=0.03)
    recovers = bool(np.allclose(wanted, truth, atol=0.1))
    assert recovers is (prior_weight not in {0.3, 1.0})
    assert bool(np.allclose([mean, sd], truth, atol=0.15)) is recovers


@pytest.mark.parametrize("prior_weight", [1.0, 0.5, 0.01])
def test_the_closed_form_is_the_highest_point_of_the_objective(prior_weight):
    """Against the formula of the docstring on a fine grid; and its two conditions hold."""
    prior, m, s = 2.0, 1.5, 0.7
    mu, sd = Objective(prior, prior_weight).optimum(m, s, 100)
    mean, v = np.meshgrid(np.linspace(-1, 2, 601), np.exp(np.linspace(-3, 3, 1201)), indexing="ij")
    likelihood = -0.5 * np.log(v) - (s**2 + (m - mean) ** 2) / (2 * v)
    value = likelihood - prior_weight * (0.5 * np.log(prior**2 / v) + (v + mean**2) / (2 * prior**2))
    best = np.unravel_index(np.argmax(value), value.shape)
    assert mu == pytest.approx(mean[best], abs=0.01)
    assert sd**2 == pytest.approx(v[best], rel=0.01)
    assert mu == pytest.approx(m / (1 + prior_weight * sd**2 / prior**2))
    left = prior_weight * sd**4 / prior**2 + (1 - prior_weight) * sd**2
    assert left == pytest.approx(s**2 + (m - mu) ** 2)


def test_a_line_with_normal_noise_is_recovered_and_its_twin_agrees():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((1500, 1))
    y = 1 + 2 * x[:, 0] + 0.5 * rng.standard_normal(1500)
    plan = Plan(steps=500, learning_rate=0.02, batch=64, every=500)
    (found,) = fit_regressions([(x, y)], [0], Objective(3.0), plan)
    (twin,) = fit_regressions([(x, y)], [0], Objective(3.0, 0.0), plan, (20,), constant_noise=True)
    new = np.linspace(-2, 2, 41)[:, None]
    for fit in (found, twin):
        mean, sd = fit.at(new)
        assert root_mean_square(mean - 1 - 2 * new[:, 0]) < 0.1
        assert np.median(sd) == pytest.approx(0.5, rel=0.08)
    assert np.ptp(twin.at(new)[1]) == 0 < np.ptp(found.at(new)[1])


def sparse(seed: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """Twenty rows, and none of them between -2 and 2."""
    rng = np.random.default_rng(seed)
    x = rng.permutation(np.r_[rng.uniform(-3, -2, 10), rng.uniform(2, 3, 10)])
    return x[:, None], x + 2 * np.sin(x) + 0.4 * rng.standard_normal(20)


def test_where_there_are_no_rows_a_bayesian_network_widens_and_this_one_does_not():
    """Noise as one number has the same band everywhere; as a network it stays in the gap where training began."""
    x, y = sparse()
    there, gap = np.array([[-2.5], [2.5]]), np.array([[-0.3], [0.0], [0.3]])
    prior = Prior(20, "tanh", (4.0,), LinearPrior(3.0, 1.0, "normal", noise_scale=0.4))
    schedule = Schedule(steps=300, learning_rate=0.05, particles=2, checks=100)
    (bayesian,) = fit_networks([(x, y, x)], [1], prior, "low_rank", schedule, 300)

    def width(rows: np.ndarray) -> float:
        d = {name: value.double().numpy() for name, value in bayesian.draws.items()}
        units = np.tanh(rows @ d["w"] + d["b"][:, None])
        line = (units @ d["o"].transpose(0, 2, 1))[..., 0] + d["intercept"][:, None] + d["weights"] @ rows.T
        return float(np.sqrt(line.var(0) + 0.4**2).mean())

    assert width(gap) > 1.3 * width(there)
    plan = Plan(steps=400, batch=32, every=400)
    (one,) = fit_regressions([(x, y)], [1], Objective(3.0), plan, constant_noise=True)
    assert one.at(gap)[1].mean() == pytest.approx(one.at(there)[1].mean(), rel=1e-9)
    wide, narrow = (
        fit_regressions([(x, y)], [1], Objective(3.0), Plan(400, batch=32, every=400, noise_start=start))[0]
        for start in (1.0, 0.2)
    )
    assert wide.at(gap)[1].mean() > 2 * narrow.at(gap)[1].mean(), "same rows, other start"


def test_what_cannot_be_trained_on_is_refused():
    x, y = toy(40, 0)
    with pytest.raises(ValueError, match="finite"):
        fit_regressions([(x, np.where(y > 0, np.nan, y))], [0], Objective(1.0))
    with pytest.raises(ValueError, match="rows"):
        fit_regressions([(x, y[1:])], [0], Objective(1.0))
    with pytest.raises(ValueError, match="same inputs"):
        fit_regressions([(x, y), (np.hstack([x, x]), y)], [0, 1], Objective(1.0))
    with pytest.raises(ValueError, match="seeds"):
        fit_regressions([(x, y)], [0, 1], Objective(1.0))
    assert fit_regressions([], [], Objective(1.0)) == ()


def test_a_fit_that_diverges_says_so_and_its_neighbour_is_the_same_to_the_bit():
    x, y = toy(200, 0)
    plan = Plan(steps=20, batch=32)
    broken, beside = fit_regressions([(x, 1e30 * y), (x, y)], [0, 1], Objective(10.0), plan, (4,))
    (alone,) = fit_regressions([(x, y)], [1], Objective(10.0), plan, (4,))
    assert "not finite" in broken.failure
    assert beside.failure == ""
    assert [of.tobytes() for of in beside.weights] == [of.tobytes() for of in alone.weights]


def test_the_forecaster_follows_planted_effects_on_location_and_scale():
    """Yesterday's change moves the mean, a covariate the scale; forecasts are one normal in units of the volatility."""
    data = examples(2500, 3, lambda z: 0.8 * z[:, 6, 0], ("price",))
    (fit,) = model.fit([data], model.Settings(steps=500), [2], Compute())
    assert isinstance(fit, Fitted)
    up, down = (fit.predict(origin_of(sign * np.eye(7, 1, -6))) for sign in (1.0, -1.0))
    assert len(up.loc) == 1
    assert np.isinf(up.df).all()
    assert (up.mean - down.mean) / 0.02 == pytest.approx(1.6, abs=0.3)
    assert up.sd == pytest.approx(0.02, rel=0.15)
    far = fit.predict(origin_of(np.full((7, 1), 50.0)))
    reach = fit.predict.args[2]
    assert reach[0] <= far.sd / 0.02 * 1.0001
    assert far.sd / 0.02 <= reach[1] * 1.0001, "far from all rows the sd stays within what it is at rows"


@pytest.mark.campaign
def test_the_whole_toy():
    """10,000 points, a fifth held out; six fits of the same rows and four of others.

    A single fit is off by at most 1.3 % in the noise, by 0.10 to 0.15 in the curve, on average over x; six together by
    0.093. Kept by validation rows instead, one of the ten is off by 6 % in the noise.
    """
    whole = [toy(10_000, seed) for seed in (0, 0, 0, 0, 0, 0, 1, 2, 3, 4)]
    data = [(x[:8000], y[:8000]) for x, y in whole]
    plan = Plan(steps=3000, every=3000)
    found = fit_regressions(data, range(10), Objective(10.0), plan)
    for fit, (x, y) in zip(found, whole, strict=True):
        mean, sd = fit.at(GRID)
        assert root_mean_square(sd) == pytest.approx(NOISE, rel=0.05)
        assert np.mean(abs(mean - CURVE)) < 0.17
        low, _, high = fit.bands(x[8000:])
        assert np.mean((y[8000:] > low) & (y[8000:] < high)) == pytest.approx(0.9, abs=0.025)
    together = np.mean([fit.at(GRID)[0] for fit in found[:6]], axis=0)
    assert np.mean(abs(together - CURVE)) < 0.1
