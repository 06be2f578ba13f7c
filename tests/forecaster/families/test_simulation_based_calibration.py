"""Simulation-based calibration: over data drawn from the prior, the truth's rank among posterior draws is uniform.

Talts, Betancourt, Simpson, Vehtari and Gelman 2018 (arXiv:1804.06788). The ranks' distribution function must stay in a
band that is simultaneous over all ranks, found by simulation (Säilynoja, Bürkner and Vehtari 2022,
doi:10.1007/s11222-022-10090-6).
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.stats import binom

from forecaster.families.linear import Prior
from forecaster.families.regression import fit_regressions

PRIOR = Prior(intercept_scale=0.3, weight_scale=0.3, noise="student_t", slope_scale=0.15)
ROWS, FEATURES, COVARIATES, DRAWS = 300, 4, 2, 99
LATENTS = 1 + FEATURES + COVARIATES + 2


def simulated(seed: int):
    """Latents from the prior `(latents,)`, scale and df as logarithms, and rows from them."""
    rng = np.random.default_rng([11 + seed // 500, seed % 500])
    x, z = rng.standard_normal((ROWS, FEATURES)), rng.standard_normal((ROWS, COVARIATES))
    intercept, weights, slopes = rng.normal(0, 0.3), rng.normal(0, 0.3, FEATURES), rng.normal(0, 0.15, COVARIATES)
    scale, excess = rng.lognormal(-0.2, 0.7), rng.lognormal(np.log(5), 0.7)
    y = intercept + x @ weights + scale * np.exp(z @ slopes) * rng.standard_t(2.1 + excess, ROWS)
    return np.r_[intercept, weights, slopes, np.log(scale), np.log(excess)], (x, y, z)


@cache
def posteriors(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Truths `(data sets, 1, latents)` and posterior draws `(data sets, draws, latents)`."""
    truths, data = zip(*[simulated(seed) for seed in range(count)], strict=True)
    fits = fit_regressions(data, range(count), PRIOR, "full_rank", draws=DRAWS)
    draws = [np.c_[f.intercept, f.weights, f.slopes, np.log(f.noise_scale), np.log(f.df - 2.1)] for f in fits]
    return np.stack(truths)[:, None], np.stack(draws)


def surprise(ranks: np.ndarray) -> np.ndarray:
    """The least likely value of the ranks' distribution function, as a probability, of `(data sets, columns)`."""
    places = np.arange(DRAWS)
    below = (ranks[:, None] <= places[:, None]).sum(0)
    law = binom(len(ranks), (places + 1) / (DRAWS + 1))
    either = np.minimum(law.cdf(below.T), law.sf(below.T - 1))
    return either.min(1)


@cache
def least(count: int, level: float) -> float:
    """What `surprise` stays above with probability `level` where ranks are uniform, from 10,000 simulations."""
    rng = np.random.default_rng(5)
    found = [surprise(rng.integers(0, DRAWS + 1, (count, 100))) for _ in range(100)]
    return float(np.quantile(np.concatenate(found), 1 - level))


@pytest.mark.parametrize("count", [150, pytest.param(2500, marks=pytest.mark.campaign)])
def test_the_truths_rank_among_posterior_draws_is_uniform(count):
    """Each of nine latents in a band that all of them keep to together in 95 % of all campaigns."""
    truths, draws = posteriors(count)
    found = surprise((draws < truths).sum(1))
    assert found.shape == (LATENTS,)
    assert (found > least(count, 1 - 0.05 / LATENTS)).all(), found


@pytest.mark.parametrize("count", [150, pytest.param(2500, marks=pytest.mark.campaign)])
def test_negative_control_scales_that_are_too_small_are_found_out(count):
    """Every latent's draws drawn together to 0.7 of their spread leave the band, also when each is judged alone."""
    truths, draws = posteriors(count)
    narrow = draws.mean(1, keepdims=True) + 0.7 * (draws - draws.mean(1, keepdims=True))
    found = surprise((narrow < truths).sum(1))
    outside = found < least(count, 0.95)
    assert outside.sum() >= (LATENTS if count == 2500 else 3), found
