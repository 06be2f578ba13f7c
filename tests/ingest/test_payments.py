"""Dividends and splits of a file's own columns: each becomes a factor of its session, once."""

import numpy as np
import pytest

from ingest.adjustments import adjustment_factors
from ingest.errors import BadValueError
from ingest.payments import Payments, payment_factors

DAYS = 60
TRUE = np.round(120.0 * np.exp(np.cumsum(0.012 * np.sin(np.arange(DAYS) * 1.7))), 2)


def nothing() -> np.ndarray:
    return np.zeros(DAYS)


def at(day: int, value: float) -> np.ndarray:
    found = nothing()
    found[day] = value
    return found


def factors(close: np.ndarray, dividend: np.ndarray, split: np.ndarray, said: str = "") -> dict[int, float]:
    found = payment_factors(close, Payments(dividend, split), "f.csv", said).factors
    return {int(day): float(found[day]) for day in np.flatnonzero(found != 1)}


def test_a_dividend_is_its_share_of_the_close() -> None:
    assert factors(TRUE, at(30, 1.2), nothing()) == {30: pytest.approx(1 + 1.2 / TRUE[30], rel=1e-5)}
    assert factors(TRUE, at(0, 1.2), nothing()) == {0: pytest.approx(1 + 1.2 / TRUE[0], rel=1e-5)}


def test_a_split_counts_where_the_closes_fell_with_it_and_else_not() -> None:
    raw = np.where(np.arange(DAYS) < 20, TRUE * 4, TRUE)
    assert factors(raw, nothing(), at(20, 4.0)) == {20: 4.0}
    assert factors(TRUE, nothing(), at(20, 4.0)) == {}
    reverse = np.where(np.arange(DAYS) < 20, TRUE / 10, TRUE)
    assert factors(reverse, nothing(), at(20, 0.1)) == {20: 0.1}


def test_a_small_split_follows_the_clear_one() -> None:
    raw = np.where(np.arange(DAYS) < 20, TRUE * 4 * 1.05, np.where(np.arange(DAYS) < 40, TRUE * 1.05, TRUE))
    assert set(factors(raw, nothing(), at(20, 4.0) + at(40, 1.05))) == {20, 40}
    assert factors(TRUE, nothing(), at(20, 4.0) + at(40, 1.05)) == {}


def test_a_split_that_the_closes_contradict_is_refused() -> None:
    raw = np.where(np.arange(DAYS) < 20, TRUE * 4, TRUE)
    with pytest.raises(BadValueError, match=r"a split of 0\.25 where the close goes from .*: correct the split"):
        factors(raw, nothing(), at(20, 0.25))


def test_closes_that_are_lowered_for_a_dividend_already_are_known_by_their_digits() -> None:
    lowered = np.where(np.arange(DAYS) < 30, TRUE * 0.99012345, TRUE)
    assert factors(lowered, at(30, 1.2), nothing()) == {}
    assert factors(np.float32(TRUE).astype(float), at(30, 1.2), nothing()) != {}
    quarter = np.where(np.arange(DAYS) < 40, TRUE * 4, TRUE * 4) / 4  # split-adjusted: as quoted it was four times that
    assert 30 in factors(quarter, at(30, 1.2), at(50, 4.0))


def test_where_the_digits_do_not_tell_it_is_asked_for() -> None:
    half = np.where(np.arange(DAYS) % 3 == 0, TRUE + 0.00345, TRUE)
    with pytest.raises(BadValueError, match=r"say --dividends paid .* --dividends included"):
        factors(half, at(30, 1.2), nothing())
    assert set(factors(half, at(30, 1.2), nothing(), "paid")) == {30}
    assert factors(half, at(30, 1.2), nothing(), "included") == {}


def test_a_payment_on_a_day_without_a_close_counts_on_the_next() -> None:
    gap = TRUE.copy()
    gap[30] = np.nan
    assert factors(gap, at(30, 1.2), nothing()) == {31: pytest.approx(1 + 1.2 / TRUE[31], rel=1e-5)}
    gap[-1] = np.nan
    assert "waits for its row" in payment_factors(gap, Payments(at(DAYS - 1, 1.0), nothing()), "f").notes[0]


def test_a_rate_that_stands_on_every_row_is_no_payment() -> None:
    found = payment_factors(TRUE, Payments(nothing() + 2.2, nothing()), "f")
    assert np.isnan(found.factors).all()
    assert "are no payments" in found.notes[0]


def test_adjusted_closes_in_hundredths_give_the_dividend_and_no_noise() -> None:
    adjusted = np.round(np.where(np.arange(DAYS) < 30, TRUE * 0.99, TRUE), 2)
    found = adjustment_factors(TRUE, adjusted)
    assert np.flatnonzero(found != 1).tolist() == [30]
    assert found[30] == pytest.approx(1 / 0.99, rel=2e-4)
