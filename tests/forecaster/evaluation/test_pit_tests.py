"""Tests of PITs: each rejects a true null as often as it says, and planted miscalibration is found and named."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from forecaster.evaluation import coverage, uniformity
from forecaster.evaluation.basel import traffic_light
from forecaster.evaluation.calibration import LEVEL, calibrations, in_words
from forecaster.evaluation.christoffersen import conditional_coverage, independence
from forecaster.evaluation.exact import lot
from forecaster.evaluation.kupiec import kupiec

NULLS = 1000
BAND = 0.014
TESTS = 15


def table(**pits: np.ndarray) -> pd.DataFrame:
    """Rows of models with these PITs."""
    return pd.concat(
        pd.DataFrame({"model": name, "target": pd.date_range("2020-01-01", periods=len(pit)), "pit": pit})
        for name, pit in pits.items()
    )


def rates(days: int, nulls: int) -> tuple[dict[str, float], dict[str, float], float]:
    """How often each test rejects uniform PITs by its p and by its bound, and how often words are said of them."""
    rng = np.random.default_rng(11)
    p: dict[str, list[bool]] = {}
    bound: dict[str, list[bool]] = {}
    said = 0
    for _ in range(nulls):
        (own,) = calibrations(table(model=rng.random(days)))
        said += bool(own.findings)
        for name, test in own.tests.items():
            p.setdefault(name, []).append(test.p < 0.05)
            bound.setdefault(name, []).append(test.bound < 0.05)
    return (*({name: float(np.mean(hits)) for name, hits in some.items()} for some in (p, bound)), said / nulls)


def test_true_nulls_are_rejected_as_often_as_the_level_says():
    """All 15 tests, 1,000 nulls of 250 days each. One of exact size is off by more than 2 points one time in 250.

    What words rest on errs at most as often; words are said of at most 5 % of calibrated models, 6.8 % with chance.
    """
    p, bound, said = rates(250, NULLS)
    assert len(p) == TESTS
    assert all(abs(rate - 0.05) < 0.02 for rate in p.values()), p
    assert all(rate < 0.05 + 0.02 for rate in bound.values()), bound
    assert said < LEVEL + 0.018


@pytest.mark.campaign
@pytest.mark.parametrize("days", [100, 250, 1000])
def test_true_nulls_in_ten_times_the_number(days):
    """5 % +- 1.4 % of 10,000 nulls: a test whose size is 5 % is never so far off, one of 7 % always."""
    p, bound, said = rates(days, 10 * NULLS)
    print(f"{days} days: " + ", ".join(f"{name} {p[name]:.1%} ({bound[name]:.1%})" for name in p), f"words {said:.1%}")  # noqa: T201
    assert all(abs(rate - 0.05) < BAND for rate in p.values()), p
    assert said < LEVEL + 0.01


def test_asymptotic_values_would_fail_where_a_breach_is_rare():
    """The control: of 250 days at 1 %, a chi-squared Kupiec rejects 9 % of true nulls, Christoffersen's order 2 %."""
    rng = np.random.default_rng(12)
    breaches = rng.random((NULLS, 250)) < 0.01
    statistics = [(kupiec(row, 0.01, 0.5).statistic, independence(row, 0.5).statistic) for row in breaches]
    number, order = (np.mean(stats.chi2.sf(column, 1) < 0.05) for column in np.transpose(statistics))
    assert abs(number - 0.05) > BAND
    assert abs(order - 0.05) > BAND


def test_the_law_of_the_order_of_breaches_is_that_of_every_order():
    """All orders of 3 breaches in 9 days, counted one by one; and the ratio itself, from the counts of day pairs."""
    ratios = []
    for days in combinations(range(9), 3):
        breaches = np.isin(np.arange(9), days)
        ratios.append(independence(breaches, 0.0).statistic)
        both = [(before, after) for before, after in pairwise(breaches)]
        n = {pair: both.count(pair) for pair in [(False, False), (False, True), (True, False), (True, True)]}
        quiet, loud = n[False, False] + n[False, True], n[True, False] + n[True, True]

        def likelihood(ones: int, of: int) -> float:
            return stats.binom.logpmf(ones, of, ones / of) - stats.binom.logpmf(ones, of, 0.5) if of else 0.0

        apart = likelihood(n[False, True], quiet) + likelihood(n[True, True], loud)
        together = n[False, True] + n[True, True]
        expected = apart - likelihood(together, 8)
        assert ratios[-1] == pytest.approx(2 * expected, abs=1e-9)
    for observed in set(np.round(ratios, 9)):
        day = next(d for d, r in zip(combinations(range(9), 3), ratios, strict=True) if abs(r - observed) < 1e-8)
        found = independence(np.isin(np.arange(9), day), 0.0)
        assert found.p == pytest.approx(np.mean([r > observed + 1e-8 for r in ratios]), abs=1e-9)
        assert found.bound == pytest.approx(np.mean([r > observed - 1e-8 for r in ratios]), abs=1e-9)


def test_extreme_counts_have_a_p_value():
    """No breach, breaches alone, and one on the first or last day: nothing fails, and the rare is rare."""
    for breaches in (np.zeros(250, bool), np.ones(250, bool), np.arange(250) == 0, np.arange(250) == 249):
        for found in (
            kupiec(breaches, 0.01, 0.5),
            independence(breaches, 0.5),
            conditional_coverage(breaches, 0.01, 0.5),
        ):
            assert 0 <= found.p <= found.bound <= 1
    assert kupiec(np.ones(250, bool), 0.01, 0.5).bound < 1e-100
    assert independence(np.zeros(250, bool), 0.0).bound == 1.0


