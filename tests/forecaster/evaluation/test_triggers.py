"""A right model seldom reaches a trigger, at the rate that is stated; a wrong one does."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.evaluation.triggers import (
    FEWEST,
    LEVEL,
    STALE_DAYS,
    UNRELIABLE,
    WINDOW,
    coverage,
    novelty,
    stale,
    unreliable,
    worse_than_reference,
)
from forecaster.evaluation.verdicts import MINIMUM_DAYS

NULLS = 2000
MOST = LEVEL + 3 * (LEVEL / NULLS) ** 0.5
"""More false alarms than so have a probability of about 1 in 1,000 where the level is kept."""


@pytest.mark.parametrize("assets", [1, 4])
def test_honest_intervals_reach_it_no_more_often_than_is_stated(assets: int) -> None:
    rng = np.random.default_rng(1)
    alarms = [coverage({f"S{n}": rng.random(300) < 0.9 for n in range(assets)}).reached for _ in range(NULLS)]
    assert np.mean(alarms) <= MOST
    assert any(alarms)


@pytest.mark.parametrize("assets", [1, 4])
def test_a_model_that_is_no_worse_reaches_it_no_more_often_than_is_stated(assets: int) -> None:
    rng = np.random.default_rng(2)
    alarms = [
        worse_than_reference({f"S{n}": rng.standard_normal(300) for n in range(assets)}).reached for _ in range(NULLS)
    ]
    assert np.mean(alarms) <= MOST
    assert any(alarms)


def test_overconfident_intervals_are_named_among_honest_ones() -> None:
    rng = np.random.default_rng(3)
    for _ in range(100):
        inside = {"A": rng.random(WINDOW) < 0.9, "B": rng.random(WINDOW) < 0.75, "C": rng.random(WINDOW) < 0.9}
        found = coverage(inside)
        assert found.reached
        assert found.now.startswith("B (the farthest of 3 assets): ")


def test_intervals_that_hold_everything_are_named_too() -> None:
    assert coverage({"A": np.full(WINDOW, True)}).reached


def test_a_worse_crps_is_named_and_a_better_one_is_not() -> None:
    noise = np.random.default_rng(4).standard_normal(WINDOW)
    assert worse_than_reference({"A": noise + 0.5}).reached
    assert not worse_than_reference({"A": noise - 0.5}).reached


def test_old_days_do_not_count() -> None:
    good, bad = np.arange(WINDOW) % 10 > 0, np.full(WINDOW, False)
    assert not coverage({"A": np.concatenate([bad, good])}).reached
    assert coverage({"A": np.concatenate([good, bad])}).reached


def test_too_few_days_are_not_judged() -> None:
    few = MINIMUM_DAYS - 1
    assert coverage({"A": np.full(few, False)}).reached is None
    assert coverage({}).now == f"0 live days, {MINIMUM_DAYS} are needed"
    assert worse_than_reference({"A": np.full(few, 1.0)}).reached is None
    assert unreliable(np.full(FEWEST - 1, True)).reached is None


@pytest.mark.parametrize("of", [unreliable, novelty])
def test_a_share_is_reached_above_its_limit_only(of) -> None:
    assert not of(np.full(WINDOW, False)).reached
    assert of(np.full(WINDOW, True)).reached


def test_a_share_at_the_limit_is_not_reached() -> None:
    values = np.arange(WINDOW) < UNRELIABLE * WINDOW
    assert not unreliable(values).reached
    assert unreliable(values).now == "10.0% (25 of 250)"
    values[-1] = True
    assert unreliable(values).reached


def test_the_oldest_asset_is_named() -> None:
    assert not stale({"A": 0, "B": STALE_DAYS}).reached
    found = stale({"A": 0, "B": STALE_DAYS + 1})
    assert (found.reached, found.now) == (True, "B: 8 days")
