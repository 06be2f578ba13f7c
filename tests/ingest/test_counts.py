"""Attention by UTC day beside prices by session: paired by what was known, and never dated back into a record."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from ingest.assets import Asset
from ingest.daily_counts import Counts
from ingest.errors import AssetConflictError, UnknownSymbolError
from ingest.history import vintage_sha256
from ingest.panel import panel_rows
from ingest.sessions import calendar
from ingest.store import Appended, Store
from tests.ingest.conftest import NOW

MakePanel = Callable[..., pd.DataFrame]
PROMPT, SLOW = timedelta(minutes=15), timedelta(hours=24)
COIN = Asset("COIN", calendar="24/7", source="yahoo", lag_minutes=20)
SHARE = Asset("SHARE", calendar="XNYS", source="yahoo", lag_minutes=20)


def counts(first: str, days: int, lag: timedelta = PROMPT, start: float = 100.0) -> Counts:
    """100, 101, 102, ... by day."""
    index = pd.date_range(first, periods=days, unit="us", name="session")
    return Counts("tweets a day", lag, pd.Series(start + np.arange(days), index=index, dtype=float), "f" * 64)


def coin(make_panel: MakePanel, sessions: int = 60) -> pd.DataFrame:
    return make_panel(sessions).assign(tweets=np.nan)


def share(sessions: int = 40) -> pd.DataFrame:
    days = calendar("XNYS").sessions("2024-01-02", "2024-06-01")[:sessions]
    return panel_rows("SHARE", days, {"close": 10.0 + np.arange(sessions) / 100}, "yahoo")


def test_a_prompt_count_belongs_to_its_own_day(store: Store, make_panel: MakePanel) -> None:
    store.append(COIN, coin(make_panel), NOW)
    assert store.append_counts("COIN", "x_counts", counts("2024-01-01", 60), NOW) == Appended(new=60)
    rows = store.read("COIN", "2024-02-10")
    assert rows["tweets"].tolist() == (100.0 + np.arange(41)).tolist()
    assert store.asset("COIN").attention_kind == "tweets a day"


def test_a_slow_count_is_paired_with_the_session_at_which_it_was_out(store: Store, make_panel: MakePanel) -> None:
    store.append(COIN, coin(make_panel), NOW)
    store.append_counts("COIN", "wikimedia", counts("2024-01-01", 60, SLOW), NOW)
    rows = store.read("COIN", "2024-02-10").set_index("session")["tweets"]
    assert np.isnan(rows["2024-01-01"])
    assert rows["2024-01-02"] == 100.0
    assert rows["2024-02-10"] == 139.0


def test_an_exchange_that_closes_in_the_middle_of_a_day_takes_the_day_before(store: Store) -> None:
    """Monday's session has Sunday's count; the day is not over at its close."""
    store.append(SHARE, share(), NOW)
    store.append_counts("SHARE", "x_counts", counts("2024-01-01", 60), NOW)
    rows = store.read("SHARE", "2024-01-16").set_index("session")["tweets"]
    assert rows["2024-01-02"] == 100.0
    assert rows["2024-01-08"] == 106.0
    assert rows["2024-01-09"] == 107.0


def test_no_count_is_used_before_it_was_published(store: Store, make_panel: MakePanel) -> None:
    """For every session and either lag: known_at of the row is never after the moment at which it is read."""
    for lag, source, symbol in ((PROMPT, "x_counts", "COIN"), (SLOW, "wikimedia", "SLOW")):
        asset = Asset(symbol, "24/7", "yahoo", lag_minutes=20)
        store.append(asset, coin(make_panel).assign(symbol=symbol), NOW)
        store.append_counts(symbol, source, counts("2023-12-01", 120, lag), NOW)
        history = store.history(symbol)
        for day in history.frame["session"]:
            rows = history.read(day)
            assert (rows["known_at"] <= calendar("24/7").close(day) + asset.lag).all()
            assert rows["tweets"].notna().all()


def test_days_not_over_are_left_out(store: Store, make_panel: MakePanel) -> None:
    store.append(COIN, coin(make_panel), NOW)
    now = datetime(2024, 2, 1, 0, 10, tzinfo=UTC)
    assert store.append_counts("COIN", "x_counts", counts("2024-01-01", 60), now) == Appended(new=30, unfinished=30)


def test_a_day_that_came_too_late_for_a_forecast_on_record_is_known_from_its_arrival(
    store: Store, make_panel: MakePanel
) -> None:
    """The forecast of 2024-02-09 was made without its count; it must read the same for ever."""
    store.append(COIN, coin(make_panel, 40), datetime(2024, 2, 10, 0, 30, tzinfo=UTC))
    store.append_counts("COIN", "x_counts", counts("2024-01-01", 39), datetime(2024, 2, 10, 0, 30, tzinfo=UTC))
    before = vintage_sha256(store.read("COIN", "2024-02-09"))
    store.append(COIN, coin(make_panel, 41), datetime(2024, 2, 11, 0, 30, tzinfo=UTC))
    told = store.append_counts(
        "COIN", "x_counts", counts("2024-01-01", 41), datetime(2024, 2, 11, 0, 30, tzinfo=UTC), "2024-02-09"
    )
    assert told == Appended(new=1, late=1, unchanged=39)
    assert vintage_sha256(store.read("COIN", "2024-02-09")) == before
    assert store.read("COIN", "2024-02-10")["tweets"].iloc[-2:].isna().tolist() == [True, False]


def test_the_first_counts_of_an_asset_with_a_record_are_known_from_now(store: Store, make_panel: MakePanel) -> None:
    store.append(COIN, coin(make_panel), NOW)
    readings = {day: vintage_sha256(store.read("COIN", day)) for day in ("2024-01-20", "2024-02-10")}
    store.append_counts("COIN", "x_counts", counts("2024-01-01", 60), NOW, recorded="2024-02-10")
    for day, known in readings.items():
        assert vintage_sha256(store.read("COIN", day)) == known
    assert store.read("COIN", "2024-02-11")["tweets"].notna().sum() == 1


def test_corrections_and_late_days_of_counts_are_known_from_now(store: Store, make_panel: MakePanel) -> None:
    store.append(COIN, coin(make_panel), NOW)
    first = counts("2024-01-01", 60)
    first.days.iloc[5] = np.nan
    store.append_counts("COIN", "x_counts", first, NOW)
    history = store.history("COIN")
    before = {day: vintage_sha256(history.read(day)) for day in history.frame["session"]}
    second = counts("2024-01-01", 60)
    second.days.iloc[10] = 7.0
    told = store.append_counts("COIN", "x_counts", second, NOW + timedelta(days=1))
    assert told == Appended(corrected=1, late=1, unchanged=58)
    again = store.history("COIN")
    assert {day: vintage_sha256(again.read(day)) for day in again.frame["session"]} == before
    assert set(again.counts["source"]) == {"x_counts"}
    assert set(again.counts["payload"]) == {"f" * 64}


def test_two_series_are_never_joined(store: Store, make_panel: MakePanel) -> None:
    store.append(COIN, coin(make_panel), NOW)
    store.append_counts("COIN", "x_counts", counts("2024-01-01", 10), NOW)
    with pytest.raises(AssetConflictError, match="COIN has tweets a day from x_counts; tweets a day from bitinfo"):
        store.append_counts("COIN", "bitinfocharts", counts("2024-01-11", 10), NOW)
    with pytest.raises(AssetConflictError, match="its tweets a day come from x_counts: leave them out of the file"):
        store.append(COIN, make_panel(60), NOW)
    inline = Asset("INLINE", "24/7", "csv_file", attention_kind="tweets a day")
    store.append(inline, make_panel(60).assign(symbol="INLINE"), NOW)
    with pytest.raises(AssetConflictError, match="INLINE has tweets a day, which come with its prices"):
        store.append_counts("INLINE", "x_counts", counts("2024-01-01", 10), NOW)
    with pytest.raises(UnknownSymbolError):
        store.append_counts("NOBODY", "x_counts", counts("2024-01-01", 10), NOW)
