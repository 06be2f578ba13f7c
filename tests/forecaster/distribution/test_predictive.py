"""The predictive distribution is what it says: every figure against numerical integration or plain sampling."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save
from scipy import integrate, stats

from forecaster.distribution import student
from forecaster.distribution.predictive import LEVELS, Predictive
from forecaster.distribution.recalibrated import PitMap
from forecaster.distribution.student import KERNEL_DF


@pytest.fixture(scope="module")
def pit_map():
    """Makes a map learnt from PITs of a forecaster that is too wide and a little too low."""

    def pit_map(seed: int, share: float = 0.6) -> PitMap:
        return PitMap.of(np.random.default_rng(seed).normal(0.2, 0.8, 150), share, 0.4)

    return pit_map


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


def test_the_kernels_have_the_distribution_function_of_their_degrees_of_freedom():
    """To twelve digits in both tails, alone and beside components of other degrees."""
    u = np.concatenate([[0.0, -np.inf, np.inf], *(np.outer([-1.0, 1.0], np.geomspace(1e-6, 1e6, 40)))])
    alone = student.cdf(u[:, None], np.array([KERNEL_DF]))
    beside = student.cdf(np.repeat(u[:, None], 3, axis=1), np.array([7.0, KERNEL_DF, np.inf]))
    np.testing.assert_allclose(alone[:, 0], stats.t(KERNEL_DF).cdf(u), rtol=1e-12)
    np.testing.assert_array_equal(beside[:, 1], alone[:, 0])
    np.testing.assert_allclose(beside[:, 0], stats.t(7.0).cdf(u), rtol=1e-12)
    np.testing.assert_allclose(beside[:, 2], stats.norm.cdf(u), atol=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_stored_bytes_come_back_bit_for_bit(mixture, seed):
    p = mixture(seed)
    again = Predictive.from_bytes(p.to_bytes())
    for name in ("weight", "loc", "scale", "df", "skew"):
        assert getattr(again, name).tobytes() == getattr(p, name).tobytes()
    assert again.to_bytes() == p.to_bytes()


@pytest.mark.parametrize("data", [b"", b"no tensors", Predictive.of([0.0], [1.0]).to_bytes()[:-4], b"\xff" * 64])
def test_damaged_bytes_are_refused(data):
    with pytest.raises(ValueError, match="not a stored predictive distribution"):
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


@pytest.mark.parametrize("seed", range(3))
def test_a_recalibrated_distribution_agrees_with_numerical_integration(mixture, pit_map, seed):
    base = mixture(seed)
    p = base.through(pit_map(seed))
    edges = [-np.inf, -0.5, -0.1, -0.03, 0.0, 0.013, 0.05, 0.2, 1.0, np.inf]

    def integrals(f):
        return np.array([integrate.quad(f, a, b, limit=400, epsabs=1e-13)[0] for a, b in pairwise(edges)])

    mass = integrals(lambda z: float(np.exp(p.log_prob(z))))
    first = integrals(lambda z: z * float(np.exp(p.log_prob(z))))
    spread = integrals(lambda z: float(p.cdf(z)) * (1 - float(p.cdf(z))))
    assert mass.sum() == pytest.approx(1, abs=1e-8)
    np.testing.assert_allclose(p.cdf(edges[1:-1]), mass.cumsum()[:-1], atol=1e-8)
    assert p.mean == pytest.approx(first.sum(), abs=1e-8)
    np.testing.assert_allclose(p.partial_mean(edges[1:-1]), first.cumsum()[:-1], atol=1e-8)
    assert p.half_spread == pytest.approx(spread.sum(), rel=1e-6)
    assert abs(p.mean - base.mean) > 1e-3, "a control: the map has moved the distribution"


@pytest.mark.parametrize("df", [2.1, 4.0, 30.0, np.inf])
def test_a_recalibrated_sd_is_that_of_its_two_parts(pit_map, df):
    """By the closed form of one component and an integral over normal scores; infinite where the component's is."""
    base, seen = Predictive.of([0.001], [0.01], [df]), PitMap.of([*pit_map(1).scores, -3.7, 3.7], 0.6, 0.4)
    law = stats.t(np.float64(np.float32(df)), *np.array([base.loc[0], base.scale[0]], np.float64))
    z = np.arange(-7, 7, 0.01)
    kernels = stats.norm.pdf(z[:, None], np.sqrt(1 - 0.4**2) * seen.scores, 0.4).mean(axis=1)
    first, second = (0.01 * kernels @ law.ppf(stats.norm.cdf(z)) ** power for power in (1, 2))
    mean = 0.4 * law.mean() + 0.6 * first
    moment = 0.4 * (law.var() + law.mean() ** 2) + 0.6 * second
    p = base.through(seen)
    assert p.mean == pytest.approx(mean, rel=1e-6)
    assert p.sd == pytest.approx((moment - mean**2) ** 0.5, rel=1e-6)
    assert abs(p.sd / base.sd - 1) > 0.02, "a control: the map has changed the distribution"
    assert Predictive.of([0.0], [0.01], [1.9]).through(seen).sd == np.inf


