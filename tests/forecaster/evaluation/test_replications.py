"""Predictive checks: p-values are calibrated on data from the model, and extreme on data that are not."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.evaluation.replications import STATISTICS, check
from forecaster.families.linear import Prior
from forecaster.families.replicated import replicated

ROWS, SETS, STUDIES = 200, 150, 200
UNIT = np.ones(ROWS)


def draws(rng: np.random.Generator, count: int) -> dict[str, np.ndarray]:
    """Of a prior: scale and degrees of freedom are not known, nor is the skew."""
    return {
        "intercept": rng.normal(0, 0.3, count),
        "noise_scale": rng.lognormal(-0.2, 0.3, count),
        "df_excess": rng.lognormal(np.log(5), 0.5, count),
        "skew": rng.normal(0, 0.1, count),
    }


def made(parts: dict[str, np.ndarray], rng: np.random.Generator) -> np.ndarray:
    return replicated(parts, rng, np.zeros((ROWS, 0)), np.zeros((ROWS, 0)), Prior())


def test_p_values_of_the_prior_are_uniform_on_data_from_the_model() -> None:
    """Of 200 data sets the share of p-values below .1, .5 and .9 is that, within four standard errors, each check."""
    rng = np.random.default_rng(1)
    sets = made(draws(rng, SETS), rng)
    found = [{name: of.p for name, of in check(one, sets, UNIT).items()} for one in made(draws(rng, STUDIES), rng)]
    for name in STATISTICS:
        p = np.array([one[name] for one in found])
        for level in (0.1, 0.5, 0.9):
            error = np.sqrt(level * (1 - level) * (1 / STUDIES + 1 / SETS))
            assert (p < level).mean() == pytest.approx(level, abs=4 * error), name


VIOLATIONS = {
    "skewness": lambda rng: np.where(rng.random(ROWS) < 0.05, -8.0, 0.0) + rng.standard_normal(ROWS),
    "autocorrelation, lag 1": lambda rng: np.convolve(rng.standard_normal(ROWS + 1), [1, 0.9], "valid"),
    "the same of absolute values": lambda rng: np.repeat([0.3, 2.0], ROWS // 2) * rng.standard_normal(ROWS),
    "largest": lambda rng: np.r_[rng.standard_normal(ROWS - 1), 60.0],
    "mean": lambda rng: rng.standard_normal(ROWS) + 3,
    "standard deviation": lambda rng: 20 * rng.standard_normal(ROWS),
}


@pytest.mark.parametrize("statistic", VIOLATIONS)
def test_data_that_violate_the_model_have_an_extreme_p_value(statistic: str) -> None:
    rng = np.random.default_rng(2)
    found = check(VIOLATIONS[statistic](rng), made(draws(rng, 500), rng), UNIT)
    assert found[statistic].extreme
    assert min(found[statistic].p, 1 - found[statistic].p) < 0.01


def test_errors_have_the_moments_of_the_two_piece_t() -> None:
    """Against `Predictive`, the same distribution by formula: median, quantiles and the share of either side."""
    from forecaster.distribution.predictive import Predictive  # noqa: PLC0415  # what it is held against

    rng = np.random.default_rng(3)
    count = 400
    parts = {name: np.full(count, value) for name, value in zip(("intercept", "noise_scale"), (0.1, 0.5), strict=True)}
    parts |= {"df_excess": np.full(count, 3.0), "skew": np.full(count, 0.4)}
    values = made(parts, rng).ravel()
    law = Predictive.of(np.array([0.1]), np.array([0.5]), 5.1, 0.4)
    for level in (0.05, 0.25, 0.5, 0.75, 0.95):
        assert (values < law.quantile([level])[0]).mean() == pytest.approx(level, abs=4 * 0.5 / np.sqrt(len(values)))


def test_a_statistic_of_data_without_a_number_is_extreme_and_ties_count_half() -> None:
    still = check(np.zeros(ROWS), np.zeros((10, ROWS)), UNIT)
    assert still["smallest"].p == 0.5
    assert np.isnan(still["kurtosis"].p)
    assert still["kurtosis"].extreme
