"""Nothing that a distribution is asked has NaN for an answer, however far out; what is stored is what was given."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load, save
from scipy import stats

from forecaster.distribution import student
from forecaster.distribution.predictive import COMPONENTS, Predictive
from forecaster.distribution.recalibrated import PitMap

LEVELS = np.array([5e-324, 1e-300, 1e-100, 1e-16, 0.001, 0.5, 0.999, 1 - 1e-12, np.nextafter(1.0, 0.0)])
PLACES = np.array([-np.inf, -1e300, -1e20, 0.0, 1e20, 1e300, np.inf])

LAWS = {
    "normal": Predictive.of(0.1, 1.0),
    "student": Predictive.of(0.1, 1.0, 7.0),
    "kernel": Predictive.of(0.1, 1.0, 4.0),
    "no variance": Predictive.of([0, 1], [0.1, 0.3], [1.5, np.inf]),
    "hardly a mean": Predictive.of(0.0, 1.0, 1.01),
    "skewed": Predictive.of([0, 1], [1, 0.1], 4.0, [5, -5]),
    "steep": Predictive.of([0, 0], [1, 1], [np.inf, 3], [50, -50]),
    "nearly normal": Predictive.of([0, 0.5], 1.0, [1e16, 5.0]),
    "a weight of zero": Predictive.of([0, 1e3], [1, 1e3], [5, 1.5], 0, [1, 0]),
    "lost in doubles": Predictive.of([1e30, 0], [1e-30, 1.0], 5.0),
    "subnormal": Predictive.of([0, 1], [1e-45, 1e-2], [3, np.inf]),
    "great": Predictive.of([-3e38, 3e38], 3e38, [1.2, 9]),
}
MAPS = {"plain": None, "seen": PitMap.of(np.linspace(-1.5, 2, 99), 0.6, 0.4), "narrow": PitMap.of([3, -3.7], 0.9, 0.01)}


@pytest.mark.parametrize("seen", MAPS)
@pytest.mark.parametrize("name", LAWS)
def test_every_answer_is_a_number(name, seen):
    p = LAWS[name].through(MAPS[seen])
    for answer in (p.log_prob(PLACES), p.cdf(PLACES), p.partial_mean(PLACES), p.quantile(LEVELS), p.sample(9, 0)):
        assert not np.isnan(answer).any()
    assert not np.isnan([p.mean, p.sd, p.half_spread, p.expected_shortfall(0.99)]).any()
    assert np.isfinite(p.half_spread)
    assert p.half_spread > 0
    assert min(p.crps(y) for y in PLACES) >= 0
    np.testing.assert_allclose(p.cdf(PLACES[[0, -1]]), [0, 1], atol=1e-15)
    np.testing.assert_array_equal(p.log_prob(PLACES[[0, -1]]), -np.inf)
    np.testing.assert_allclose(p.partial_mean(PLACES[[0, -1]]), [0, p.mean], rtol=1e-9, atol=1e-12 * abs(p.mean))
    assert (np.diff(p.quantile(LEVELS)) >= 0).all()


@pytest.mark.parametrize("df", [2.05, 4.0, 7.3, np.inf])
def test_quantiles_of_extreme_levels_are_right(df):
    """Against scipy where it has an answer, and by the power law of the tail where it has none."""
    p, df = Predictive.of(0.0, 1.0, df), float(np.float32(df))
    levels = np.array([1e-100, 1e-30, 1e-16, 1e-9])
    exact = stats.norm.ppf(levels) if np.isinf(df) else stats.t(df).ppf(levels)
    np.testing.assert_allclose(p.quantile(levels), exact, rtol=1e-9)
    np.testing.assert_allclose(p.quantile(1 - levels[3]), -exact[3], rtol=1e-6)
    if np.isfinite(df):
        assert float(p.quantile(1e-300) / p.quantile(1e-100)) == pytest.approx(1e200 ** (1 / df), rel=1e-9)


@pytest.mark.parametrize("df", [2e10, 1e14, 1e16, 3e38])
def test_very_many_degrees_of_freedom_are_a_normal(df):
    p, normal = Predictive.of([0, 1], 1.0, [df, 5.0]), Predictive.of([0, 1], 1.0, [np.inf, 5.0])
    y = np.linspace(-8, 8, 33)
    for name, at in (("log_prob", y), ("cdf", y), ("partial_mean", y), ("quantile", LEVELS)):
        np.testing.assert_allclose(getattr(p, name)(at), getattr(normal, name)(at), rtol=1e-12)
    assert (p.sd, p.crps(0.3)) == pytest.approx((normal.sd, normal.crps(0.3)), rel=1e-9)
    np.testing.assert_array_equal(p.sample(50, 1), normal.sample(50, 1))


@pytest.mark.parametrize("df", [1e3, 1e6, 1e7, 9e9])
def test_many_degrees_of_freedom_keep_their_digits(df):
    """To the first order in `1 / df` the log density is the normal's plus `(u^4 - 2 u^2 - 1) / (4 df)`."""
    u = np.linspace(-4, 4, 9)[:, None]
    found = student.log_density(u, np.array([df])) - stats.norm.logpdf(u)
    np.testing.assert_allclose(found, (u**4 - 2 * u**2 - 1) / (4 * df), atol=2000 / df**2 + 5e-10)


