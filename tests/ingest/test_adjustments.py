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
