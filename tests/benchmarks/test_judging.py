"""The statistics of the study: t that are not fooled by days that hang together, exact bands, PITs against uniform."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.study.judging import KS_LIMIT, band, difference, inside, skill, uneven


def rows(scores: dict[str, np.ndarray], block: str = "A", score: str = "log_score") -> pd.DataFrame:
    """One row per forecast, a day after the other."""
    parts = [
        pd.DataFrame({"block": block, "model": model, "target": pd.date_range("2000-01-01", periods=len(values)),
                      score: values})
        for model, values in scores.items()
    ]  # fmt: skip
    return pd.concat(parts, ignore_index=True)


def autoregression(rng: np.random.Generator, days: int, pull: float) -> np.ndarray:
    noise, path = rng.standard_normal(days + 50), np.zeros(days + 50)
    for day in range(1, len(path)):
        path[day] = pull * path[day - 1] + noise[day]
    return path[50:]


def test_the_t_of_an_autoregression_has_a_spread_of_nearly_one():
    """At a pull of .4 the plain t has a spread of 1.53; one of 28 cosine transforms brings it below 1.2."""
    rng = np.random.default_rng(3)
    plain, ours = [], []
    for _ in range(150):
        apart = autoregression(rng, 600, 0.4)
        plain.append(apart.mean() / apart.std() * np.sqrt(600))
        ours.append(difference(rows({"new": apart, "old": np.zeros(600)}), "new", "old").t)
    assert np.std(plain) > 1.3
    assert 0.85 < np.std(ours) < 1.2


def test_two_assets_that_are_one_count_once():
    """The same differences on the same dates give one asset's t; on dates of their own they are more evidence."""
    apart = 0.1 + np.random.default_rng(0).standard_normal(400)
    one = rows({"new": apart, "old": np.zeros(400)})
    both = pd.concat([one, one.assign(block="B")])
    single, twin = difference(one, "new", "old"), difference(both, "new", "old")
    assert twin.days == 800
    assert twin.mean == pytest.approx(single.mean)
    assert twin.t == pytest.approx(single.t)
    later = pd.concat([one, one.assign(block="B", target=one["target"] + pd.Timedelta(days=400))])
    assert difference(later, "new", "old").t > 1.2 * single.t


def test_only_days_that_both_have_are_compared():
    some = rows({"new": np.array([1.0, np.nan, 3.0, 5.0]), "old": np.array([0.0, 100.0, 0.0, np.nan])})
    assert difference(some, "new", "old").days == 2
    assert difference(some, "new", "old").mean == 2.0
    assert np.isnan(difference(some, "new", "absent").mean)


def test_skill_does_not_depend_on_the_unit_of_an_asset():
    """A block of one fourth of all days counts a fourth, however large its changes."""
    calm = rows({"new": np.full(30, 0.9), "climatology": np.ones(30)}, score="crps")
    wild = rows({"new": np.full(10, 700.0), "climatology": np.full(10, 1000.0)}, "B", score="crps")
    assert skill(calm, "new") == pytest.approx(0.1)
    assert skill(pd.concat([calm, wild]), "new") == pytest.approx(0.75 * 0.1 + 0.25 * 0.3)


def test_bands_are_the_binomial_laws_own():
    """Of 20 fair coins 6 to 14 fall on one side with 95.9 %, 7 to 13 with 88.5 %."""
    assert band(20, 0.5) == (0.3, 0.7)
    rng = np.random.default_rng(1)
    low, high = band(754, 0.9)
    drawn = rng.binomial(754, 0.9, 20_000) / 754
    assert 0.95 <= ((drawn >= low) & (drawn <= high)).mean() < 0.965


def test_coverage_and_distance_by_hand():
    assert inside([0.1, 0.3, 0.5, 0.74, 0.9], 0.5) == 0.6
    assert uneven([0.1, 0.2, 0.3]) == pytest.approx(0.7 * 3**0.5)


def test_uniform_pits_are_rarely_called_uneven_and_narrow_ones_always():
    rng = np.random.default_rng(2)
    even = [uneven(rng.uniform(size=500)) for _ in range(400)]
    assert 0.02 < np.mean(np.array(even) > KS_LIMIT) < 0.08
    assert uneven(rng.beta(1.5, 1.5, 500)) > KS_LIMIT