def test_a_component_without_weight_is_not_there():
    p, alone = LAWS["a weight of zero"], Predictive.of(0.0, 1.0, 5.0)
    assert (p.sd, p.crps(0.2), p.half_spread) == pytest.approx((alone.sd, alone.crps(0.2), alone.half_spread))
    np.testing.assert_array_equal(p.quantile(LEVELS), alone.quantile(LEVELS))


ODD = {
    "strided": lambda a: np.repeat(a, 3)[::3],
    "reversed": lambda a: np.ascontiguousarray(a[::-1])[::-1],
    "double": lambda a: a.astype(np.float64),
    "half": lambda a: a.astype(np.float16),
    "other end first": lambda a: a.astype(">f4"),
    "column": lambda a: np.stack([a, a + 9], axis=1)[:, 0],
}


@pytest.mark.parametrize("odd", ODD)
def test_stored_bytes_are_those_of_the_numbers_however_they_lay_in_memory(odd):
    plain = Predictive.of([0.5, 1, 2, 4], [1, 2, 0.5, 4], [3, 4, 5, 6], [0, 0.5, -0.5, 0.25], [0.25] * 4)
    p = Predictive(*(ODD[odd](getattr(plain, name)) for name in COMPONENTS))
    scores = np.array([-1, 0.5, 2, 0.25], np.float32)
    seen = PitMap(ODD[odd](scores), np.float64(0.5), np.asarray(0.25))
    for one in (p, Predictive.of(p.loc[::1], p.scale, p.df, p.skew, p.weight), p.moved()):
        assert all(getattr(one, name).dtype == np.float32 for name in COMPONENTS)
        assert one.through(seen).to_bytes() == plain.through(PitMap.of(scores, 0.5, 0.25)).to_bytes()
    assert PitMap.of(ODD[odd](scores), 0.5, 0.25).scores.tobytes() == scores.tobytes()


def test_bytes_of_other_numbers_are_refused():
    arrays = load(LAWS["student"].to_bytes())
    with pytest.raises(ValueError, match="float64, not float32"):
        Predictive.from_bytes(save(arrays | {"loc": arrays["loc"].astype(np.float64)}))


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"loc": [np.inf], "scale": [1.0]}, "finite"),
        ({"loc": [1e39], "scale": [1.0]}, "finite"),
        ({"loc": [0.0], "scale": [1e-60]}, "positive"),
        ({"loc": [0.0], "scale": [np.inf]}, "positive"),
        ({"loc": [0.0], "scale": [1.0], "df": [np.nan]}, "df"),
        ({"loc": [0.0], "scale": [1.0], "skew": [51.0]}, "skew"),
        ({"loc": [0.0], "scale": [1.0], "skew": [np.nan]}, "skew"),
        ({"loc": [0.0, 0.0], "scale": [1.0], "weight": [0.0, 0.0]}, "sum to 1"),
        ({"loc": [0.0, 0.0], "scale": [1.0], "weight": [np.nan, 1.0]}, "sum to 1"),
        ({"loc": ["a"], "scale": [1.0]}, "real numbers"),
        ({"loc": [1j], "scale": [1.0]}, "real numbers"),
        ({"loc": [None], "scale": [1.0]}, "real numbers"),
    ],
)
def test_numbers_that_make_no_distribution_are_refused(parts, word):
    with pytest.raises(ValueError, match=word):
        Predictive.of(**parts)


@pytest.mark.parametrize(
    ("sample", "word"),
    [
        ([], "finite"),
        ([0.1, np.nan], "finite"),
        ([np.inf, 0.0], "finite"),
        ([0.1] * 9, "no spread"),
        ([2.0], "no spread"),
    ],
)
def test_samples_that_make_no_distribution_are_refused(sample, word):
    with pytest.raises(ValueError, match=word):
        Predictive.of_sample(sample)