@given(seed=st.integers(0, 200), levels=st.lists(st.floats(1e-6, 1 - 1e-6), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_quantiles_invert_a_recalibrated_cdf(mixture, pit_map, seed, levels):
    p = mixture(seed).through(pit_map(seed))
    np.testing.assert_allclose(p.cdf(p.quantile(levels)), levels, atol=1e-9)


def test_sampling_follows_a_recalibrated_cdf(mixture, pit_map):
    """Kolmogorov-Smirnov at 0.1 %; the control, the cdf without the map, must be rejected."""
    base = mixture(1)
    p = base.through(pit_map(1))
    sample = p.sample(30_000, seed=2)
    assert stats.kstest(sample, p.cdf).pvalue > 1e-3
    assert stats.kstest(sample, base.cdf).pvalue < 1e-3
    var = p.value_at_risk(0.95)
    assert np.mean(-sample > var) == pytest.approx(0.05, abs=0.005)
    assert p.expected_shortfall(0.95) == pytest.approx(-sample[-sample > var].mean(), rel=0.05)
    assert p.prob_up == pytest.approx(np.mean(sample > 0), abs=0.012)


def test_a_map_without_a_share_changes_nothing(mixture, pit_map):
    base = mixture(3)
    p = base.through(pit_map(1, share=0.0))
    y = np.linspace(-0.2, 0.2, 9)
    for name in ("cdf", "log_prob", "partial_mean"):
        np.testing.assert_allclose(getattr(p, name)(y), getattr(base, name)(y), rtol=1e-12)
    np.testing.assert_allclose(p.quantile(LEVELS), base.quantile(LEVELS), rtol=1e-9)
    assert (p.mean, p.sd, p.half_spread) == pytest.approx((base.mean, base.sd, base.half_spread), rel=1e-7)
    assert base.through(None).to_bytes() == base.to_bytes()


def test_moving_a_recalibrated_distribution_moves_its_outcomes(mixture, pit_map):
    p = mixture(4).through(pit_map(2))
    y = np.linspace(-0.05, 0.05, 7)
    np.testing.assert_allclose(p.moved(0.01, 3.0).cdf(0.01 + 3 * y), p.cdf(y), atol=2e-5)


def test_an_outcome_beyond_everything_is_still_possible(mixture, pit_map):
    """Far out nothing was learnt: the log density is the mixture's own less what the map took."""
    base = mixture(0)
    p = base.through(pit_map(0))
    np.testing.assert_allclose(p.log_prob([-1e6, 1e6]), base.log_prob([-1e6, 1e6]) + np.log(0.4), atol=1e-6)


def test_a_recalibrated_distribution_comes_back_bit_for_bit(mixture, pit_map):
    p = mixture(5).through(pit_map(5))
    again = Predictive.from_bytes(p.to_bytes())
    assert again.to_bytes() == p.to_bytes()
    for name in ("scores", "share", "bandwidth"):
        assert getattr(again.seen, name).tobytes() == getattr(p.seen, name).tobytes()
    assert again.log_prob(0.01) == p.log_prob(0.01)


def test_bytes_of_five_arrays_are_a_distribution_seen_through_no_map(mixture):
    """What was stored before there were maps is read as it was written."""
    p = mixture(6)
    stored = save({name: getattr(p, name) for name in ("weight", "loc", "scale", "df", "skew")})
    assert Predictive.from_bytes(stored).seen is None
    assert Predictive.from_bytes(stored).to_bytes() == stored


def test_bytes_with_half_a_map_are_refused(mixture, pit_map):
    arrays = load(mixture(7).through(pit_map(7)).to_bytes())
    del arrays["seen_share"]
    with pytest.raises(ValueError, match="not a stored predictive distribution"):
        Predictive.from_bytes(save(arrays))


@pytest.mark.parametrize(
    ("scores", "share", "bandwidth", "word"),
    [
        ([], 0.5, 0.4, "N > 0"),
        ([np.inf], 0.5, 0.4, "finite"),
        ([0.0], 1.0, 0.4, "share"),
        ([0.0], 0.5, 1.0, "bandwidth"),
    ],
)
def test_impossible_maps_are_refused(scores, share, bandwidth, word):
    with pytest.raises(ValueError, match=word):
        PitMap.of(scores, share, bandwidth)


@pytest.mark.parametrize(
    "p",
    [
        Predictive.of([-1.0, 1.0], [1e-6, 1e-6]),
        Predictive.of(np.linspace(-0.1, 0.1, 12), 2e-4),
        Predictive.of([0.0, 0.0], [1e-5, 1.0], [2.1, 30.0], [1.5, -1.5], [0.99, 0.01]),
        Predictive.of([0.01], [1e-9], [3.0]),
    ],
    ids=["far apart", "rugged", "two scales", "a point"],
)
def test_quantiles_of_distributions_with_gaps_and_cliffs_invert_the_cdf(p):
    """Newton's method alone runs away on these; a quantile in a gap is any point of it."""
    levels = np.array([1e-9, 0.001, 0.2, 0.45, 0.5, 0.505, 0.9, 0.995, 1 - 1e-9])
    found = p.quantile(levels)
    assert (np.diff(found) > 0).all()
    np.testing.assert_allclose(p.cdf(found), levels, atol=1e-6 if p.scale[0] < 1e-8 else 1e-9)
