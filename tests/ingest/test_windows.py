"""Windows: one session ahead, never two; only complete rows; every loss counted."""

import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.changes import simple_changes
from ingest.errors import ConstantSeriesError, IncompleteWindowError, TooFewRowsError
from ingest.panel import panel_rows
from ingest.sessions import calendar
from ingest.sources.csv_file import read
from ingest.windows import LENGTH, build_windows, origin_window, require_usable

SERIES = ("price", "volume", "tweets")


def numbered(sessions: int = 20) -> pd.DataFrame:
    """Changes that say which session and which series they are: session + series / 10."""
    days = pd.date_range("2024-01-01", periods=sessions, freq="D", unit="us", name="session")
    table = np.arange(sessions)[:, None] + np.arange(3) / 10
    frame = pd.DataFrame(table, index=days, columns=list(SERIES))
    frame.iloc[0] = np.nan
    return frame


def test_the_target_is_one_session_after_the_window_and_never_two() -> None:
    windows = build_windows("A", numbered(), SERIES)
    for x, y, as_of, target in zip(windows.x, windows.y, windows.as_of, windows.target, strict=True):
        assert y == x[-1, 0] + 1
        assert target - as_of == np.timedelta64(1, "D")
        assert as_of == np.datetime64("2024-01-01") + int(x[-1, 0])
        np.testing.assert_array_equal(np.diff(x[:, 0]), 1)
    assert windows.x.shape == (12, LENGTH, 3)
    assert windows.x[0, :, 0].tolist() == [1, 2, 3, 4, 5, 6, 7]
    assert windows.x[0, 0].tolist() == [1.0, 1.1, 1.2]
    assert windows.target[-1] == np.datetime64("2024-01-20")
    assert dict(windows.dropped) == {}


def test_the_next_session_of_an_exchange_may_be_days_away() -> None:
    sessions = calendar("XNYS").sessions("2018-01-02", "2018-01-16")
    changes = pd.DataFrame({"price": np.arange(len(sessions), dtype=float)}, index=sessions)
    windows = build_windows("A", changes, ("price",))
    assert (windows.as_of[-1], windows.target[-1]) == (
        np.datetime64("2018-01-12"),
        np.datetime64("2018-01-16"),
    )


def test_windows_that_touch_a_gap_are_left_out_and_counted_once() -> None:
    changes = numbered(40)
    changes.iloc[15, 1] = np.nan
    changes.iloc[20, 0] = np.nan
    windows = build_windows("A", changes, SERIES)
    assert not np.isnan(windows.x).any()
    assert not np.isnan(windows.y).any()
    assert windows.dropped == {"price gap": 7, "volume missing or zero": 5}
    assert sum(windows.dropped.values()) + len(windows) == 39 - LENGTH


@given(holes=st.lists(st.tuples(st.integers(1, 59), st.integers(0, 2)), max_size=12))
def test_kept_and_dropped_add_up_and_match_a_slow_reading(holes: list[tuple[int, int]]) -> None:
    changes = numbered(60)
    for row, column in holes:
        changes.iloc[row, column] = np.nan
    windows = build_windows("A", changes, SERIES)
    table = changes.to_numpy()
    slow = [
        end
        for end in range(LENGTH, 59)
        if not np.isnan(table[end - 6 : end + 1]).any() and not np.isnan(table[end + 1, 0])
    ]
    assert [int(x[-1, 0]) for x in windows.x] == slow
    assert sum(windows.dropped.values()) + len(windows) == 59 - LENGTH


@pytest.mark.parametrize("sessions", [0, 1, 7, 8])
def test_too_short_a_history_gives_no_windows(sessions: int) -> None:
    windows = build_windows("A", numbered(20).iloc[:sessions], SERIES)
    assert len(windows) == 0
    assert windows.x.shape == (0, LENGTH, 3)
    with pytest.raises(TooFewRowsError, match=r"A has 0 complete windows .* at least 30 are needed"):
        require_usable(windows, 30)


