"""Which covariates of the scale a fit gets: those of used series that move, are known today and mostly were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from forecaster.view.arrays import training
from forecaster.view.view import look
from ingest.assets import Asset
from ingest.history import History
from ingest.panel import panel_rows
from ingest.sessions import calendar

DAYS, ROWS = 500, 200
RNG = np.random.default_rng(17)
CHANGES, VOLUME, TWEETS = 0.02 * RNG.standard_normal(DAYS - 1), *np.exp(RNG.normal(8, 0.3, (2, DAYS)))
SPREAD = 0.01 * np.abs(RNG.standard_normal((2, DAYS)))
OF_PRICE = ("short_volatility", "long_volatility", "leverage")
LAST = ("long_leverage",)


@pytest.fixture
def learnt(history_of, settings_of):
    """What a fit learns from at the last day: the price above with these levels beside it, under these settings."""

    def learnt(levels, **own):
        settings = settings_of(forecast={"train_window": ROWS, **own}).forecast
        history = history_of(CHANGES, **levels)
        return training(look(history, history.last, settings)).examples

    return learnt


def bars(known):
    """Opens, highs and lows of the last days, unknown before."""
    close = 100 * np.cumprod(np.r_[1.0, 1.0 + CHANGES])
    open_ = np.r_[100.0, close[:-1]]
    high, low = np.maximum(open_, close) * (1 + SPREAD[0]), np.minimum(open_, close) * (1 - SPREAD[1])
    return {
        name: np.where(np.arange(DAYS) < DAYS - known, np.nan, of)
        for name, of in zip(("open", "high", "low"), (open_, high, low), strict=True)
    }


def test_a_series_that_is_not_used_brings_no_covariate(learnt):
    """Left out by the settings, or by a hole in today's window; the control: a used one brings its own."""
    levels = {"volume": VOLUME, "tweets": TWEETS}
    whole = learnt(levels)
    assert whole.covariates == (*OF_PRICE, "volume", "tweets", *LAST)
    assert np.isfinite(whole.z).all()
    assert learnt(levels, series=("price", "tweets")).covariates == (*OF_PRICE, "tweets", *LAST)
    holed = np.where(np.arange(DAYS) == DAYS - 3, np.nan, TWEETS)
    less = learnt({"volume": VOLUME, "tweets": holed})
    assert less.series == ("price", "volume")
    assert less.covariates == (*OF_PRICE, "volume", *LAST)


def test_a_covariate_that_never_changes_is_left_out(settings_of):
    """The days to the next session, where every day is one; the control: a calendar with weekends."""
    settings = settings_of(forecast={"train_window": ROWS}).forecast
    for code, used in (("24/7", False), ("XNYS", True)):
        days = calendar(code).sessions(pd.Timestamp("2015-01-02"), pd.Timestamp("2017-06-30"))[:DAYS]
        rows = panel_rows("IDX", days, {"close": 100 * np.cumprod(np.r_[1.0, 1.0 + CHANGES])}, "test")
        known = rows["session"].dt.tz_localize("UTC") + pd.Timedelta(hours=12)
        history = History(Asset("IDX", calendar=code, source="csv_file"), rows.assign(known_at=known))
        examples = training(look(history, history.last, settings)).examples
        assert ("days_to_target" in examples.covariates) is used
        assert (np.ptp(examples.z, axis=0) > 0).all()


def test_a_covariate_that_is_known_in_less_than_half_of_the_training_rows_is_left_out(learnt):
    """Bars of the last days alone: exactly half of the rows suffice, one fewer does not; 0 stands for the rest.

    Half of the training rows are a fifth of the past, so that it is the training rows that count.
    """
    most = learnt(bars(known=ROWS // 2 + 1))
    assert most.covariates == (*OF_PRICE, "range", *LAST)
    column = most.z[:, most.covariates.index("range")]
    assert len(column) == ROWS
    assert (column[: ROWS // 2] == 0).all()
    assert (column[ROWS // 2 :] != 0).all()
    assert learnt(bars(known=ROWS // 2)).covariates == (*OF_PRICE, *LAST)


def test_a_covariate_that_is_not_known_today_is_left_out(history_of, settings_of):
    """However well it was known before; a value missing on an earlier day is the control."""
    history = history_of(CHANGES)
    for day, expected in ((-1, (OF_PRICE[0], *OF_PRICE[2:], *LAST)), (-5, (*OF_PRICE, *LAST))):
        view = look(history, history.last, settings_of().forecast)
        table = view.covariates.copy()
        table.iloc[day, table.columns.get_loc(OF_PRICE[1])] = np.nan
        # No covariate of today's can be unknown at a close whose window is whole.
        assert training(replace(view, made={"covariates": table})).examples.covariates == expected
