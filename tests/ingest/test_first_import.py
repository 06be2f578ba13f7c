"""A first import without a store gives the history that an empty store would have after it."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from ingest.assets import Asset
from ingest.database import open_engine
from ingest.first_import import first_import
from ingest.panel import panel_rows
from ingest.sessions import calendar
from ingest.store import Store
from tests.ingest.frames.own import bars

ASSET = Asset("SPX", calendar="XNYS", source="test")


def rows() -> pd.DataFrame:
    """Bars, of which one close is ten times too high, one high cannot be, and the last session is not over."""
    frame = bars()
    days = calendar("XNYS").sessions(frame.index[0], frame.index[-1])
    values = {name.lower(): frame[name].to_numpy(copy=True) for name in frame}
    values["close"][40] *= 10
    values["high"][60] = 1.0
    return panel_rows("SPX", pd.DatetimeIndex(days), values, "test")


@pytest.mark.parametrize("now", [datetime(2019, 1, 2, tzinfo=UTC), datetime(2018, 12, 31, 20, 59, tzinfo=UTC)])
def test_it_is_what_an_empty_store_would_hold(now: datetime) -> None:
    store = Store(open_engine("sqlite://"))
    counts = store.append(ASSET, rows(), now, "quoted")
    kept = store.history("SPX")
    history, own = first_import(ASSET, rows(), now, "quoted")
    assert own == counts
    assert counts.quarantined
    assert counts.blanked
    assert counts.unfinished == (now.year == 2018)
    pd.testing.assert_frame_equal(history.frame, kept.frame, check_exact=True)
    pd.testing.assert_frame_equal(history.held, kept.held, check_exact=True)
    pd.testing.assert_frame_equal(history.newest(), kept.newest(), check_exact=True)


def test_rows_that_a_person_believes_are_all_there() -> None:
    history, counts = first_import(ASSET, rows(), datetime(2019, 1, 2, tzinfo=UTC), "quoted", believe=True)
    assert len(history.frame) == counts.new == len(rows())
    assert np.array_equal(history.newest()["close"], rows()["close"])
