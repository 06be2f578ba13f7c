"""Inference finds the posterior: SVI against the exact one, a published study, and planted truths."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyro
import pyro.distributions as dist
import pytest
import torch

from forecaster.families.exact import gaussian_posterior
from forecaster.families.linear import Prior
from forecaster.families.regression import fit_regression, fit_regressions
from forecaster.inference import guides
from forecaster.inference.schedule import Schedule

RUGGED = Path(__file__).parents[4] / "shared" / "data" / "rugged.csv"
KNOWN = Prior(intercept_scale=1.0, weight_scale=1.0, noise_scale=1.0)


def problem(seed: int, rows: int = 300, features: int = 21):
    """Correlated features (0.7 to the power of the distance) and a planted truth, noise sd 1."""
    rng = np.random.default_rng(seed)
    correlation = 0.7 ** np.abs(np.subtract.outer(np.arange(features), np.arange(features)))
    x = rng.standard_normal((rows, features)) @ np.linalg.cholesky(correlation).T
    truth = rng.normal(0, 0.3, features)
    return x, 0.2 + x @ truth + rng.standard_normal(rows), truth


def errors(seeds: range, guide: str) -> np.ndarray:
    """Of each problem: largest error of a posterior mean in exact sd, smallest and largest ratio of a posterior sd."""
    problems = [problem(seed)[:2] for seed in seeds]
    found = []
    for (x, y), got in zip(problems, fit_regressions(problems, seeds, KNOWN, guide, draws=20_000), strict=True):
        exact = gaussian_posterior(np.c_[np.ones(len(y)), x], y, noise=1.0, prior_scale=1.0)
        draws = np.c_[got.intercept, got.weights]
        ratio = draws.std(0) / exact.sd
        found.append([(abs(draws.mean(0) - exact.mean) / exact.sd).max(), ratio.min(), ratio.max()])
    return np.array(found)


def test_full_rank_finds_the_exact_posterior_on_fifty_problems():
    """Means within 0.1 exact sd and scales within 15 %, in every one of 22 latents of every problem, fitted at once."""
    found = errors(range(50), "full_rank")
    assert found[:, 0].max() < 0.1
    assert found[:, 1].min() > 0.85
    assert found[:, 2].max() < 1.15


def test_mean_field_is_too_narrow_on_correlated_features():
    """The control: the same yardstick must tell a guide without correlations from one with them."""
    error, narrowest, _ = errors(range(1), "mean_field")[0]
    assert error < 0.3
    assert narrowest < 0.85


@pytest.mark.skipif(not RUGGED.exists(), reason="needs ../shared/data/rugged.csv beside the checkout")
def test_the_ruggedness_study_is_reproduced():
    """Nunn and Puga's nations: mean field within 0.05 and 15 % of the reference, full rank wider on bR."""
    table = pd.read_csv(RUGGED, sep=";", encoding="latin1").dropna(subset=["rugged", "cont_africa", "rgdppc_2000"])
    assert len(table) == 170
    africa, rugged = table["cont_africa"].to_numpy(float), table["rugged"].to_numpy(float)
    x, y = np.c_[africa, rugged, africa * rugged], np.log(table["rgdppc_2000"].to_numpy())
    prior = Prior(intercept_scale=10.0, weight_scale=1.0, noise_scale=dist.Uniform(0.0, 10.0))
    fits = {guide: fit_regression(x, y, prior, guide, draws=20_000) for guide in ("mean_field", "full_rank", "custom")}
    for guide in ("mean_field", "custom"):
        draws = np.c_[fits[guide].intercept, fits[guide].weights]
        np.testing.assert_allclose(draws.mean(0), [9.173, -1.847, -0.190, 0.356], atol=0.05)
        np.testing.assert_allclose(draws.std(0), [0.070, 0.141, 0.044, 0.079], rtol=0.15)
    wide, narrow = fits["full_rank"].weights, fits["mean_field"].weights
    assert wide[:, 1].std() > 1.3 * narrow[:, 1].std()
    assert np.corrcoef(wide[:, 1], wide[:, 2])[0, 1] < -0.3, "a full-rank posterior must be correlated"


