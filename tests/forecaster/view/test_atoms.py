"""Tick and atom from what is known: found where they are, absent where they are not, and never from later rows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.settings import of_tables
from forecaster.view import atoms
from forecaster.view.arrays import known_changes, training
from forecaster.view.past import Past
from forecaster.view.view import look
from tests.rounded import STEPS, market

SETTINGS = of_tables({"forecast": {"train_window": 1000}}).forecast


def seen(history, back=0):
    past = Past(history, SETTINGS)
    return past.look(pd.DatetimeIndex(history.frame["session"])[-1 - back])


@pytest.mark.parametrize("zeros", STEPS)
def test_rounding_alone_leaves_no_atom(zeros):
    one = market(1100, STEPS[zeros], seed=zeros)
    view = seen(one.history)
    atom, tick = atoms.atom_and_tick(view)
    assert atom == 0
    assert tick == pytest.approx(STEPS[zeros] / one.closes[-1] if zeros else 0.0, rel=1e-6)
    assert atoms.moved(view).all()
    assert len(atoms.in_words(view)) == (1 if zeros else 0)


@pytest.mark.parametrize("seed", range(3))
def test_halts_are_found_within_three_standard_errors(seed):
    """A share of 12 % of 1,000 days has a standard error of 1 %: one of four hundred such tests errs."""
    one = market(1100, 0.01, seed, halts=0.12)
    view = seen(one.history)
    atom, tick = atoms.atom_and_tick(view)
    assert atom == pytest.approx(0.12, abs=0.03)
    assert tick < 0.1 * one.scale.mean()
    kept = atoms.moved(view)[-1000:]
    still = one.changes[-1000:] == 0
    assert kept[~still].all()
    assert (~kept).sum() == pytest.approx(1000 * atom, abs=10)


def test_days_that_the_atom_explains_are_not_learnt_from():
    one = market(700, 0.01, 5, halts=0.3)
    view = seen(one.history)
    rows = training(view).examples
    assert (one.changes == 0).mean() > 0.25
    assert (rows.y == 0).mean() < 0.05
    assert (rows.history == 0).mean() < 0.05
    assert (known_changes(view) == 0).mean() > 0.25


def test_what_is_kept_is_spread_evenly():
    """Half of the zeros are the tick's: of any twenty in a row about ten are kept."""
    one = market(1100, 0.72, 3, halts=0.4)
    view = seen(one.history)
    zeros = np.flatnonzero(one.changes[100:] == 0) + 101
    kept = np.lib.stride_tricks.sliding_window_view(atoms.moved(view)[zeros], 20).sum(axis=1)
    share = atoms.moved(view)[zeros].mean()
    assert 0.1 < share < 0.9
    assert kept.min() > 20 * share - 6
    assert kept.max() < 20 * share + 6


def test_weekends_have_an_atom_of_their_own():
    one = market(900, 0.01, 2)
    days = pd.date_range("2012-01-01", periods=901)
    closes = pd.Series(one.closes).where(days.weekday < 5).ffill().fillna(100.0).to_numpy()
    history = replace(one, closes=closes).history
    saturday, monday = (next(back for back in range(9) if days[-1 - back].weekday() == of - 1) for of in (5, 1))
    (weekend, _), (week, _) = (atoms.atom_and_tick(seen(history, back)) for back in (saturday, monday))
    assert weekend > 0.85
    assert week < 0.05


def test_an_asset_that_hardly_ever_stands_still_has_neither():
    closes = market(900, 0.0, 4).closes
    closes[[300, 500, 600, 700]] = closes[[299, 499, 599, 699]]
    view = seen(replace(market(10, 0.0, 4), closes=closes).history)
    assert atoms.atom_and_tick(view) == (0.0, 0.0)


def test_a_price_that_never_moves_has_neither():
    still = replace(market(10, 0.0, 4), closes=np.full(200, 7.0)).history
    assert atoms.atom_and_tick(seen(still)) == (0.0, 0.0)


def test_later_rows_change_no_byte():
    """An earlier day of a longer record is as if the record ended there, looked at from anew."""
    one = market(800, 0.30, 7, halts=0.1)
    long, days = one.history, pd.DatetimeIndex(one.history.frame["session"])
    past = Past(long, SETTINGS)
    for at in (650, 661, 799):
        short = replace(one, closes=one.closes[: at + 1]).history
        there, alone = past.look(days[at]), look(short, days[at], SETTINGS)
        assert atoms.atom_and_tick(there) == atoms.atom_and_tick(alone)
        assert atoms.moved(there).tobytes() == atoms.moved(alone).tobytes()


def test_a_tick_follows_its_record():
    """A market that went from wide to narrow ticks has the narrow one, a hundred moves later at the latest."""
    wide, narrow = market(600, 1.0, 8), market(400, 0.05, 9)
    closes = np.r_[wide.closes, wide.closes[-1] + narrow.closes[1:] - narrow.closes[0]]
    view = seen(replace(wide, closes=closes).history)
    assert atoms.atom_and_tick(view)[1] == pytest.approx(0.05 / closes[-1], rel=1e-6)
