"""Quantiles and draws are scored as what they show: proper on average, bounded where they say nothing."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from forecaster.distribution.predictive import Predictive
from forecaster.referee.draws_law import DrawsLaw
from forecaster.referee.law import scores, summary, through_draws, through_levels
from forecaster.referee.quantile_law import QuantileLaw
from forecaster.referee.roles import level_of, roles_of

LAW = Predictive.of([0.0005], [0.01], 5)
Y = LAW.sample(1500, 3)
MANY = np.arange(1, 100) / 100
FIVE = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
SURE = 1e-4
"""False alarms of a test of uniformity: one in ten thousand; the wrong laws must fail it."""


def read(levels, shift: float = 0.0, width: float = 1.0) -> QuantileLaw:
    return QuantileLaw(levels, shift + width * LAW.quantile(levels))


@pytest.mark.parametrize("levels", [MANY, FIVE, np.array([0.025, 0.975])], ids=len)
def test_the_reading_is_one_distribution(levels):
    """Density, cdf and quantiles agree, and all of it sums to one."""
    law, grid = read(levels), np.linspace(-0.4, 0.4, 40_001)
    step = grid[1] - grid[0]
    assert np.exp(law.log_prob(grid)).sum() * step == pytest.approx(1, abs=1e-3)
    middle = (grid[1:] + grid[:-1]) / 2
    inside = np.abs(middle[:, None] - law.values).min(axis=1) > 2 * step  # the density jumps at the quantiles
    np.testing.assert_allclose(
        np.diff(law.cdf(grid))[inside] / step, np.exp(law.log_prob(middle[inside])), rtol=1e-3, atol=1e-8
    )
    asked = np.array([1e-4, 0.013, 0.3, 0.77, 0.9999])
    np.testing.assert_allclose(law.cdf(law.quantile(asked)), asked, rtol=1e-9)
    np.testing.assert_allclose(law.quantile(levels), law.values, rtol=1e-12)
    x, p = grid, np.exp(law.log_prob(grid)) * step
    assert law.mean == pytest.approx((x * p).sum(), abs=1e-5)
    assert law.sd == pytest.approx(np.sqrt((x**2 * p).sum() - law.mean**2), rel=1e-2)


def test_many_levels_give_the_crps_and_few_levels_bounds_that_hold_it():
    exact = np.mean([LAW.crps(float(y)) for y in Y])
    assert np.mean([read(MANY).crps(float(y)) for y in Y]) == pytest.approx(exact, rel=3e-3)
    beyond = LAW.quantile(np.array([0.05, 0.95]))
    grid = np.linspace(*beyond, 40_001)
    for y in Y[:40]:
        low, high = read(FIVE).bounds(float(y))
        outer = [min(beyond[0], y), max(beyond[1], y)]
        grid = np.linspace(*outer, 20_001)
        within = ((LAW.cdf(grid) - (grid >= y)) ** 2).mean() * (outer[1] - outer[0])
        assert low - 1e-6 <= within <= high + 1e-6
    far = read(MANY).bounds(0.001)
    assert far[1] - far[0] < 0.1 * (read(FIVE).bounds(0.001)[1] - read(FIVE).bounds(0.001)[0])


@pytest.mark.parametrize("levels", [MANY, FIVE], ids=len)
def test_quantile_scores_prefer_the_truth(levels):
    """The true quantiles have the lowest score, on the same days; moved and halved ones a higher one."""
    true = np.array([read(levels).crps(float(y)) for y in Y])
    for other in (read(levels, shift=0.004), read(levels, width=0.5), read(levels, width=1.8)):
        apart = np.array([other.crps(float(y)) for y in Y]) - true
        assert stats.ttest_1samp(apart, 0).statistic > 3


@pytest.mark.parametrize("levels", [MANY, FIVE, np.array([0.1, 0.4])], ids=len)
def test_pits_of_true_quantiles_are_uniform_and_of_narrow_ones_are_not(levels):
    pits = [read(levels).pit(float(y)) for y in Y]
    assert stats.kstest(pits, "uniform").pvalue > SURE
    assert pits == [read(levels).pit(float(y)) for y in Y]
    assert stats.kstest([read(levels, width=0.5).pit(float(y)) for y in Y], "uniform").pvalue < SURE


def test_draws_are_scored_without_bias_and_ranked_uniformly():
    draws = [LAW.sample(15, seed) for seed in range(len(Y))]
    apart = np.array([DrawsLaw(d).crps(float(y)) - LAW.crps(float(y)) for d, y in zip(draws, Y, strict=True)])
    assert abs(stats.ttest_1samp(apart, 0).statistic) < 4
    pits = [DrawsLaw(d).pit(float(y)) for d, y in zip(draws, Y, strict=True)]
    assert stats.kstest(pits, "uniform").pvalue > SURE
    half = [DrawsLaw(d / 2).pit(float(y)) for d, y in zip(draws, Y, strict=True)]
    assert stats.kstest(half, "uniform").pvalue < SURE


def test_equal_quantiles_have_a_finite_score():
    law = QuantileLaw(FIVE, np.array([-0.01, 0.0, 0.0, 0.0, 0.01]))
    assert np.isfinite(law.log_prob([0.0, 1e-9, 0.5])).all()
    assert 0.05 < law.pit(0.0) < 0.95


def test_what_a_form_does_not_show_is_missing():
    found = scores(read(np.array([0.1, 0.9])), 0.01)
    assert all(np.isnan(found[name]) for name in ("in50", "in90", "interval_score", "absolute_error", "squared_error"))
    assert np.isfinite([found["crps"], found["log_score"], found["pit"]]).all()
    assert not {n for n, v in scores(LAW, 0.01).items() if np.isnan(v)}
    assert len(summary(read(FIVE))) == 102


def test_a_reference_is_read_as_the_file_is():
    """Our own distribution through the levels of a file scores what a file of its quantiles scores."""
    file = scores(read(FIVE), 0.013)
    assert through_levels(LAW, FIVE, 0.013) == {"crps": file["crps"], "log_score": file["log_score"]}
    assert through_draws(LAW, 50, 0.013) == through_draws(LAW, 50, 0.013)


@pytest.mark.parametrize(
    ("name", "level"),
    [("q05", 0.05), ("Q5", 0.05), ("p95", 0.95), ("0.5", 0.5), ("q0.025", 0.025), ("q975", 0.975), ("97.5%", 0.975),
     ("quantile_0.1", 0.1), ("q", None), ("5", None), ("q0", None), ("q100", 0.1), ("mean", None), ("1.5", None)],
)  # fmt: skip
def test_levels_by_their_names(name, level):
    assert level_of(name) == (None if level is None else pytest.approx(level, rel=1e-12))


def test_the_fullest_form_is_taken():
    keys = ["Ticker", "Date"]
    assert roles_of([*keys, "q05", "q95", "mean", "sd"]).form == "quantiles"
    assert roles_of([*keys, "mean", "std"]).form == "means and sds"
    assert roles_of([*keys, "yhat"]).points == {"mean": "yhat"}
    assert roles_of([*keys, "draw_1", "draw_2", "q05"]).form == "draws"
    assert roles_of([*keys, "q01"]).form == "one quantile"
    assert roles_of([*keys, "q50"]).form == "points"
    assert roles_of([*keys, "close"]).form == ""
