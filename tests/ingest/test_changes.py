"""Changes and volatility: gaps stay gaps, and nothing looks ahead."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from ingest.changes import SERIES, series_of, simple_changes
from ingest.panel import panel_rows
from ingest.sessions import calendar

MakePanel = Callable[..., pd.DataFrame]
DAYS = calendar("24/7")


def panel(dates: list[str], **values: list[float]) -> pd.DataFrame:
    return panel_rows("A", pd.DatetimeIndex(dates), values, "test")


def test_a_gap_is_never_bridged() -> None:
    rows = panel(["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05"], close=[1.0, 2.0, 8.0, 4.0])
    changes = simple_changes(rows, DAYS, ("price",))["price"]
    np.testing.assert_array_equal(changes.to_numpy(), [np.nan, 1.0, np.nan, np.nan, -0.5])
    assert changes.index.equals(DAYS.sessions("2024-01-01", "2024-01-05"))


def test_a_weekend_of_an_exchange_is_no_gap() -> None:
    rows = panel(["2018-01-12", "2018-01-16"], close=[1.0, 2.0])
    assert simple_changes(rows, calendar("XNYS"), ("price",))["price"].tolist()[1] == 1.0


def test_a_zero_or_missing_level_is_neither_0_percent_nor_infinite() -> None:
    dates = [f"2024-01-0{day}" for day in range(1, 7)]
    rows = panel(dates, close=[1.0] * 6, volume=[5, 0, 0, 5, 10, 10], tweets=[1, np.nan, 2, 4, 0, 1])
    changes = simple_changes(rows, DAYS)
    nan = np.nan
    np.testing.assert_array_equal(changes["volume"], [nan, nan, nan, nan, 1.0, 0.0])
    np.testing.assert_array_equal(changes["tweets"], [nan, nan, nan, 1.0, nan, nan])


def test_a_price_that_stands_still_is_a_change_of_zero() -> None:
    rows = panel(["2024-01-01", "2024-01-02"], close=[3.0, 3.0])
    assert simple_changes(rows, DAYS)["price"].iloc[1] == 0.0


def test_price_changes_are_total_returns() -> None:
    rows = panel(["2024-01-01", "2024-01-02"], close=[100.0, 51.0], adjustment=[1.0, 2.0], open=[100.0, 50.0])
    changes = simple_changes(rows, DAYS, ("price", "open"))
    assert changes["price"].iloc[1] == pytest.approx(0.02)
    assert changes["open"].iloc[1] == -0.5


def test_rows_on_shut_days_are_left_out() -> None:
    rows = panel(["2018-01-12", "2018-01-13", "2018-01-16"], close=[1.0, 7.0, 2.0])
    changes = simple_changes(rows, calendar("XNYS"), ("price",))["price"]
    assert changes.tolist()[1:] == [1.0]


def test_every_series_has_a_column_and_an_empty_panel_no_changes(make_panel: MakePanel) -> None:
    assert list(simple_changes(make_panel(3), DAYS, tuple(SERIES)).columns) == list(SERIES)
    empty = simple_changes(make_panel(3).iloc[:0], DAYS)
    assert empty.shape == (0, 3)
    with pytest.raises(KeyError):
        simple_changes(make_panel(3), DAYS, ("prize",))


def test_an_asset_has_the_series_that_it_has(make_panel: MakePanel) -> None:
    rows = make_panel(3)
    assert series_of(rows) == ("price", "volume", "tweets")
    assert series_of(rows.assign(tweets=np.nan)) == ("price", "volume")
    assert series_of(rows.assign(tweets=0.0, volume=np.nan)) == ("price",)