def test_the_lot_is_uniform_and_drawn_alike_for_the_same_days():
    """Kolmogorov and Smirnov on the lots of 2,000 samples, of those with few breaches alone as well (0.1 % each)."""
    pits = np.random.default_rng(13).random((2000, 100))
    lots = np.array([lot(pit) for pit in pits])
    few = (pits < 0.05).sum(1) <= 3
    for some in (lots, lots[few]):
        assert stats.kstest(some, "uniform").pvalue > 1e-3
    assert lot(pits[0]) == lots[0]


def test_all_bars_lie_in_their_band_together_as_often_as_it_says():
    """95 % to 97 % of 4,000 histograms (0.1 % tails); the control, bar by bar, holds all of them far less often."""
    counts = np.random.default_rng(14).multinomial(250, np.full(10, 0.1), 4000)
    low, high = uniformity.band(250)
    together = ((counts >= low) & (counts <= high)).all(1).mean()
    assert 0.94 < together < 0.975
    bar = stats.binom.interval(0.95, 250, 0.1)
    assert ((counts >= bar[0]) & (counts <= bar[1])).all(1).mean() < 0.85
    assert sum(uniformity.histogram(np.linspace(0, 1, 250))) == 250


def test_coverage_lies_in_its_band():
    for level in coverage.LEVELS:
        low, high = coverage.band(250, level)
        inside = stats.binom.cdf(250 * high, 250, level) - stats.binom.cdf(250 * low - 1, 250, level)
        assert inside >= 0.95


def test_the_traffic_light_has_the_basel_zones():
    """Breaches of the last 250 days alone: 4 are green, 5 yellow, 9 yellow, 10 red; 249 days have no light."""
    quiet, breach = np.full(300, 0.5), 0.001
    for count, zone in [(0, "green"), (4, "green"), (5, "yellow"), (9, "yellow"), (10, "red")]:
        pit = quiet.copy()
        pit[:50] = breach
        pit[50 : 50 + count] = breach
        assert traffic_light(pit) == (count, zone)
    assert traffic_light(quiet[:249]) == (0, "")


def normal(seed: int, days: int = 1000) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(days)


def test_scales_that_are_a_fifth_too_small_are_always_found():
    """100 samples of 1,000 days, beside the forecaster that knows the law, which is said to be wrong in at most 5."""
    wrong = 0
    for seed in range(100):
        z = normal(seed)
        known, narrow = calibrations(table(a=stats.norm.cdf(z), b=stats.norm.cdf(z / 0.8)))
        assert any(finding.startswith("too narrow (") for finding in narrow.findings)
        wrong += bool(known.findings)
    assert wrong <= 5


def test_what_is_planted_is_named_and_nothing_else():
    z = normal(1)
    pull, path = 0.3, normal(2)
    for day in range(1, path.size):
        path[day] = pull * path[day - 1] + np.sqrt(1 - pull**2) * path[day]
    swell = np.exp(0.5 * np.sin(np.arange(z.size) / 30))
    planted = {
        "narrow": (z / 0.8, "too narrow ("),
        "wide": (z / 1.25, "too wide ("),
        "left_tail": (np.where(z < -1.2, -1.2 + 1.8 * (z + 1.2), z), "too narrow in the left tail ("),
        "persistent": (path, "PITs are autocorrelated ("),
        "slow": (z * swell / np.sqrt(np.mean(swell**2)), "widths do not follow volatility"),
        "off": (z + 0.25, "PITs are not uniform"),
    }
    found = {
        own.model: own for own in calibrations(table(**{name: stats.norm.cdf(x) for name, (x, _) in planted.items()}))
    }
    for name, (_, words) in planted.items():
        assert any(finding.startswith(words) for finding in found[name].findings), found[name].sentence
    said = {name: " ".join(own.findings) for name, own in found.items()}
    assert "wide" not in said["narrow"] + said["left_tail"] + said["persistent"]
    assert "narrow" not in said["wide"] + said["off"]
    assert "autocorrelated" not in said["narrow"] + said["wide"] + said["left_tail"] + said["off"]
    assert "left tail" in said["narrow"]


def test_clustered_breaches_are_said_to_depend_on_the_day_before():
    """As many breaches as there should be, in runs of five."""
    pit = np.random.default_rng(3).uniform(0.05, 1, 1000)
    for first in range(20, 1000, 100):
        pit[first : first + 5] = np.linspace(0.01, 0.049, 5)
    (own,) = calibrations(table(model=pit))
    assert any("depend on the day before" in finding for finding in own.findings)
    assert own.tests["kupiec_95"].p > 0.05


def test_few_days_are_not_judged_and_clean_models_share_a_sentence():
    rng = np.random.default_rng(4)
    found = calibrations(table(few=rng.random(59), a=rng.random(300), b=rng.random(300)))
    assert in_words(found) == ("No evidence of miscalibration over all days in 15 tests each: a, b.",)
    assert in_words(found[2:]) == ()
    assert "too few to judge" in next(own.sentence for own in found if own.model == "few")


def test_a_pit_that_was_rounded_to_an_end_is_judged_too():
    pit = np.random.default_rng(5).random(200)
    pit[:2] = 0.0, 1.0
    (own,) = calibrations(table(model=pit))
    assert all(np.isfinite(test.p) for test in own.tests.values())
