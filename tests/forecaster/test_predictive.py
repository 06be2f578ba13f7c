"""The predictive distribution is what it says: every figure against numerical integration or plain sampling."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from forecaster.predictive import Predictive


@pytest.mark.parametrize("seed", range(4))
def test_density_cdf_and_moments_agree_with_numerical_integration(mixture, seed):
    p = mixture(seed)

    def density(z):
        return float(np.exp(p.log_prob(z)))

    def over(f, low, high):
        points = [q for q in (-0.2, -0.02, 0.0, 0.02, 0.2) if low < q < high]
        edges = [low, *points, high]
        return sum(integrate.quad(f, a, b, limit=300)[0] for a, b in pairwise(edges))

    assert over(density, -np.inf, np.inf) == pytest.approx(1, abs=1e-7)
    assert over(density, -np.inf, 0.013) == pytest.approx(float(p.cdf(0.013)), abs=1e-7)
    assert over(lambda z: z * density(z), -np.inf, np.inf) == pytest.approx(p.mean, abs=1e-7)
    assert over(lambda z: z * density(z), -np.inf, 0.013) == pytest.approx(float(p.partial_mean(0.013)), abs=1e-7)


def test_a_light_tailed_mixture_has_the_sd_of_its_samples():
    p = Predictive.of([0.0, 0.01], [0.02, 0.01], [12.0, np.inf], [0.15, -0.2], [0.6, 0.4])
    sample = p.sample(400_000, seed=1)
    assert sample.std() == pytest.approx(p.sd, rel=0.01)
    assert sample.mean() == pytest.approx(p.mean, abs=4 * p.sd / 400_000**0.5)


@given(seed=st.integers(0, 500), levels=st.lists(st.floats(0.001, 0.999), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None, derandomize=True)
def test_quantiles_invert_the_cdf(mixture, seed, levels):
    p = mixture(seed)
    np.testing.assert_allclose(p.cdf(p.quantile(levels)), levels, atol=1e-9)


@given(seed=st.integers(0, 500), shift=st.floats(-0.1, 0.1), factor=st.floats(0.1, 10))
@settings(max_examples=40, deadline=None, derandomize=True)
def test_moving_the_distribution_and_the_outcome_together_changes_no_probability(mixture, seed, shift, factor):
    p = mixture(seed)
    y = np.linspace(-0.05, 0.05, 7)
    np.testing.assert_allclose(p.moved(shift, factor).cdf(shift + factor * y), p.cdf(y), atol=2e-5)


@pytest.mark.parametrize("seed", range(3))
def test_sampling_follows_the_cdf(mixture, seed):
    """Kolmogorov-Smirnov at 0.1 %; the control, a scale 3 % too small, must be rejected."""
    p = mixture(seed)
    sample = p.sample(100_000, seed=seed)
    assert stats.kstest(sample, p.cdf).pvalue > 1e-3
    assert stats.kstest(sample * 1.03, p.cdf).pvalue < 1e-3


def test_risk_figures_are_losses_beyond_a_level(mixture):
    p = mixture(2)
    sample = p.sample(1_000_000, seed=3)
    var = p.value_at_risk(0.95)
    assert np.mean(-sample > var) == pytest.approx(0.05, abs=0.001)
    assert p.expected_shortfall(0.95) == pytest.approx(-sample[-sample > var].mean(), rel=0.02)


def test_a_normal_component_is_the_normal_distribution():
    p = Predictive.of([0.01], [0.02])
    law = stats.norm(np.float64(np.float32(0.01)), np.float64(np.float32(0.02)))
    z = np.linspace(-0.1, 0.1, 11)
    np.testing.assert_allclose(p.cdf(z), law.cdf(z), atol=1e-12)
    np.testing.assert_allclose(p.log_prob(z), law.logpdf(z), atol=1e-10)
    assert p.expected_shortfall(0.9) == pytest.approx(-law.expect(lambda v: v, ub=law.ppf(0.1)) / 0.1, rel=1e-6)


@pytest.mark.parametrize("seed", range(3))
def test_stored_bytes_come_back_bit_for_bit(mixture, seed):
    p = mixture(seed)
    again = Predictive.from_bytes(p.to_bytes())
    for name in ("weight", "loc", "scale", "df", "skew"):
        assert getattr(again, name).tobytes() == getattr(p, name).tobytes()
    assert again.to_bytes() == p.to_bytes()


@pytest.mark.parametrize("data", [b"", b"no tensors", Predictive.of([0.0], [1.0]).to_bytes()[:-4], b"\xff" * 64])
def test_damaged_bytes_are_refused(data):
    with pytest.raises(ValueError, match="no stored predictive distribution"):
        Predictive.from_bytes(data)


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"loc": [np.nan], "scale": [1.0]}, "finite"),
        ({"loc": [0.0], "scale": [0.0]}, "positive"),
        ({"loc": [0.0], "scale": [1.0], "df": [1.0]}, "df"),
        ({"loc": [0.0, 1.0], "scale": [1.0], "weight": [0.5, 0.6]}, "sum to 1"),
        ({"loc": [], "scale": []}, "K > 0"),
    ],
)
def test_impossible_components_are_refused(parts, word):
    with pytest.raises(ValueError, match=word):
        Predictive.of(**parts)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.1, np.nan])
def test_impossible_levels_are_refused(mixture, level):
    with pytest.raises(ValueError, match="levels"):
        mixture(0).quantile([0.5, level])


def test_an_empirical_distribution_keeps_quantiles_and_possible_extremes():
    sample = 0.01 * np.random.default_rng(5).standard_t(4, 3000)
    p = Predictive.of_sample(sample)
    levels = [0.05, 0.25, 0.5, 0.75, 0.95]
    assert p.loc.size == 256
    np.testing.assert_allclose(p.quantile(levels), np.quantile(sample, levels), atol=0.0015)
    assert np.isfinite(p.log_prob(0.5)), "an outcome of fifty sd must not be impossible"
