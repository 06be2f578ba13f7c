"""Many fits at once: each is exact, owns its randomness, and notices nothing of its company."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyro.distributions as dist
import pytest
import torch
from pyro.infer import SVI, Trace_ELBO
from pyro.infer.autoguide import AutoNormal
from pyro.optim import ClippedAdam

from forecaster.families import reference
from forecaster.families.linear import Prior
from forecaster.families.regression import fit_regression, fit_regressions
from forecaster.inference import psis
from forecaster.inference.isolation import isolated
from forecaster.inference.schedule import Schedule

KNOWN = Prior(noise_scale=1.0)
HEAVY = Prior(noise="student_t")
QUICK = Schedule(steps=120, learning_rate=0.05, particles=4)


def problem(seed: int, rows: int = 150, features: int = 7, correlation: float = 0.5):
    """Features with equal correlations and Student-t errors; every third problem has fewer rows."""
    rng = np.random.default_rng(seed)
    common = rng.standard_normal((rows, 1))
    x = np.sqrt(correlation) * common + np.sqrt(1 - correlation) * rng.standard_normal((rows, features))
    y = 0.1 + x @ rng.normal(0, 0.2, features) + rng.standard_t(5, rows)
    keep = rows - 37 * (seed % 3)
    return x[:keep], y[:keep]


@pytest.mark.parametrize("prior", [KNOWN, Prior(), HEAVY], ids=["known", "normal", "student_t"])
def test_a_bad_fit_is_labelled_and_its_neighbours_are_the_same_to_the_bit(prior):
    """One fit fed NaN, one numbers whose squares overflow: both say so, and nobody else changes a bit."""
    data = [problem(s) for s in range(64)]
    good = fit_regressions(data, range(64), prior, schedule=QUICK, draws=20)
    (x, y), (wide, high) = data[11], data[40]
    data[11], data[40] = (np.where(np.arange(len(x))[:, None] == 3, np.nan, x), y), (wide, 1e200 * high)
    mixed = fit_regressions(data, range(64), prior, schedule=QUICK, draws=20)
    assert "finite" in mixed[11].fit.failure
    assert "diverged" in mixed[40].fit.failure
    for i in set(range(64)) - {11, 40}:
        assert mixed[i].fit.failure == ""
        assert mixed[i].weights.tobytes() == good[i].weights.tobytes()
        assert mixed[i].fit.losses.tobytes() == good[i].fit.losses.tobytes()


def test_a_fit_that_diverges_is_trained_once_more_at_a_tenth_of_the_rate():
    """At a rate of 10 the handwritten guide overflows, at 1 it does not; at 100 both attempts do, and it is said."""
    data, seeds, wild = [problem(s) for s in range(4)], range(4), replace(QUICK, learning_rate=10.0, steps=30)
    saved = fit_regressions(data, seeds, HEAVY, "custom", wild, draws=5)
    slow = fit_regressions(data, seeds, HEAVY, "custom", replace(wild, learning_rate=1.0), draws=5)
    lost = fit_regressions(data, seeds, HEAVY, "custom", replace(wild, learning_rate=100.0), draws=5)
    assert [a.weights.tobytes() for a in saved] == [b.weights.tobytes() for b in slow]
    assert all(fit.fit.failure == "" for fit in saved)
    assert all("diverged" in fit.fit.reason for fit in lost)


def test_a_constant_column_is_left_to_its_prior_and_named():
    """It says nothing that the intercept does not: the posterior is proper, and no neighbour changes a bit."""
    data = [problem(s, features=8) for s in range(64)]
    good = fit_regressions(data, range(64), KNOWN, schedule=QUICK, draws=20)
    x, y = data[9]
    data[9] = (np.where(np.arange(8) == 7, 2.0, x), y)
    mixed = fit_regressions(data, range(64), KNOWN, schedule=QUICK, draws=20)
    assert mixed[9].fit.reason.endswith("never change carry no information about their weights: number 8")
    for i in set(range(64)) - {9}:
        assert mixed[i].fit.reason == ""
        assert mixed[i].weights.tobytes() == good[i].weights.tobytes()
    alone = fit_regression(*data[9], KNOWN, draws=4000)
    together = alone.intercept + 2.0 * alone.weights[:, -1]
    assert together.std() < 0.2 < alone.intercept.std()


def test_the_guide_of_a_strongly_correlated_posterior_is_judged():
    """Fourteen features correlated at 0.95: mean field is called too narrow, full rank is not."""
    data = [problem(s, features=14, correlation=0.95) for s in range(8)]
    narrow = fit_regressions(data, range(8), HEAVY, "mean_field", draws=20)
    whole = fit_regressions(data, range(8), HEAVY, "full_rank", draws=20)
    assert all("not as wide as the posterior" in fit.fit.reason for fit in narrow)
    assert all(fit.fit.k_hat > fit.fit.k_limit for fit in narrow)
    assert [fit.fit.reason for fit in whole] == [""] * 8


@pytest.mark.parametrize("shape", [0.2, 0.5, 0.9])
def test_the_shape_of_a_planted_tail_is_found(shape):
    """Weights drawn from a Pareto law: k within 0.15 on the mean of 200 samples, the weak prior at 0.5 included."""
    rng = np.random.default_rng(3)
    found = psis.k_hat(shape * rng.exponential(size=(200, 1000)))
    assert found.mean() == pytest.approx(shape, abs=0.1)
    assert np.isneginf(psis.k_hat(np.zeros((1, 100)))[0])
    assert np.isnan(psis.k_hat(np.full((1, 100), np.nan))[0])
    assert np.isposinf(psis.k_hat(np.where(np.arange(1000) == 0, 2000.0, -2000.0)[None])[0])


UNIFORM = Prior(noise_scale=dist.Uniform(0.0, 10.0))


@pytest.mark.parametrize(
    "prior", [HEAVY, *(pytest.param(prior, marks=pytest.mark.campaign) for prior in (Prior(), UNIFORM))]
)
def test_the_reference_gives_the_same_posterior(prior):
    """A plate of rows, Pyro's AutoNormal and `SVI.step`, against the batched mean field: means and scales agree."""
    x, y = problem(3)
    design, response = (torch.tensor(part, dtype=torch.float32) for part in (x, y))
    fast = fit_regression(x, y, prior, "mean_field", draws=4000, seed=1)
    with isolated(1):
        program = reference.model(design, response, prior)
        guide = AutoNormal(program, init_scale=0.05)
        elbo = Trace_ELBO(num_particles=8, vectorize_particles=True, max_plate_nesting=1)
        svi = SVI(program, guide, ClippedAdam({"lr": 0.05, "lrd": 0.01 ** (1 / 1500), "betas": (0.9, 0.99)}), elbo)
        losses = [svi.step() for _ in range(1500)]
        loc, scale = guide.locs.weights.detach().numpy(), guide.scales.weights.detach().numpy()
    sd = fast.weights.std(0)
    assert (abs(fast.weights.mean(0) - loc) / sd).max() < 0.15
    np.testing.assert_allclose(sd, scale, rtol=0.15)
    assert fast.fit.losses[-100:].mean() == pytest.approx(np.mean(losses[-100:]), abs=0.3)


def test_every_fit_needs_a_seed_and_the_same_features():
    with pytest.raises(ValueError, match="seed"):
        fit_regressions([problem(0)], [1, 2])
    with pytest.raises(ValueError, match="same columns"):
        fit_regressions([problem(0), problem(1, features=3)], [1, 2])
    assert fit_regressions([], []) == ()
