"""Scores have one definition and one sign, and no forecaster gains by saying something it does not believe."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import scoringrules as sr
from scipy import integrate

from forecaster.distribution.predictive import Predictive
from forecaster.distribution.recalibrated import PitMap
from forecaster.evaluation.scores.crps import score as crps
from forecaster.evaluation.scores.interval_score import interval_score
from forecaster.evaluation.scoring import score


@pytest.mark.parametrize("y", [-0.3, -0.01, 0.0, 0.004, 0.2])
def test_crps_of_one_component_is_the_closed_form(y):
    assert crps(Predictive.of([0.5], [0.25]), y) == pytest.approx(sr.crps_normal(y, 0.5, 0.25), abs=1e-8)
    assert crps(Predictive.of([0.5], [0.25], [5.0]), y) == pytest.approx(sr.crps_t(y, 5.0, 0.5, 0.25), abs=1e-8)


def test_crps_of_normals_is_the_mixture_closed_form():
    rng = np.random.default_rng(0)
    loc, scale, weight = rng.normal(0, 0.02, 9), np.exp(rng.normal(-4, 0.5, 9)), rng.dirichlet(np.ones(9))
    p = Predictive.of(loc, scale, weight=weight)
    for y in (-0.05, 0.0, 0.03):
        assert crps(p, y) == pytest.approx(sr.crps_mixnorm(y, loc, scale, weight), abs=1e-7)


@pytest.mark.parametrize("scale", [0.0002, 0.001, 0.01])
def test_crps_of_a_rugged_mixture_is_exact_too(scale):
    """Narrow kernels far apart, as an empirical distribution of few values has them."""
    loc = 0.02 * np.random.default_rng(1).standard_t(4, 120)
    p = Predictive.of(loc, scale)
    for y in (-0.05, 0.001):
        expected = sr.crps_mixnorm(y, p.loc.astype(float), p.scale.astype(float))
        assert crps(p, y) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(
    "seen", [None, PitMap.of(np.linspace(-2.0, 1.5, 120), 0.55, 0.4)], ids=["plain", "recalibrated"]
)
@pytest.mark.parametrize("seed", range(4))
def test_crps_is_the_integral_of_its_definition(mixture, seed, seen):
    p = mixture(seed).through(seen)
    y = float(p.sample(1, seed)[0])

    def gap(z):
        return (float(p.cdf(z)) - (z >= y)) ** 2

    edges = [-np.inf, -0.3, -0.05, y, 0.05 + abs(y), 0.4 + abs(y), np.inf]
    total = sum(integrate.quad(gap, a, b, limit=300)[0] for a, b in pairwise(edges) if a < b)
    assert crps(p, y) == pytest.approx(total, abs=1e-7)


@pytest.mark.parametrize("draws", [1, 100])
def test_half_spread_of_posterior_draws_is_exact_to_eight_digits(draws):
    """As a forecaster gives them, held against an adaptive rule."""
    rng = np.random.default_rng(5)
    scale, df, skew = np.exp(rng.normal(-4.6, 0.08, draws)), rng.uniform(3, 12, draws), rng.normal(0, 0.1, draws)
    p = Predictive.of(rng.normal(0.001, 0.001, draws), scale, df, skew)

    def spread(z):
        f = float(p.cdf(z))
        return f * (1 - f)

    edges = [-np.inf, -1.0, -0.1, -0.02, 0.0, 0.02, 0.1, 1.0, np.inf]
    total = sum(integrate.quad(spread, a, b, limit=300, epsabs=1e-14, epsrel=1e-11)[0] for a, b in pairwise(edges))
    assert p.half_spread == pytest.approx(total, rel=1e-8)


@pytest.mark.parametrize("y", [-30.0, -0.3, 0.002, 0.3, 30.0])
def test_crps_of_a_recalibrated_forecast_is_its_distance_to_samples(mixture, y):
    """`E|Y - y| - E|Y - Y'| / 2` over 20,000 draws, to 1 %; near and a thousand scales away."""
    p = mixture(1).through(PitMap.of(np.linspace(-2.0, 1.5, 120), 0.55, 0.4))
    sample = np.sort(p.sample(20_000, seed=4))
    spread = sample @ (2 * np.arange(sample.size) + 1 - sample.size) / sample.size**2
    assert crps(p, y) == pytest.approx(np.abs(sample - y).mean() - spread, rel=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_crps_far_out_and_very_narrow_stays_exact(mixture, seed):
    """An outcome a thousand scales away costs its distance, less half the spread; a point costs its error."""
    p = mixture(seed)
    assert crps(p, 20.0) == pytest.approx(20.0 - p.mean, rel=2e-3)
    assert crps(Predictive.of([0.01], [1e-9]), 0.03) == pytest.approx(0.02, rel=2e-5)


def test_truth_scores_best_and_wrong_widths_are_caught():
    """Propriety: over 1,500 draws of the truth both scores prefer it to scales x 0.7 and x 1.4 (t > 3)."""
    truth = Predictive.of([0.0], [0.02], [5.0])
    y = truth.sample(1500, seed=2)
    for factor in (0.7, 1.4):
        wrong = Predictive.of([0.0], [0.02 * factor], [5.0])
        for name in ("crps", "log_score"):
            losses = ([score(p, v)[name] for v in y] for p in (wrong, truth))
            difference = np.subtract(*losses)
            assert difference.mean() / (difference.std() / difference.size**0.5) > 3, (factor, name)


def test_every_score_of_a_known_case():
    got = score(Predictive.of([0.0], [1.0]), 1.0)
    assert got["log_score"] == pytest.approx(0.5 + 0.5 * np.log(2 * np.pi))
    assert got["pit"] == pytest.approx(0.8413447461)
    assert (got["in50"], got["in90"]) == (False, True)
    assert got["absolute_error"] == pytest.approx(1.0, abs=1e-6)
    assert got["squared_error"] == pytest.approx(1.0)
    assert got["interval_score"] == pytest.approx(2 * 1.6448536, rel=2e-5)
    assert interval_score(-1, 1, -1.5) == pytest.approx(2 + 20 * 0.5)


@pytest.mark.parametrize("y", [np.nan, np.inf])
def test_a_missing_outcome_has_no_score(y):
    with pytest.raises(ValueError, match="finite"):
        score(Predictive.of([0.0], [1.0]), y)
