"""The store: rows only grow, and what was known at an instant never changes."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sqlalchemy import event

from ingest.assets import Asset
from ingest.database import open_engine, reading
from ingest.errors import (
    AsOfError,
    AssetConflictError,
    BadSymbolError,
    NotASessionError,
    PanelFaultError,
    StoreError,
    UnknownCalendarError,
    UnknownSymbolError,
)
from ingest.panel import COLUMNS, VALUES, panel_rows
from ingest.store import Appended, History, Store, vintage_sha256
from tests.ingest.readings import every_reading

MakePanel = Callable[..., pd.DataFrame]
COIN = Asset("COIN", calendar="24/7", source="test", attention_kind="tweets a day")
NOW = datetime(2024, 6, 1, tzinfo=UTC)


def test_what_is_stored_is_read_back_bit_for_bit(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[3, ["open", "tweets"]] = np.nan
    assert store.append(COIN, rows, NOW) == Appended(new=60)
    back = store.read("COIN", "2024-02-29")
    assert tuple(back.columns) == COLUMNS
    pd.testing.assert_frame_equal(back.drop(columns="known_at"), rows.drop(columns="known_at"))
    assert back.dtypes.equals(rows.dtypes)
    assert back["known_at"].iloc[0] == pd.Timestamp("2024-01-02", tz="UTC")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    close=hnp.arrays(float, 5, elements=st.floats(5e-324, 1.7e308)),
    volume=hnp.arrays(float, 5, elements=st.floats(0, 1.7e308) | st.just(np.nan)),
)
def test_any_double_survives_the_database(tmp_path: Path, close: np.ndarray, volume: np.ndarray) -> None:
    store = Store(open_engine("sqlite://"))
    days = pd.date_range("2024-01-01", periods=5, unit="us")
    rows = panel_rows("COIN", days, {"close": close, "volume": volume}, "test")
    store.append(COIN, rows, NOW)
    store.decide("COIN", (), "released", NOW)  # the wildest ones are held back
    back = store.history("COIN").frame
    assert back["close"].to_numpy().tobytes() == close.tobytes()
    np.testing.assert_array_equal(back["volume"].to_numpy(), volume)


def test_appending_again_changes_nothing(store: Store, make_panel: MakePanel) -> None:
    store.append(COIN, make_panel(60), NOW)
    before = every_reading(store)
    assert store.append(COIN, make_panel(60), NOW + timedelta(days=1)) == Appended(unchanged=60)
    assert every_reading(store) == before
    assert len(store.history("COIN").frame) == 60


def test_new_sessions_count_as_known_at_their_close_plus_the_lag(store: Store, make_panel: MakePanel) -> None:
    slow = Asset("COIN", calendar="24/7", source="test", lag_minutes=90)
    store.append(slow, make_panel(10), NOW)
    known = store.history("COIN").frame["known_at"]
    assert known.iloc[-1] == pd.Timestamp("2024-01-11 01:30", tz="UTC")
    assert store.read("COIN", "2024-01-10")["session"].iloc[-1] == pd.Timestamp("2024-01-10")


def test_an_unfinished_session_is_refused_until_its_close_plus_lag(store: Store, make_panel: MakePanel) -> None:
    slow = Asset("COIN", calendar="24/7", source="test", lag_minutes=30)
    rows = make_panel(3)
    at = datetime(2024, 1, 4, 0, 29, 59, tzinfo=UTC)
    assert store.append(slow, rows, at) == Appended(new=2, unfinished=1)
    assert store.append(slow, rows, at + timedelta(seconds=1)) == Appended(new=1, unchanged=2)
    far = make_panel(1, first="2999-01-01")
    assert store.append(slow, far, NOW) == Appended(unfinished=1)


def test_corrections_and_late_rows_are_known_when_they_came(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(10)
    store.append(COIN, rows.drop(index=4), NOW)
    corrected = rows.copy()
    corrected.loc[2, "close"] *= 1.01
    later = NOW + timedelta(hours=5)
    assert store.append(COIN, corrected, later) == Appended(corrected=1, late=1, unchanged=8)
    frame = store.history("COIN").frame
    assert (frame["known_at"] == pd.Timestamp(later)).sum() == 2
    assert len(store.read("COIN", "2024-01-10")) == 9
    extended = make_panel(160)
    extended.loc[:9] = corrected
    store.append(COIN, extended, datetime(2024, 7, 1, tzinfo=UTC))
    seen = store.read("COIN", "2024-06-08")
    assert seen["close"].iloc[2] == corrected["close"].iloc[2]
    assert seen["session"].iloc[4] == pd.Timestamp("2024-01-05")


def test_what_happens_later_is_not_seen(store: Store, make_panel: MakePanel) -> None:
    store.append(COIN, make_panel(60), NOW)
    history = store.history("COIN")
    frame = history.frame
    future = frame["session"] > pd.Timestamp("2024-02-10")
    before = vintage_sha256(history.read("2024-02-10"))
    shuffled = frame.copy()
    shuffled.loc[future, "close"] = frame.loc[future, "close"].to_numpy()[::-1] * 10
    hasty = frame.assign(known_at=frame["known_at"].mask(future, frame["known_at"].iloc[0]))
    for other in (frame.loc[~future], shuffled, hasty, frame.assign(close=frame["close"].mask(future))):
        assert vintage_sha256(History(history.asset, other).read("2024-02-10")) == before


def test_a_correction_at_the_very_instant_is_still_strictly_later(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(3)
    now = datetime(2024, 1, 4, tzinfo=UTC)
    store.append(COIN, rows, now)
    before = every_reading(store)
    for factor in (np.array([1.05, 1.02, 1.04]), np.array([1.01, 1.03, 0.99])):
        store.append(COIN, rows.assign(close=rows["close"] * factor, high=rows["high"] * factor), now)
    assert every_reading(store) == before
    per_session = store.history("COIN").frame.groupby("session")["known_at"]
    assert (per_session.nunique() == 3).all()


def test_a_clock_that_went_back_cannot_correct(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(10)
    store.append(COIN, rows, NOW)
    with pytest.raises(StoreError, match=r"COIN: the clock says 2024-01-08 .* set the clock right"):
        store.append(COIN, rows.assign(close=1.0), datetime(2024, 1, 8, tzinfo=UTC))
    assert len(store.history("COIN").frame) == 10


def test_rows_on_shut_days_are_kept_as_evidence_and_disturb_nothing(store: Store) -> None:
    bank = Asset("BANK", calendar="XNYS", source="test")
    days = pd.DatetimeIndex(["2018-01-12", "2018-01-13", "2018-01-16"])
    rows = panel_rows("BANK", days, {"close": [1.0, 2.0, 3.0]}, "test")
    assert store.append(bank, rows, NOW).new == 3
    assert len(store.read("BANK", "2018-01-12")) == 1
    assert len(store.read("BANK", "2018-01-16")) == 3


@pytest.mark.parametrize(
    ("day", "fault", "says"),
    [
        (
            "2023-12-31",
            AsOfError,
            "as-of 2023-12-31 is before the data, which run from 2024-01-01 to 2024-02-29",
        ),
        ("2024-03-01", AsOfError, "as-of 2024-03-01 is after the data"),
        ("soon", AsOfError, "'soon' is not a date"),
    ],
)
def test_an_as_of_outside_the_data_is_one_clear_line(
    store: Store, make_panel: MakePanel, day: str, fault: type[Exception], says: str
) -> None:
    store.append(COIN, make_panel(60), NOW)
    with pytest.raises(fault, match=says):
        store.read("COIN", day)


def test_an_as_of_on_a_shut_day_names_the_sessions_around_it(store: Store) -> None:
    bank = Asset("BANK", calendar="XNYS", source="test")
    days = pd.DatetimeIndex(["2018-01-12", "2018-01-16"])
    store.append(bank, panel_rows("BANK", days, {"close": [1.0, 2.0]}, "test"), NOW)
    with pytest.raises(NotASessionError, match="2018-01-14 is not a session of calendar XNYS"):
        store.read("BANK", "2018-01-14")


def test_a_history_whose_rows_all_came_late_says_so(make_panel: MakePanel) -> None:
    frame = make_panel(5).assign(known_at=pd.Timestamp("2025-01-01", tz="UTC"))
    with pytest.raises(AsOfError, match="nothing was known yet at the close of 2024-01-03"):
        History(COIN, frame).read("2024-01-03")
    with pytest.raises(AsOfError, match="COIN has no rows yet"):
        History(COIN, frame.iloc[:0]).read("2024-01-03")


def test_registering_is_idempotent_and_keeps_the_order(store: Store) -> None:
    others = [Asset(name, calendar="XNYS", source="sample") for name in ("^IXIC", "^GSPC", "AAA")]
    for asset in [*others, *reversed(others)]:
        assert store.register(asset) == asset
    assert store.assets() == tuple(others)
    assert store.asset("^GSPC") == others[1]


def test_spans_are_the_ends_of_the_histories(store: Store, make_panel: MakePanel) -> None:
    store.append(COIN, make_panel(60), NOW)
    store.register(Asset("NEW", calendar="24/7", source="test"))
    history = store.history("COIN")
    assert store.spans() == {"COIN": (history.first, history.last)}


@pytest.mark.parametrize(
    "facts", [{"calendar": "XNYS"}, {"lag_minutes": 5}, {"simulated": True}, {"attention_kind": "page views"}]
)
def test_an_asset_cannot_be_registered_with_facts_that_disagree(store: Store, facts: dict) -> None:
    store.register(COIN)
    given_now = {"symbol": "COIN", "calendar": "24/7", "source": "test"} | facts
    with pytest.raises(AssetConflictError, match=r"COIN is registered with .* import under another symbol"):
        store.register(Asset(**given_now))
    assert store.assets() == (COIN,)


def test_attention_may_be_added_to_an_asset_that_had_none(store: Store) -> None:
    bare = Asset("COIN", calendar="24/7", source="test")
    store.register(bare)
    assert store.register(COIN) == COIN
    assert store.register(bare) == COIN


def test_unknown_symbols_and_calendars_offer_the_nearest(store: Store) -> None:
    with pytest.raises(UnknownSymbolError, match="none is known yet"):
        store.asset("COIN")
    store.register(COIN)
    with pytest.raises(UnknownSymbolError, match="symbol 'COINS' is not known here: nearest: COIN"):
        store.read("COINS", "2024-01-01")
    with pytest.raises(UnknownCalendarError):
        store.register(Asset("X", calendar="24/8", source="test"))
    with pytest.raises(BadSymbolError):
        Asset("../../x", calendar="24/7", source="test")
    with pytest.raises(ValueError, match="lag_minutes"):
        Asset("X", calendar="24/7", source="test", lag_minutes=-1)


def test_a_refused_import_stores_nothing_of_itself(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(10)
    rows.loc[9, "close"] = -1.0
    with pytest.raises(PanelFaultError):
        store.append(COIN, rows, NOW)
    assert store.assets() == ()
    with pytest.raises(PanelFaultError, match="rows of OTHER do not belong to COIN"):
        store.append(COIN, make_panel(3).assign(symbol="OTHER"), NOW)


def test_the_fingerprint_sees_every_byte_and_only_the_rows(make_panel: MakePanel) -> None:
    rows = make_panel(10).assign(known_at=pd.Timestamp("2024-03-01", tz="UTC"))
    whole = vintage_sha256(rows)
    assert whole == vintage_sha256(rows.copy())
    assert len(whole) == 64
    for name in VALUES:
        changed = rows.copy()
        changed.loc[4, name] = np.nextafter(changed.loc[4, name], np.inf) if rows.loc[4, name] > 0 else 1.0
        assert vintage_sha256(changed) != whole
    for column in ("session", "known_at"):
        changed = rows.copy()
        changed.loc[4, column] += pd.Timedelta(days=100)
        assert vintage_sha256(changed) != whole
    assert vintage_sha256(rows.iloc[:-1]) != whole


def test_five_thousand_rows_take_no_more_questions_than_ten(tmp_path: Path, make_panel: MakePanel) -> None:
    """What a read asks of the database does not grow with the rows; `benchmarks/reads.py` tells how long it takes."""
    asked: list[int] = []
    for count in (10, 5000):
        engine = open_engine(f"sqlite:///{tmp_path / f'{count}.db'}")
        store, said = Store(engine), []
        panel = make_panel(count, first="2010-01-01")
        store.append(COIN, panel, NOW)
        event.listen(engine, "before_cursor_execute", lambda *facts, said=said: said.append(facts[2]))
        assert len(store.read("COIN", panel["session"].max())) == count
        asked.append(len(said))
    assert asked[0] == asked[1]


def test_a_store_opened_again_has_what_was_stored(tmp_path: Path, make_panel: MakePanel) -> None:
    url = f"sqlite:///{tmp_path / 'market.db'}"
    Store(open_engine(url)).append(COIN, make_panel(10), NOW)
    again = Store(open_engine(url))
    assert again.assets() == (COIN,)
    assert len(again.read("COIN", "2024-01-10")) == 10
    with reading(open_engine(url)) as connection:
        facts = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert facts == ["delete", 2]
