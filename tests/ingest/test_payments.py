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
    """The factors that are neither 1 nor unknown."""
    found = payment_factors(close, Payments(dividend, split), "f.csv", said).factors
    return {int(day): float(found[day]) for day in np.flatnonzero((found != 1) & ~np.isnan(found))}


def test_a_dividend_is_its_share_of_the_close() -> None:
    assert factors(TRUE, at(30, 1.2), nothing()) == {30: pytest.approx(1 + 1.2 / TRUE[30], rel=1e-5)}
    assert factors(TRUE, at(0, 1.2), nothing(), "paid") == {0: pytest.approx(1 + 1.2 / TRUE[0], rel=1e-5)}
    assert set(factors(TRUE, at(0, 1.2) + at(30, 1.2), nothing())) == {0, 30}


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
    half = np.where(np.arange(DAYS) % 3 == 0, TRUE + 0.00345, TRUE)  # as thirds of cents are
    with pytest.raises(BadValueError, match=r"use --dividends paid .* --dividends included"):
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
    assert "too many days to be payments" in found.notes[0]


def test_what_is_paid_on_the_first_row_is_known_where_the_closes_tell_it() -> None:
    raw = np.where(np.arange(DAYS) < 20, TRUE * 4, TRUE)
    split = payment_factors(raw[20:], Payments(nothing()[20:], at(20, 4.0)[20:]), "f")
    assert np.isnan(split.factors).tolist() == [True] + [False] * 39
    assert not split.restated
    lowered = np.where(np.arange(DAYS) < 30, TRUE * 0.99012345, TRUE)
    found = payment_factors(lowered, Payments(at(30, 1.2) + at(0, 0.5), nothing()), "f")
    assert np.isnan(found.factors).tolist() == [True] + [False] * (DAYS - 1)
    assert found.restated
    assert not payment_factors(TRUE, Payments(at(30, 1.2), nothing()), "f").restated


def test_a_dividend_on_the_first_row_alone_is_asked_for() -> None:
    found = payment_factors(TRUE, Payments(at(0, 1.2), nothing()), "f")
    assert found.restated
    assert np.isnan(found.factors).tolist() == [True] + [False] * (DAYS - 1)
    assert "use --dividends paid if it does" in found.notes[0]


def test_closes_that_are_divided_by_a_later_split_say_nothing_of_their_first_row() -> None:
    found = payment_factors(TRUE, Payments(nothing(), at(20, 4.0)), "f")
    assert found.restated
    assert np.isnan(found.factors).tolist() == [True] + [False] * (DAYS - 1)
    raw = np.where(np.arange(DAYS) < 20, TRUE * 4, TRUE)
    assert not payment_factors(raw, Payments(nothing(), at(20, 4.0)), "f").restated


@pytest.mark.parametrize("rows", [2, 3, 6])
def test_a_few_closes_before_a_dividend_do_not_tell(rows: int) -> None:
    lowered = np.where(np.arange(DAYS) < DAYS - 1, TRUE * (1 - 1.2 / TRUE[-2]), TRUE)  # the last but one is in cents
    for closes in (TRUE, lowered):
        with pytest.raises(BadValueError, match="use --dividends paid"):
            factors(closes[-rows:], at(DAYS - 1, 1.2)[-rows:], nothing()[-rows:])
    assert set(factors(TRUE[-rows:], at(DAYS - 1, 1.2)[-rows:], nothing()[-rows:], "paid")) == {rows - 1}
    assert factors(lowered[-20:], at(DAYS - 1, 1.2)[-20:], nothing()[-20:]) == {}
    assert set(factors(TRUE[-20:], at(DAYS - 1, 1.2)[-20:], nothing()[-20:])) == {19}


def test_prices_of_three_decimals_are_not_taken_for_lowered_ones_at_the_end_of_a_file() -> None:
    assert set(factors(TRUE / 10, at(DAYS - 2, 0.2), nothing())) == {DAYS - 2}


