"""Skill is claimed where there is some and not where there is none: a few paths here, hundreds in the campaign."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from benchmarks.study import claims, laws
from benchmarks.study.claims import Campaign, better, computed, fewest, level_of_all
from benchmarks.study.run import TRUTH, scored
from forecaster.evaluation.verdicts import compare

WALKS, DAYS = 3, 250


@pytest.fixture(scope="module")
def walks(tmp_path_factory):
    """Three walks with two honest forecasters and the true law; asked for twice, they are computed once."""
    folder = tmp_path_factory.mktemp("claims")
    asked = {"walks": Campaign("walk", WALKS, DAYS, DAYS, ("climatology", "garch"), 600)}
    first = computed(asked, folder, 1)["walks"]
    made = {file: file.stat().st_mtime_ns for file in folder.iterdir()}
    again = computed(asked, folder, 1)["walks"]
    assert {file: file.stat().st_mtime_ns for file in folder.iterdir()} == made
    for one, other in zip(first, again, strict=True):
        pd.testing.assert_frame_equal(one, other)
    return first


def informed(rows: pd.DataFrame, path: int, how: str, outcomes: np.ndarray) -> pd.DataFrame:
    """The true law, a little better informed than it can be: of a tenth of a change, or of whether it is large."""
    market = laws.simulate("walk", claims.FIRST + path, DAYS)
    truth = rows[rows["model"] == TRUTH]
    told = []
    for day, (target, y, known) in enumerate(zip(truth["target"], truth["y"], outcomes, strict=True)):
        law = market.law(len(market.changes) - DAYS + day)
        large = 1.15 if abs(known) > laws.DAILY else 0.95
        law = law.moved(shift=0.1 * known) if how == "location" else law.moved(factor=large)
        told.append({"model": "cheat", "target": target, "y": y, **scored(law, y, whole=True)})
    return pd.concat([rows, pd.DataFrame(told)], ignore_index=True)


@pytest.mark.parametrize("how", ["location", "scale"])
def test_a_forecaster_that_knows_a_little_of_the_outcome_is_claimed_on_every_walk(walks, how):
    """And not one that is as well informed of another day; nor are the honest ones."""
    rng, level, cheats = np.random.default_rng(0), level_of_all(), []
    for path, rows in enumerate(walks):
        y = rows.loc[rows["model"] == TRUTH, "y"].to_numpy()
        cheats.append(informed(rows, path, how, y))
        assert all(better(cheats[-1], "cheat", reference, level) for reference in claims.SKILL)
        assert not better(informed(rows, path, how, rng.permutation(y)), "cheat", "climatology", level)
        assert not better(rows, "garch", "climatology", level)
    assert [count.times for count in claims.of_walks("", cheats).counts] == [WALKS] * 3
    assert claims.of_walks("cheats", cheats).missed == ["cheats: skill is claimed on 3 of 3"]


@pytest.mark.parametrize(("law", "found"), [("AR(.3)", True), ("walk", False)])
def test_the_regression_is_called_better_where_yesterday_moves_the_mean_alone(tmp_path, law, found):
    asked = {"one": Campaign(law, 1, 450, 450, ("climatology", claims.REGRESSION), 600)}
    (rows,) = computed(asked, tmp_path, 1)["one"]
    assert better(rows, claims.REGRESSION, "climatology", level_of_all()) == found


def made_up(gains: dict[str, float], seed: int) -> pd.DataFrame:
    """Scores of 300 days of the forecasters of the short campaigns, each better than climatology by so much."""
    rng, targets = np.random.default_rng(seed), pd.date_range("2020-01-01", periods=300)
    parts = []
    for model in (*claims.FEW, TRUTH):
        values = 1 - gains.get(model, 0) + rng.standard_normal(300)
        parts.append(pd.DataFrame({"model": model, "target": targets, "log_score": values, "crps": values}))
    return pd.concat(parts, ignore_index=True)


def test_campaigns_without_the_effect_are_not_passed():
    """Each judgement holds where all is well, and says what is missing where it is not."""
    nothing = [made_up({}, seed) for seed in range(10)]
    pulled = [made_up({claims.REGRESSION: 1, TRUTH: 1}, seed) for seed in range(10)]
    wild = [made_up({"garch": 1, claims.REGRESSION: 1, TRUTH: 1}, seed) for seed in range(10)]
    blind = [made_up({TRUTH: 1}, seed) for seed in range(10)]
    assert claims.of_pulled("", pulled).missed == claims.of_wild("", wild, nothing).missed == []
    assert claims.of_control("", nothing).missed == []
    assert len(claims.of_pulled("", nothing).missed) == 2
    assert len(claims.of_wild("", blind, nothing).missed) == 3
    assert len(claims.of_wild("", wild, wild).missed) == 1
    assert len(claims.of_control("", wild).missed) == 2


def test_a_level_is_that_of_a_table_of_all_forecasters():
    names = claims.models.by_default()
    rng, days = np.random.default_rng(0), pd.date_range("2020-01-01", periods=80)
    table = pd.DataFrame(list(product(days, names)), columns=["target", "model"])
    scores = rng.standard_normal(len(table))
    assert compare(table.assign(crps=scores, log_score=scores))[0].level == level_of_all()


def test_thresholds_tell_the_rates_apart_that_they_say():
    chances = stats.binom.cdf(fewest(100) - 1, 100, [0.9, 0.8])
    assert fewest(100) == 85
    assert chances == pytest.approx([0.040, 0.871], abs=1e-3)
    assert stats.binom.sf(claims.MOST * 200, 200, [0.05, 0.12]) == pytest.approx([1 / 42, 0.954], abs=1e-3)


@pytest.mark.campaign
def test_skill_is_claimed_where_there_is_some_and_nowhere_else():
    """Walks, a strong autoregression and GARCH; it prints its counts, and goes on where it was stopped."""
    assert claims.main([]) == []
