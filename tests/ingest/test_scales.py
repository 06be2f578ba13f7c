"""Stretches in another unit, of any length, are told from what markets do; also as they come day by day."""

from collections.abc import Callable
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from ingest.scales import out_of_scale
from ingest.store import Appended, Store
from tests.ingest.conftest import COIN, NOW

MakePanel = Callable[..., pd.DataFrame]
BAR = ["open", "high", "low", "close"]
COLLAPSE = (68.5, 69.0, 64.1, 31.0, 17.5, 1.06, 0.00457, 0.0000578, 0.0003, 0.00022, 0.00021, 0.00018)
"""A coin that lost everything within a week, two of its days by more than 70 times."""


def walk(size: int, sd: float = 0.03, seed: int = 0) -> np.ndarray:
    return np.cumsum(np.random.default_rng(seed).normal(0, sd, size))


def doubted(level: np.ndarray, trusted: slice = slice(0, 0)) -> list[int]:
    known = np.zeros(level.size, dtype=bool)
    known[trusted] = True
    return np.flatnonzero(out_of_scale(level, known)).tolist()


@pytest.mark.parametrize("factor", [0.01, 100, 1000])
@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 6, 9, 12, 20, 30, 100])
@pytest.mark.parametrize("place", ["start", "middle", "end"])
def test_a_run_of_any_length_is_found(factor: float, length: int, place: str) -> None:
    level = walk(300)
    first = {"start": 0, "middle": 150, "end": 300 - length}[place]
    level[first : first + length] += np.log(factor)
    assert doubted(level) == list(range(first, first + length))


def test_several_runs_of_different_factors() -> None:
    level = walk(300)
    runs = {20: (7, 100), 40: (1, 0.01), 42: (1, 0.01), 43: (1, 100), 100: (60, 1000), 280: (20, 0.001)}
    wrong = [row for start, (length, _) in runs.items() for row in range(start, start + length)]
    for start, (length, factor) in runs.items():
        level[start : start + length] += np.log(factor)
    assert doubted(level) == wrong


def test_a_price_may_drift_far_within_a_long_run() -> None:
    level = walk(400) + np.linspace(0, np.log(6), 400)
    level[50:350] += np.log(100)
    assert doubted(level, slice(0, 50)) == list(range(50, 350))


def test_what_falls_for_days_is_a_collapse() -> None:
    level = np.concatenate([np.log(68) + walk(30), np.log(COLLAPSE)])
    assert doubted(level) == []
    for end in range(31, level.size + 1):  # as it came, day by day
        assert doubted(level[:end], slice(0, end - 1)) == []
    up = -level
    assert doubted(up) == []


def test_the_first_day_of_a_collapse_is_believed_once_the_next_ones_are_known() -> None:
    level = np.concatenate([walk(30), np.log([1 / 60, 1 / 300, 1 / 2000, 1 / 3000, 1 / 2500, 1 / 2600])])
    assert doubted(level) == []
    assert doubted(level[:31], slice(0, 30)) == [30]


@pytest.mark.parametrize("factor", [0.66, 0.1, 1 / 30, 3, 25])
def test_crashes_and_jumps_of_markets_are_believed(factor: float) -> None:
    level = walk(100)
    level[60:] += np.log(factor)
    assert doubted(level) == []


def test_the_unit_of_most_rows_is_believed_where_nothing_is_stored() -> None:
    level = walk(100)
    level[30:] += np.log(100)
    assert doubted(level) == list(range(30))
    assert doubted(level, slice(0, 30)) == list(range(30, 100))
    assert doubted(level, slice(0, 100)) == []
    assert doubted(level, slice(90, 100)) == list(range(30))


def test_few_rows_judge_nobody() -> None:
    assert doubted(np.log([1.0, 100.0, 1.0])) == []
    assert doubted(np.log([1.0, 1.0])) == []
    assert doubted(np.empty(0)) == []


def test_a_slip_that_goes_on_stays_held_back_as_it_comes(store: Store, make_panel: MakePanel) -> None:
    """Twenty days of pence, each imported alone, while the price halves; then pounds again."""
    rows = make_panel(100)
    rows.loc[60:, BAR] *= np.r_[np.linspace(1, 0.3, 20), np.full(20, 0.3)][:, None]
    right = rows.copy()
    rows.loc[60:79, BAR] *= 100
    store.append(COIN, rows[:60], NOW)
    for at in range(60, 100):
        counts = store.append(COIN, rows[at : at + 1], NOW)
        assert counts == (Appended(quarantined=1) if at < 80 else Appended(new=1)), at
    history = store.history("COIN")
    assert history.last == rows["session"].iloc[-1]
    assert len(history.newest()) == 80
    assert store.append(COIN, right, NOW + timedelta(hours=1)) == Appended(unchanged=80, late=20)


def test_a_released_level_is_the_level(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(100)
    rows.loc[60:, BAR] *= 100
    assert store.append(COIN, rows[:70], NOW) == Appended(new=60, quarantined=10)
    assert store.append(COIN, rows[70:75], NOW) == Appended(quarantined=5)
    later = NOW + timedelta(days=1)
    assert store.decide("COIN", (), "released", later) == 15
    for at in range(75, 90):
        assert store.append(COIN, rows[at : at + 1], later) == Appended(new=1)
    assert store.append(COIN, rows, later) == Appended(new=10, unchanged=90)
    old = rows[99:100].copy()
    old["session"] += pd.Timedelta(days=1)
    old[BAR] /= 100
    assert store.append(COIN, old, later) == Appended(quarantined=1)


def test_a_rejected_slip_stays_one(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(80)
    rows.loc[60:, BAR] *= 100
    store.append(COIN, rows[:70], NOW)
    later: datetime = NOW + timedelta(days=1)
    assert store.decide("COIN", (), "rejected", later) == 10
    assert store.append(COIN, rows[60:], later) == Appended(held=10, quarantined=10)


def test_older_rows_are_judged_by_those_that_are_stored(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(80)
    rows.loc[:59, BAR] /= 100
    assert store.append(COIN, rows[60:], NOW) == Appended(new=20)
    assert store.append(COIN, rows[:60], NOW) == Appended(quarantined=60)