def test_a_coarser_step_above_some_price_does_not_make_the_closes_before_it_lowered() -> None:
    stepped = np.where(np.arange(DAYS) < 30, TRUE, np.round(TRUE, 1))
    assert set(factors(stepped, at(30, 1.2), nothing())) == {30}
    yen = np.round(TRUE * 60)
    lowered = np.where(np.arange(DAYS) < 30, yen * 0.99012345, yen)
    assert set(factors(yen, at(30, 72.0), nothing())) == {30}
    assert factors(lowered, at(30, 72.0), nothing()) == {}


def walk(seed: int, days: int, dividends: int, yielded: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Closes in cents that fall with each dividend, the same lowered and then rounded, and the dividends."""
    rng = np.random.default_rng(seed)
    paid, closes = np.zeros(days), np.full(days, 90.0)
    ex_days = np.linspace(20, days - 20, dividends).astype(int)
    for day in range(1, days):
        paid[day] = round(closes[day - 1] * yielded, 2) if day in ex_days else 0.0
        closes[day] = round((closes[day - 1] - paid[day]) * np.exp(rng.normal(0, 0.011)), 2)
    ratios = np.append(1 - paid[1:] / closes[:-1], 1.0)
    return closes, np.round(closes * np.cumprod(ratios[::-1])[::-1], 2), paid


def asked(closes: np.ndarray, paid: np.ndarray) -> bool:
    try:
        return payment_factors(closes, Payments(paid, np.zeros(closes.size)), "f").restated
    except BadValueError:
        return True


@pytest.mark.parametrize(("days", "dividends", "yielded"), [(250, 4, 0.005), (750, 12, 0.006), (250, 2, 0.03)])
def test_closes_in_cents_are_read_as_quoted(days: int, dividends: int, yielded: float) -> None:
    """Of 40 histories at most 4 are asked about; 1 in 40 is expected at most, so a right build fails 1 in 300 times."""
    assert sum(asked(*walk(seed, days, dividends, yielded)[::2]) for seed in range(40)) <= 4


@pytest.mark.parametrize(("days", "dividends", "yielded"), [(250, 2, 0.04), (250, 12, 0.02), (250, 45, 0.015)])
def test_lowered_closes_that_are_rounded_are_asked_for_where_they_do_not_fall(
    days: int, dividends: int, yielded: float
) -> None:
    for seed in range(20):
        _, lowered, paid = walk(seed, days, dividends, yielded)
        assert asked(lowered, paid), seed


def test_a_fund_that_pays_every_week_keeps_its_dividends() -> None:
    closes, _, paid = walk(3, 250, 45, 0.015)
    assert len(factors_of(closes, paid)) == 45


def factors_of(closes: np.ndarray, paid: np.ndarray) -> np.ndarray:
    found = payment_factors(closes, Payments(paid, np.zeros(closes.size)), "f").factors
    return np.flatnonzero(found != 1)


def test_a_special_dividend_is_held_against_the_close_before_it() -> None:
    special = TRUE.copy()
    special[30:] = np.round(special[30:] * 0.35, 2)
    paid = at(30, round(TRUE[29] * 0.65, 2))
    assert paid[30] > special[30]
    assert factors(special, paid, nothing()) == {30: pytest.approx(1 + paid[30] / special[30], rel=1e-5)}
    with pytest.raises(BadValueError, match=r"dividend of 200, as large as the close before it: correct it"):
        factors(TRUE, at(30, 200.0), nothing(), "paid")
    with pytest.raises(BadValueError, match=r"as large as its close, and there is no close before it"):
        factors(TRUE, at(0, 200.0), nothing())


def test_adjusted_closes_in_hundredths_give_the_dividend_and_no_noise() -> None:
    adjusted = np.round(np.where(np.arange(DAYS) < 30, TRUE * 0.99, TRUE), 2)
    found = adjustment_factors(TRUE, adjusted)
    assert np.flatnonzero(found != 1).tolist() == [30]
    assert found[30] == pytest.approx(1 / 0.99, rel=2e-4)
