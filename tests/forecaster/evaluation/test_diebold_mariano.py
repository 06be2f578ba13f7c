"""The test of equal accuracy rejects a true null as often as it says, and a false one often enough."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.evaluation.diebold_mariano import FEWEST_DAYS, diebold_mariano

NULLS = 1000
BAND = 0.014
"""Two standard errors of a rate of 5 % in 1,000. A test of exact size is further off one time in 25."""


def persistent(rng: np.random.Generator, days: int) -> np.ndarray:
    """A moving average of order one whose neighbours correlate at 0.4."""
    noise = rng.standard_normal((NULLS, days + 1))
    return noise[:, 1:] + 0.5 * noise[:, :-1]


def clustered(rng: np.random.Generator, days: int) -> np.ndarray:
    """GARCH(1, 1) with heavy tails: uncorrelated, but large differences follow large ones."""
    shocks = rng.standard_t(6, (NULLS, days + 200)) * np.sqrt(4 / 6)
    variance, path = np.ones(NULLS), np.empty_like(shocks)
    for day in range(days + 200):
        path[:, day] = np.sqrt(variance) * shocks[:, day]
        variance = 0.02 + 0.1 * path[:, day] ** 2 + 0.88 * variance
    return path[:, 200:]


def rejected(series: np.ndarray) -> float:
    return float(np.mean([diebold_mariano(row)[1] < 0.05 for row in series]))


@pytest.mark.parametrize("days", [250, 1000])
@pytest.mark.parametrize("law", [persistent, clustered])
def test_true_nulls_are_rejected_as_often_as_the_level_says(law, days):
    """5 % +- 1.4 % of 1,000 nulls. A fresh seed fails one time in 25 a case: the seed is fixed."""
    assert abs(rejected(law(np.random.default_rng(10), days)) - 0.05) < BAND


def test_the_plain_t_is_no_test_for_persistent_differences():
    """The control: without a long-run variance 18 % of the same nulls are rejected."""
    series = persistent(np.random.default_rng(10), 250)
    t = series.mean(1) / (series.std(1) / np.sqrt(250))
    assert (np.abs(t) > 1.96).mean() > 0.12


def test_a_planted_difference_is_found():
    """A mean of four standard errors: 95 of 100 at least, where a normal test with known variance finds 98."""
    series = persistent(np.random.default_rng(1), 1000) + 4 * 1.5 / np.sqrt(1000)
    assert rejected(series) > 0.95


def test_the_statistic_is_the_textbook_one_without_autocorrelation():
    """For white differences it nears the plain t; a constant difference, or none, has no variance to judge by."""
    difference = 0.1 + np.random.default_rng(0).standard_normal(200_000)
    t, p = diebold_mariano(difference)
    assert t == pytest.approx(difference.mean() / (difference.std() / difference.size**0.5), rel=0.05)
    assert p < 1e-6
    for nothing in (np.full(50, 0.1), np.zeros(0), np.array([1.0, 2.0, 4.0])[: FEWEST_DAYS - 1]):
        assert np.isnan(diebold_mariano(nothing)[0])
        assert diebold_mariano(nothing)[1] == 1.0


def test_the_sign_says_who_is_better():
    difference = np.random.default_rng(2).standard_normal(100) - 1
    t, p = diebold_mariano(difference)
    assert t < 0
    assert diebold_mariano(-difference) == (-t, p)


def test_days_whose_second_half_mirrors_the_first_have_no_spread_to_judge_by():
    """Four days have one cosine, and a mirrored sequence has none of it: no division by nothing, and no p of zero."""
    for difference in (np.array([1.0, 2.0, 2.0, 1.0]), np.array([0.1, 0.7, 0.7, 0.1]) / 3):
        t, p = diebold_mariano(difference)
        assert np.isnan(t)
        assert p == 1.0
    assert diebold_mariano(np.array([1.0, 2.0, 2.0, 1.1]))[1] < 1.0