def test_a_price_that_never_moves_is_refused() -> None:
    flat = numbered(60).assign(price=0.0)
    with pytest.raises(ConstantSeriesError, match="never moves from 2024-01-08 to 2024-02-29"):
        require_usable(build_windows("A", flat, SERIES), 10)
    require_usable(build_windows("A", numbered(60), SERIES), 10)


def test_the_window_of_an_origin_is_the_one_that_training_would_see() -> None:
    changes = numbered(30)
    windows = build_windows("A", changes, SERIES)
    for row in (0, 5, len(windows) - 1):
        np.testing.assert_array_equal(origin_window("A", changes, SERIES, str(windows.as_of[row])), windows.x[row])
    changes.loc["2024-01-21":] = 999.0
    np.testing.assert_array_equal(origin_window("A", changes, SERIES, "2024-01-20")[-1], [19.0, 19.1, 19.2])


def test_an_incomplete_origin_names_series_and_session() -> None:
    changes = numbered(30)
    changes.loc["2024-01-16", "tweets"] = np.nan
    with pytest.raises(IncompleteWindowError, match=r"A has no change of tweets on 2024-01-16 .* 2024-01-20"):
        origin_window("A", changes, SERIES, "2024-01-20")
    assert origin_window("A", changes, ("price",), "2024-01-20").shape == (LENGTH, 1)
    for absent in ("2024-01-05", "2024-03-01"):
        with pytest.raises(IncompleteWindowError, match=f"end at {absent}"):
            origin_window("A", changes, SERIES, absent)


def test_windows_travel_between_processes() -> None:
    windows = build_windows("A", numbered(), SERIES)
    again = pickle.loads(pickle.dumps(windows))  # noqa: S301  # our own bytes
    np.testing.assert_array_equal(again.x, windows.x)


def test_the_studys_file_gives_the_studys_figures(ethereum: Path) -> None:
    """Zero scores MSE 0.005726 and MAE 0.060142 on the original's two-days-ahead targets."""
    changes = simple_changes(read(ethereum, "ETH-USD", "24/7").rows.fillna({"adjustment": 1.0}), calendar("24/7"))
    price = changes["price"].to_numpy()[-360:]
    originals = np.array([price[start + LENGTH + 1] for start in range(len(price) - LENGTH - 1)])
    assert originals.size == 322 + 30
    assert np.mean(originals[-30:] ** 2) == pytest.approx(0.005726, abs=5e-7)
    assert np.mean(np.abs(originals[-30:])) == pytest.approx(0.060142, abs=5e-7)
    assert np.mean((originals[-30:] - originals[:-30].mean()) ** 2) == pytest.approx(0.005422, abs=5e-7)


def test_on_the_studys_file_the_windows_are_repaired(ethereum: Path) -> None:
    changes = simple_changes(read(ethereum, "ETH-USD", "24/7").rows.fillna({"adjustment": 1.0}), calendar("24/7"))
    windows = build_windows("ETH-USD", changes, SERIES)
    assert (len(windows), dict(windows.dropped)) == (647, {"tweets missing or zero": 244})
    assert windows.y[-1] == changes["price"].iloc[-1]
    assert windows.x[-1, -1, 0] == changes["price"].iloc[-2]


@pytest.mark.parametrize(
    ("code", "year", "targets", "among", "shut"),
    [
        ("XNYS", 1964, 253, "1964-12-24", "1964-12-25"),
        ("XBOM", 2024, 248, "2024-01-20", "2024-01-22"),
        ("XBOM", 2025, 248, "2025-02-01", "2025-02-02"),
    ],
)
def test_every_session_of_a_year_is_a_target(code: str, year: int, targets: int, among: str, shut: str) -> None:
    """Those of a weekend too, and no holiday: 253 of New York in 1964, before pandas' own rules of holidays begin."""
    days = calendar(code)
    sessions = days.sessions(f"{year - 1}-12-01", f"{year}-12-31")
    close = np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, len(sessions))))
    changes = simple_changes(panel_rows("A", sessions, {"close": close}, "test"), days, ("price",))
    found = build_windows("A", changes, ("price",)).target
    found = found[found >= np.datetime64(f"{year}-01-01")]
    assert len(found) == targets
    assert np.datetime64(among) in found
    assert np.datetime64(shut) not in found
