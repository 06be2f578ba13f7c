"""Adjustment factors: total returns that a later restatement cannot move."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.adjustments import adjustment_factors


def test_total_return_change_equals_the_change_of_the_adjusted_close() -> None:
    close = np.array([100.0, 50.0, 51.0, 50.0, 50.5])
    adjusted = np.array([48.0, 48.0, 48.96, 49.0, 49.49])  # a split, then a dividend
    factors = adjustment_factors(close, adjusted)
    total = close[1:] / close[:-1] * factors[1:]
    np.testing.assert_allclose(total, adjusted[1:] / adjusted[:-1], rtol=6e-6)
    assert factors.tolist()[:3] == [1.0, 2.0, 1.0]


@given(
    payments=st.lists(st.sampled_from([1.0, 1.0, 1.0, 1.005, 1.02, 2.0, 0.1]), min_size=2, max_size=40),
    restated=st.floats(0.2, 5.0),
)
def test_a_restatement_of_every_adjusted_close_moves_no_factor(payments: list[float], restated: float) -> None:
    rng = np.random.default_rng(len(payments))
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, len(payments))))
    adjusted = close * np.cumprod(payments)
    before = adjustment_factors(close, adjusted)
    after = adjustment_factors(close, adjusted * restated)
    assert before.tolist() == after.tolist()
    np.testing.assert_allclose(before[1:], payments[1:], rtol=1e-5)


def test_the_rounding_of_a_provider_is_no_payment() -> None:
    close = np.array([100.0, 101.0, 102.0])
    adjusted = np.round(close * 0.731, 3)
    assert adjustment_factors(close, adjusted).tolist() == [1.0, 1.0, 1.0]


def test_a_payment_on_a_day_without_adjusted_close_is_not_lost() -> None:
    close = np.array([100.0, 100.0, 100.0, 100.0])
    assert adjustment_factors(close, np.array([50.0, np.nan, 100.0, 100.0])).tolist() == [1.0, 1.0, 2.0, 1.0]
    assert adjustment_factors(close, np.array([np.nan, np.nan, 50.0, 100.0])).tolist() == [1.0, 1.0, 1.0, 2.0]


@pytest.mark.parametrize("size", [0, 1])
def test_short_histories(size: int) -> None:
    assert adjustment_factors(np.ones(size), np.ones(size)).tolist() == [1.0] * size


def true_history(days: int, ratio: float, ex_day: int, yielded: float) -> tuple[np.ndarray, np.ndarray]:
    """Closes and their adjusted closes, before they are rounded, of one dividend."""
    rng = np.random.default_rng(days)
    close = np.round(90 * np.exp(np.cumsum(rng.normal(0, 0.012, days))), 2)
    return close, close * ratio * np.where(np.arange(days) < ex_day, 1 - yielded, 1.0)


@pytest.mark.parametrize(("ratio", "decimals"), [(0.0004123, 4), (0.0123, 4), (0.0004123, 6), (0.3, 1), (5.0, 0)])
def test_adjusted_closes_of_any_number_of_decimals_give_the_dividend_and_no_noise(ratio: float, decimals: int) -> None:
    step = 10.0**-decimals / (90 * ratio)
    close, adjusted = true_history(250, ratio, 125, 3 * step)
    found = adjustment_factors(close, np.round(adjusted, decimals))
    assert np.flatnonzero(found != 1).tolist() == [125]
    assert np.prod(found) == pytest.approx(1 / (1 - 3 * step), abs=step)


def test_payments_smaller_than_the_rounding_are_in_the_total() -> None:
    days, step = 2000, 1e-4 / 0.0372
    yields = np.where(np.arange(days) % 60 == 59, 0.4 * step, 0.0)
    close, _ = true_history(days, 1.0, 0, 0.0)
    ratios = 0.000413 * np.cumprod(1 / (1 - yields)) / np.prod(1 / (1 - yields))
    found = adjustment_factors(close, np.round(close * ratios, 4))
    assert np.sum(found != 1) < 40
    assert np.prod(found) == pytest.approx(ratios[-1] / ratios[0], rel=2 * step)
