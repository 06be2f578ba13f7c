"""The distribution function at many points is that of scipy to the last digits, and scores are what they were."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import special

from forecaster.distribution import student, student_polynomial
from forecaster.distribution.panels import cut
from forecaster.distribution.predictive import Predictive

SAME = 1e-13
"""Largest relative difference of a tail, and of a score."""


def test_tails_are_those_of_the_general_function():
    """From the centre to where nothing is left; the control: three coefficients less are told apart."""
    rng = np.random.default_rng(0)
    df = np.concatenate([[1.01, 2.05, 15.99], rng.uniform(1.05, 16, 97)])
    u = -np.abs(rng.standard_normal((200, 1))) * 10 ** rng.uniform(-9, 6, (200, 100))
    tail = special.stdtr(df, u)
    there = tail > 1e-280
    np.testing.assert_allclose(student_polynomial.cdf(df, u)[there], tail[there], rtol=SAME)
    np.testing.assert_allclose(student_polynomial.cdf(df, -u), 1 - tail, rtol=SAME)
    blunt = student_polynomial._coefficients(df.tobytes())[:-3]
    assert np.abs(student_polynomial._cdf(u, df, blunt)[there] / tail[there] - 1).max() > 10 * SAME


def test_the_ends_of_the_line_have_no_digits_to_lose():
    df = np.array([1.5, 4.5, 12.0])
    u = np.repeat([[-np.inf], [-1e200], [0.0], [1e200], [np.inf]], 200, axis=0) * np.ones(3)
    found = student_polynomial.cdf(df, u)[::200]
    assert found[[0, 1, 3, 4]].tolist() == [[0.0] * 3, special.stdtr(df, -1e200).tolist(), [1.0] * 3, [1.0] * 3]
    assert found[2] == pytest.approx(0.5, rel=SAME)


def test_light_tails_and_few_points_are_those_of_the_general_function_to_the_byte():
    rng = np.random.default_rng(1)
    df, u = np.array([3.0, 40.0, 16.5, 1e6]), rng.standard_normal((1000, 4))
    found = student_polynomial.cdf(df, u)
    assert (found[:, 1:] == special.stdtr(df[1:], u[:, 1:])).all()
    assert (found[:, 0] != special.stdtr(df[0], u[:, 0])).any()
    assert (student_polynomial.cdf(df, u[:200]) == special.stdtr(df, u[:200])).all()


def test_a_component_does_not_depend_on_its_company():
    rng = np.random.default_rng(2)
    df, u = rng.uniform(2, 12, 300), 3 * rng.standard_normal((64, 300))
    part = slice(17, 117)
    alone = student_polynomial.cdf(df[part].copy(), u[:, part])
    # Some processors round the last values of a vector otherwise than those before them.
    np.testing.assert_allclose(student_polynomial.cdf(df, u)[:, part], alone, rtol=1e-14)


def forecasts() -> dict[str, Predictive]:
    """One component, a posterior's, and a pool of kinds: skewed, kernels, normal, heavy."""
    rng = np.random.default_rng(3)
    loc, scale = rng.normal(0, 3e-4, 100), 0.008 * np.exp(rng.normal(0, 0.06, 100))
    df, skew = rng.uniform(3, 25, 100), rng.normal(-0.05, 0.03, 100)
    kinds = np.concatenate([df, np.full(256, student.KERNEL_DF), [np.inf, 2.05]])
    spread = np.concatenate([scale, np.full(256, 0.002), [0.01, 0.009]])
    modes = np.concatenate([loc, rng.normal(0, 0.01, 256), [0, 0]])
    return {
        "one": Predictive.of(5e-4, 0.0082, 7.1, -0.2),
        "a normal": Predictive.of(5e-4, 0.0082),
        "a posterior's": Predictive.of(loc, scale, df, skew),
        "a pool": Predictive.of(modes, spread, kinds, np.concatenate([skew, np.zeros(258)])),
    }


@pytest.mark.parametrize("name", forecasts())
def test_scores_are_those_of_the_plain_formula(name):
    """The squared tails at the nodes of the mixture's own panels, each tail by scipy's function."""
    law = forecasts()[name]._law
    line, low, high = cut(law.about), law.about, law.about.mirrored
    sides = ((low, line.below, 1), (high, line.above, -1))
    plain = sum(float(weight.ravel() @ of.cdf(sign * place.ravel()) ** 2) for of, (place, weight), sign in sides)
    assert law.least == pytest.approx(plain, rel=SAME)
    for y in (0.0, 0.011, -0.05):
        there, centre = law.distance([y - law.origin, line.centre])
        assert forecasts()[name].crps(y) == pytest.approx(plain + there - centre, rel=SAME)


@pytest.mark.parametrize("name", forecasts())
def test_quantiles_are_the_same_whether_their_start_was_kept(name):
    """To the byte: of one level at a time, of few, and of more than are kept."""
    p, levels = forecasts()[name], np.linspace(0.01, 0.99, 99)
    start = p._law._component_quantiles(levels)
    few = np.concatenate([p._law._component_quantiles(levels[at : at + 9]) for at in range(0, 99, 9)])
    assert (start == few).all()
    again = np.concatenate([p._law._component_quantiles(levels[at : at + 9]) for at in range(0, 99, 9)])
    assert (start == again).all()
