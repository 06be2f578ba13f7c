"""An asset moved to another calendar reads as if it had been imported under it; a forgotten one leaves nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, select

from ingest import rebooking
from ingest.assets import Asset
from ingest.daily_counts import Counts
from ingest.database import open_engine, writing
from ingest.errors import CalendarRangeError, UnknownCalendarError, UnknownSymbolError
from ingest.panel import panel_rows
from ingest.rebooking import Moved
from ingest.sessions import calendar
from ingest.store import Store
from ingest.tables import METADATA

BOOK = Asset("BOOK", calendar="XNYS", source="test", lag_minutes=20)
NOW = datetime(2024, 9, 1, 12, tzinfo=UTC)


@pytest.fixture
def engine(url: str) -> Engine:
    """An empty database of each kind."""
    return open_engine(url)


def moved(engine: Engine, code: str, now: datetime = NOW) -> Moved:
    with writing(engine) as connection:
        return rebooking.move(connection, Store(engine).asset("BOOK"), code, now)


def panel(days: pd.DatetimeIndex, close: object) -> pd.DataFrame:
    return panel_rows("BOOK", days, {"close": close}, "test")


def imports(seed: int) -> list[tuple[pd.DataFrame, datetime]]:
    """A history in parts, weekends among them: a first import, holes filled late, corrections, a bad tick, new rows."""
    rng = np.random.default_rng(seed)
    days = pd.date_range("2024-01-01", periods=120, unit="us")
    close = np.round(100 * np.exp(np.cumsum(rng.normal(0, 0.01, 120))), 2)
    close[70] *= 100
    at, parts = datetime(2024, 3, 1, 12, tzinfo=UTC), []
    for end in (40, 55, 80, 120):
        at = max(at, (days[end - 1] + pd.Timedelta(3, unit="D")).to_pydatetime().replace(tzinfo=UTC))
        chosen = np.sort(rng.choice(end, end - 8, replace=False))
        close[rng.integers(0, end, 3)] *= 1.01
        parts.append((panel(days[chosen], close[chosen]), at))
        at += timedelta(hours=3)
    return parts


@pytest.mark.parametrize(("before", "after"), [("XNYS", "24/7"), ("24/7", "XNYS"), ("XTKS", "XNYS"), ("24/7", "XTKS")])
def test_a_moved_asset_reads_as_if_it_had_been_imported_there(engine: Engine, before: str, after: str) -> None:
    store, right = Store(engine), Store(open_engine("sqlite://"))
    for rows, at in imports(0):
        store.append(replace(BOOK, calendar=before), rows, at)
        right.append(replace(BOOK, calendar=after), rows, at)
    wanted = right.history("BOOK")
    assert len(wanted.frame) > wanted.frame["session"].nunique()
    assert len(wanted.held) > 0
    found, history = moved(engine, after), store.history("BOOK")
    assert history.asset == wanted.asset
    pd.testing.assert_frame_equal(history.frame, wanted.frame)
    pd.testing.assert_frame_equal(history.held, wanted.held)
    days = wanted.frame["session"].unique()
    shut = sum(not calendar(after).is_session(day) for day in days)
    assert found == Moved(wanted.asset, len(days), shut, 0, 0)
    assert (shut == 0) == (after == "24/7")


def test_there_and_back_again_is_as_it_was(engine: Engine) -> None:
    store = Store(engine)
    for rows, at in imports(1):
        store.append(BOOK, rows, at)
    before = store.history("BOOK")
    moved(engine, "24/7")
    assert not store.history("BOOK").frame["known_at"].equals(before.frame["known_at"])
    moved(engine, "XNYS")
    pd.testing.assert_frame_equal(store.history("BOOK").frame, before.frame)
    pd.testing.assert_frame_equal(store.history("BOOK").held, before.held)


def test_a_value_that_was_corrected_before_the_new_close_was_never_known_there(engine: Engine) -> None:
    store, friday = Store(engine), pd.DatetimeIndex(["2024-05-31"])
    store.append(BOOK, panel(friday, [10.0]), datetime(2024, 5, 31, 20, 30, tzinfo=UTC))
    store.append(BOOK, panel(friday, [11.0]), datetime(2024, 5, 31, 22, tzinfo=UTC))
    assert moved(engine, "24/7") == Moved(replace(BOOK, calendar="24/7"), 1, 0, 0, 1)
    (row,) = store.history("BOOK").frame.to_dict("records")
    assert (row["close"], row["known_at"]) == (11.0, pd.Timestamp("2024-06-01 00:20", tz="UTC"))


def test_a_row_that_is_not_final_under_the_new_calendar_is_left_out(engine: Engine) -> None:
    store, days = Store(engine), pd.DatetimeIndex(["2024-05-30", "2024-05-31"])
    evening = datetime(2024, 5, 31, 22, tzinfo=UTC)
    store.append(BOOK, panel(days, [10.0, 11.0]), evening)
    found = moved(engine, "24/7", evening)
    assert (found.sessions, found.unfinished) == (1, 1)
    assert store.history("BOOK").last == days[0]
    assert store.append(found.asset, panel(days, [10.0, 11.5]), NOW).new == 1


def test_counts_of_attention_stay_as_they_are(engine: Engine) -> None:
    store, days = Store(engine), pd.date_range("2024-05-01", periods=20, unit="us")
    store.append(BOOK, panel(days, np.arange(1.0, 21.0)), NOW)
    counted = pd.Series(np.arange(20.0), index=days)
    store.append_counts("BOOK", "test", Counts("page views", timedelta(hours=4), counted, "p" * 64), NOW)
    before = store.history("BOOK").counts
    moved(engine, "24/7")
    pd.testing.assert_frame_equal(store.history("BOOK").counts, before)
    assert store.history("BOOK").newest()["tweets"].notna().any()


def test_a_calendar_that_cannot_take_the_rows_changes_nothing(engine: Engine) -> None:
    store = Store(engine)
    store.append(replace(BOOK, calendar="24/7"), panel(pd.date_range("1902-01-01", periods=9), np.ones(9)), NOW)
    before = store.history("BOOK")
    with pytest.raises(CalendarRangeError, match=r"^BOOK: 1902-01-01.* is outside calendar XTKS, which covers"):
        moved(engine, "XTKS")
    with pytest.raises(UnknownCalendarError, match="nearest: XNZE, XNYS"):
        moved(engine, "XNYZ")
    assert store.asset("BOOK") == before.asset
    pd.testing.assert_frame_equal(store.history("BOOK").frame, before.frame)


def test_a_forgotten_asset_leaves_nothing_and_others_stay(engine: Engine) -> None:
    store = Store(engine)
    for rows, at in imports(2):
        store.append(BOOK, rows, at)
        store.append(replace(BOOK, symbol="KEPT"), rows.assign(symbol="KEPT"), at)
    counted = pd.Series([1.0], index=pd.DatetimeIndex(["2024-05-01"]))
    store.append_counts("BOOK", "test", Counts("page views", timedelta(hours=4), counted, "p" * 64), NOW)
    kept = store.history("KEPT")
    with writing(engine) as connection:
        rebooking.forget(connection, "BOOK")
        for table in METADATA.sorted_tables:
            if "symbol" in table.c:
                assert set(connection.execute(select(table.c.symbol)).scalars()) <= {"KEPT"}
    with pytest.raises(UnknownSymbolError):
        store.history("BOOK")
    pd.testing.assert_frame_equal(store.history("KEPT").frame, kept.frame)
    store.append(replace(BOOK, calendar="24/7"), imports(2)[0][0], NOW)  # another start, under another calendar
