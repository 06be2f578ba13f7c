"""Replayed forecasts are kept in bulk: in place of earlier ones of the same days, all of them or none."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from forecaster.replay.backtest import last_origins, replay
from ingest.errors import StoreError


@pytest.fixture(scope="module")
def replayed(simulated_history, settings_of):
    """Three days of two forecasters."""
    settings = settings_of.model_validate({"forecast": {"train_window": 120, "minimum_rows": 40}})
    days, names = last_origins(simulated_history, 3), ("climatology", "ewma")
    return list(replay(simulated_history, days, names, settings, 20))


def shown(home, symbol):
    """What is kept of an asset, in order, but for the numbers of the rows."""
    return home.replays.of(symbol).drop(columns="id")


def test_what_is_kept_stands_in_place_of_what_was_kept_of_the_same_days(target, replayed):
    symbol, others = replayed[0].forecast.symbol, replayed[:2]
    target.replays.add(replayed)
    first = shown(target, symbol)
    assert len(first) == len(replayed)
    target.replays.add(replayed)
    pd.testing.assert_frame_equal(shown(target, symbol), first)

    target.replays.add([replace(one, y=0.5) for one in others])
    again = shown(target, symbol)
    assert len(again) == len(first)
    day = f"{others[0].forecast.as_of:%Y-%m-%d}"
    assert (again.loc[again["as_of"] == day, "y"] == 0.5).all()
    kept = again["as_of"] != day
    pd.testing.assert_frame_equal(
        again[kept].reset_index(drop=True), first[first["as_of"] != day].reset_index(drop=True)
    )


def test_of_two_of_the_same_day_the_later_one_stands(target, replayed):
    one = replayed[0]
    target.replays.add([one, replace(one, y=0.25)])
    assert shown(target, one.forecast.symbol)["y"].tolist() == [0.25]


def test_nothing_is_kept_of_what_cannot_be_kept_whole(target, replayed):
    """The last of the rows is refused by the database: the others, and what stood there before, are as they were."""
    target.replays.add(replayed)
    symbol = replayed[0].forecast.symbol
    before = shown(target, symbol)
    bad = replace(replayed[-1], fitted_at=None)
    with pytest.raises(StoreError):
        target.replays.add([*(replace(one, y=0.5) for one in replayed[:-1]), bad])
    pd.testing.assert_frame_equal(shown(target, symbol), before)


def test_nothing_to_keep_is_no_fault(target):
    target.replays.add([])
    assert shown(target, "COIN").empty
