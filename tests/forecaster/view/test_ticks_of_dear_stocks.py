"""A tick is told where the least move of a year is several of it."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.view.atoms import _step, _ticks


def test_cents_of_a_stock_that_moves_by_dollars():
    moves = np.round(np.abs(np.random.default_rng(1).normal(0, 2.0, 250)), 2) + 0.03
    assert _step(moves, 0.04) == pytest.approx(0.01)


@pytest.mark.parametrize("step", [0.11, 0.25, 0.005])
def test_steps_of_any_size(step):
    moves = step * np.random.default_rng(2).integers(1, 60, 250)
    assert _step(moves, float(moves.min())) == pytest.approx(step)


def test_moves_without_a_step_keep_the_least():
    moves = np.abs(np.random.default_rng(3).normal(0, 1.0, 250))
    assert _step(moves, 0.02) == 0.02


def test_later_closes_change_no_earlier_tick():
    closes = np.cumsum(np.round(np.random.default_rng(4).normal(0, 0.05, 600), 2)) + 50
    whole, part = _ticks(closes), _ticks(closes[:400])
    assert np.array_equal(whole[:400], part, equal_nan=True)
