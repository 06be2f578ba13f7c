"""Whether prices before a split are divided already: by level, by decimals, by the day, or not to be told."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from ingest.errors import NoDataError
from ingest.split_readings import Present, undivided

DAYS = pd.bdate_range("2024-03-01", periods=60)
EIGHTHS = np.round(np.random.default_rng(1).uniform(90, 110, 60) * 8) / 8


def cents(decimals: int = 2) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    made = 100 * np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.01, 60)))
    return np.round(made, decimals).astype("float32").astype(float)


def read(
    close: object, at: int, ratio: float, *, today: int = 59, settled: int = 59, decimals: int | None = 2, more: int = 0
) -> float:
    """By what the prices before `at` are found to be divided; the split is to come where `at` is 60."""
    rows = pd.DataFrame({"close": close, "splits": np.where(np.arange(60) == at, ratio, 1.0)}, index=DAYS)
    later = pd.bdate_range(DAYS[-1] + pd.Timedelta(1, unit="D"), periods=1 + more)
    coming = pd.DataFrame({"close": np.nan, "splits": ratio if at == 60 else 1.0}, index=later)
    bars = pd.concat([rows, coming]).assign(dividends=0.0, capital_gains=0.0)
    every = DAYS.union(later).union(pd.date_range(later[-1], periods=40))
    found = undivided(bars, Present(DAYS[settled], every[today], decimals), "yahoo: X")
    assert set(found) <= {every[at]}
    return ratio if found.empty else 1.0


@pytest.mark.parametrize("ratio", [4.0, 1.5, 1.1, 0.1])
def test_a_split_that_yahoo_is_late_with_is_seen_and_one_in_time_is_not_mistaken(ratio: float) -> None:
    before, is_before = cents(), np.arange(60) < 57
    assert read(np.where(is_before, before, np.round(before / ratio, 2)), 57, ratio) == 1.0
    assert read(np.where(is_before, np.float32(before / ratio), before / ratio), 57, ratio) == ratio


def test_an_old_split_of_eighths_is_no_late_one() -> None:
    """Whole tenths came of eighths by a split of 5 for 4: they look as if they had traded."""
    assert read(np.where(np.arange(60) < 40, EIGHTHS / 1.25, EIGHTHS), 40, 1.25, today=90) == 1.25


def test_a_ratio_near_one_is_read_from_decimals_alone() -> None:
    before = cents()
    divided = (before / 1.02).astype("float32").astype(float)
    for close, found in ((before, 1.0), (divided, 1.02)):
        assert read(close, 59, 1.02, settled=58) == found
        assert read(close, 60, 1.02, today=60) == found
    with pytest.raises(NoDataError, match=r"^yahoo: X: a split of 1\.02 for 1 is announced for 2024-05-23, and"):
        read(divided, 59, 1.02, settled=58, decimals=None)


def test_before_any_price_the_day_or_the_decimals_tell_or_nobody() -> None:
    before = cents()
    assert read(before, 60, 4.0) == 1.0  # tomorrow's
    assert read(cents(), 60, 2.0, decimals=None) == 1.0
    assert read(before / 4, 60, 4.0) == 4.0
    for whole in (before, cents(0)):
        with pytest.raises(NoDataError):
            read(whole, 60, 4.0, today=60)
    with pytest.raises(NoDataError):
        read(cents(1), 60, 0.1)  # tenths come of a split of 1 for 10, too
    with pytest.raises(NoDataError):
        read(before, 60, 4.0, today=60, more=1)  # two of them: by some it may be divided
    assert read(before, 60, 4.0, today=75) == 4.0  # trading is halted
