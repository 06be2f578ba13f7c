"""A view that is the beginning of a later one is the view of its own rows, to the byte."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecaster.issuing.possible import _WIDTH, SPAN, Shown, _widths
from forecaster.view.arrays import known_changes, origin
from forecaster.view.past import Past
from forecaster.view.view import look
from ingest.errors import IncompleteWindowError
from ingest.history import History, vintage_sha256

COVARIATES = ("short_volatility", "volume", "range", "days_to_target")


@pytest.fixture(scope="module")
def gappy(simulated_history):
    """The simulated market without some of its days, and with a volume that is missing on one."""
    frame = simulated_history.frame
    rows = frame.drop(index=[50, 200, 201, 380]).reset_index(drop=True)
    rows.loc[300, "volume"] = np.nan
    return History(simulated_history.asset, rows)


@pytest.mark.parametrize("back", [0, 1, 10, 60, 110, 115, 121, 219])
def test_every_fact_of_a_view_is_that_of_its_own_rows(gappy, settings_of, back):
    settings = settings_of.model_validate({"forecast": {"train_window": 100}}).forecast
    past = Past(gappy, settings)
    day = pd.Timestamp(gappy.frame["session"].iloc[-1 - back])
    found, plain = past.look(day), look(gappy, day, settings)
    assert gappy.steady
    assert found.data_vintage == plain.data_vintage == vintage_sha256(gappy.read(day))
    assert found.close == plain.close == gappy.read(day)["close"].iloc[-1]
    for name in ("rows", "changes", "known", "standard", "covariates"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(plain, name), check_exact=True)
    assert known_changes(found).tobytes() == known_changes(plain).tobytes()
    for series, names in ((("price",), ()), (("volume", "price"), COVARIATES)):
        told = []
        for view in (found, plain):
            try:
                of = origin(view, series, names)
            except IncompleteWindowError as fault:
                told.append(str(fault))
            else:
                assert of.x.shape == (7, len(series))
                assert np.array_equal(of.x, view.changes[list(series)].to_numpy()[-7:])
                told.append(
                    (of.x.tobytes(), of.standard.tobytes(), of.volatility, of.z.tobytes(), of.history.tobytes())
                )
        assert told[0] == told[1]


def test_a_day_without_a_row_is_refused_by_both(gappy, settings_of):
    settings = settings_of().forecast
    days = pd.DatetimeIndex(gappy.frame["session"])
    lost = next(day for day in pd.date_range(days[0], days[-1], unit="us") if day not in days)
    said = []
    for looked in (lambda: Past(gappy, settings).look(lost), lambda: look(gappy, lost, settings)):
        with pytest.raises(IncompleteWindowError) as fault:
            looked()
        said.append(str(fault.value))
    assert said[0] == said[1]


@pytest.mark.parametrize("size", [1, 2, 19, 20, 21, 800])
def test_what_an_asset_showed_is_the_rolling_median(size):
    """As pandas takes it, to the byte, where the price often stands still too."""
    rng = np.random.default_rng(size)
    changes = np.where(rng.random(size) < 0.2, 0.0, 0.02 * rng.standard_t(3, size))
    for values in (np.abs(changes), np.abs(changes[changes != 0])):
        plain = pd.Series(values).rolling(min(SPAN, max(values.size, 1))).median().dropna().to_numpy()
        assert values.size == 0 or (_widths(values) == _WIDTH * plain).all()
    assert Shown.of(changes).narrowest == _widths(np.abs(changes)).min()