def test_student_t_noise_and_its_scale_are_recovered():
    """Planted scale 0.5 and df 4 in 4,000 rows, inside the central 99 % of the posterior."""
    rng = np.random.default_rng(4)
    x = rng.standard_normal((4000, 3))
    y = 0.1 + x @ [0.2, -0.1, 0.0] + 0.5 * rng.standard_t(4, 4000)
    got = fit_regression(x, y, Prior(noise="student_t"), draws=4000)
    for draws, truth in [(got.noise_scale, 0.5), (got.df, 4.0), (got.intercept, 0.1), (got.weights[:, 0], 0.2)]:
        low, high = np.quantile(draws, [0.005, 0.995])
        assert low < truth < high
    assert got.fit.convergence.reason == ""


def test_a_fit_leaves_nothing_behind_and_does_not_see_what_came_before():
    x, y, _ = problem(1)
    state, kept = torch.random.get_rng_state(), set(pyro.get_param_store())
    first = fit_regression(x, y, KNOWN, "mean_field", Schedule(steps=50), draws=5, seed=4)
    fit_regression(x[:, :5], y, KNOWN, "mean_field", Schedule(steps=50), draws=5, seed=4)
    torch.manual_seed(99)
    again = fit_regression(x, y, KNOWN, "mean_field", Schedule(steps=50), draws=5, seed=4)
    other = fit_regression(x, y, KNOWN, "mean_field", Schedule(steps=50), draws=5, seed=5)
    assert first.weights.tobytes() == again.weights.tobytes()
    assert first.weights.tobytes() != other.weights.tobytes()
    assert set(pyro.get_param_store()) == kept
    torch.random.set_rng_state(state)


@pytest.mark.parametrize("guide", ["full_rank", "mean_field", "custom"])
def test_a_fit_that_was_stopped_early_says_so(guide):
    """A decaying rate brings any curve to rest; the verdict must not be fooled by that."""
    x, y, _ = problem(2)
    good = fit_regression(x, y, KNOWN, guide, draws=10)
    assert good.fit.convergence.reason == ""
    short = fit_regression(
        x, 50 * y, replace(KNOWN, weight_scale=50.0, intercept_scale=50.0), "custom", Schedule(steps=3)
    )
    assert "not converged" in short.fit.convergence.reason


def test_divergence_is_an_error_and_not_a_forecast():
    x, y, _ = problem(2)
    with pytest.raises(FloatingPointError, match="diverged"):
        fit_regression(1e30 * x, 1e30 * y, KNOWN, "custom", Schedule(steps=30))


@pytest.mark.parametrize(
    ("x", "y"), [(np.ones((3, 2)), np.ones(4)), (np.ones(3), np.ones(3)), (np.full((3, 2), np.nan), np.ones(3))]
)
def test_unusable_arrays_are_refused(x, y):
    with pytest.raises(ValueError, match="x"):
        fit_regression(x, y)


@pytest.mark.parametrize("guide", guides.names())
def test_every_guide_by_name_comes_to_rest_at_the_posterior(guide):
    """Independent features, known noise: here every guide can have means, scales and contraction, and says so."""
    rng = np.random.default_rng(8)
    x = rng.standard_normal((400, 6))
    y = 0.3 + x @ rng.normal(0, 0.3, 6) + rng.standard_normal(400)
    got = fit_regression(x, y, KNOWN, guide, draws=4000, seed=3)
    exact = gaussian_posterior(np.c_[np.ones(len(y)), x], y, noise=1.0, prior_scale=1.0)
    draws = np.c_[got.intercept, got.weights]
    assert (abs(draws.mean(0) - exact.mean) / exact.sd).max() < 0.1
    np.testing.assert_allclose(draws.std(0), exact.sd, rtol=0.1)
    assert got.fit.reason == ""
    contraction = np.r_[got.fit.contraction["intercept"], got.fit.contraction["weights"]]
    np.testing.assert_allclose(1 - contraction, exact.sd**2, rtol=0.25)
