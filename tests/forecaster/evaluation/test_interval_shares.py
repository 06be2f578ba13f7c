"""Shares of outcomes in a band, and two cases in which they mislead where proper scores do not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from forecaster.evaluation.interval_shares import evaluate_interval
from forecaster.evaluation.scores.interval_score import interval_score

ROWS = 2000


@pytest.fixture(scope="module")
def rng() -> np.random.Generator:
    return np.random.default_rng(21)


def test_the_shares_of_a_right_forecast_are_those_of_a_normal(rng) -> None:
    """Within 4 binomial standard errors, plus what 400 draws leave open of the sd: a false alarm in 10,000."""
    samples, y = rng.standard_normal((400, ROWS)), rng.standard_normal(ROWS)
    found = evaluate_interval(samples, y, 1.5)
    for share, right in [
        (found.inside, found.level),
        (found.below_upper, (1 + found.level) / 2),
        (found.above_lower, (1 + found.level) / 2),
    ]:
        assert share == pytest.approx(right, abs=4 * np.sqrt(right * (1 - right) / ROWS) + 0.005)
    assert found.level == pytest.approx(0.8664, abs=1e-4)
    assert found.crps == pytest.approx(1 / np.sqrt(np.pi), rel=0.06)
    narrow = evaluate_interval(0.5 * samples, y, 1.5)
    assert narrow.inside < found.level - 0.2, "the control: bands half as wide"


def test_its_interval_score_is_the_one_of_the_scoreboard(rng) -> None:
    samples, y = rng.standard_normal((50, 30)), 3 * rng.standard_normal(30)
    found = evaluate_interval(samples, y, 1.0)
    low, high = (samples.mean(0) + side * samples.std(0, ddof=1) for side in (-1, 1))
    each = [interval_score(*one, level=found.level) for one in zip(low, high, y, strict=True)]
    assert found.interval_score == pytest.approx(np.mean(each))


def test_an_absurd_band_has_every_share_and_the_worst_scores(rng) -> None:
    """A hundred times too wide: 100 % of all three shares, and the proper scores see it."""
    samples, y = rng.standard_normal((400, ROWS)), rng.standard_normal(ROWS)
    right, absurd = evaluate_interval(samples, y), evaluate_interval(100 * samples, y)
    assert (absurd.inside, absurd.below_upper, absurd.above_lower) == (1.0, 1.0, 1.0)
    assert right.inside < absurd.inside
    assert absurd.interval_score > 50 * right.interval_score
    assert absurd.crps > 20 * right.crps


def test_a_symmetric_band_on_skewed_data_looks_right_inside_and_is_wrong_on_both_sides(rng) -> None:
    """Lognormal outcomes, normal forecasts of the same mean and sd: inside is near its level, the sides are not."""
    law = stats.lognorm(0.8)
    y = law.rvs(ROWS, random_state=rng)
    symmetric = evaluate_interval(law.mean() + law.std() * rng.standard_normal((400, ROWS)), y, 2.0)
    right = evaluate_interval(law.rvs((400, ROWS), random_state=rng), y, 2.0)
    assert symmetric.inside == pytest.approx(symmetric.level, abs=0.02)
    assert symmetric.above_lower == 1.0
    assert 1 - symmetric.below_upper > 1.5 * (1 - symmetric.level) / 2
    assert abs(symmetric.inside - right.inside) < 0.01, "by their bands nobody could tell the two forecasts"
    assert right.crps < 0.93 * symmetric.crps


@pytest.mark.parametrize(
    ("samples", "y", "times"),
    [
        (np.zeros((1, 3)), np.zeros(3), 1.0),
        (np.zeros((5, 3)), np.zeros(4), 1.0),
        (np.zeros((5, 0)), np.zeros(0), 1.0),
        (np.full((5, 3), np.nan), np.zeros(3), 1.0),
        (np.zeros((5, 3)), np.zeros(3), -1.0),
        (np.zeros((5, 3)), np.zeros(3), 31.0),
    ],
)
def test_what_cannot_be_judged_is_refused(samples, y, times) -> None:
    with pytest.raises(ValueError, match="samples"):
        evaluate_interval(samples, y, times)
