"""Quarantine: what can hardly be is held back with its reason, seen, never used, and let in only by a person."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.assets import Asset
from ingest.errors import NoDataError
from ingest.history import vintage_sha256
from ingest.panel import VALUES
from ingest.sources import csv_file, sample
from ingest.store import Appended, Store
from ingest.suspicion import REMEDIES, Reason, suspicions
from tests.ingest.conftest import COIN, NOW

MakePanel = Callable[..., pd.DataFrame]
BAR = ["open", "high", "low", "close"]
LATER = NOW + timedelta(days=1)


def reasons(rows: pd.DataFrame) -> dict[int, str]:
    found = suspicions(rows, rows)
    return {int(at): reason for at, reason in found.items() if reason}  # type: ignore[call-overload]


def test_each_reason_is_found_where_it_was_planted(make_panel: MakePanel) -> None:
    rows = make_panel(80)
    rows.loc[20, "close"] *= 1.4
    rows.loc[30, BAR] *= 100
    rows.loc[31, BAR] *= 100
    rows.loc[45, BAR] /= 4
    rows.loc[79, BAR] /= 100
    assert reasons(rows) == {
        20: "impossible bar",
        30: "unit slip",
        31: "unit slip",
        45: "price spike",
        79: "unit slip",
    }


def test_what_markets_really_do_is_believed(ethereum: Path) -> None:
    """Twenty years of two indices with two crashes, the study's coin, a crash of 60 %, and a split."""
    for asset in sample.ASSETS:
        assert reasons(sample.fetch(asset, NOW)) == {}
    rows = csv_file.read(ethereum, "ETH-USD", "24/7").rows.fillna({"adjustment": 1.0})
    assert reasons(rows) == {}
    crash = rows.copy()
    crash.loc[500:, BAR] *= 0.4
    crash.loc[500, "high"] = rows.loc[500, "high"]
    assert reasons(crash) == {}
    split = rows.copy()
    split.loc[500:, BAR] /= 100
    split.loc[500, "adjustment"] = 100.0
    split.loc[500, "open"] = split.loc[500, "close"]
    assert reasons(split) == {}


def test_a_lasting_new_level_is_asked_about(make_panel: MakePanel) -> None:
    """It may be a new unit of account: a person knows, and the remedy says what to do in either case."""
    rows = make_panel(80)
    rows.loc[45:, BAR] *= 100
    assert reasons(rows) == dict.fromkeys(range(45, 80), "unit slip")
    assert "import them in the unit of the other rows" in REMEDIES[Reason.UNIT]
    assert "release them" in REMEDIES[Reason.UNIT]


def test_a_row_held_back_is_not_read_and_can_be_seen(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[30, "close"] *= 2
    assert store.append(COIN, rows, NOW) == Appended(new=59, quarantined=1)
    read = store.read("COIN", "2024-02-29")
    assert pd.Timestamp("2024-01-31") not in set(read["session"])
    held = store.history("COIN").quarantined("2024-02-29")
    assert held[["session", "reason", "close"]].to_numpy().tolist() == [
        [pd.Timestamp("2024-01-31"), "impossible bar", rows.loc[30, "close"]]
    ]
    assert held["payload"].iloc[0] == rows["payload"].iloc[0]
    assert store.append(COIN, rows, LATER) == Appended(unchanged=59, held=1)
    assert len(store.history("COIN").held) == 1


def test_releasing_lets_a_row_in_from_then_on(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[30, BAR] *= 60
    store.append(COIN, rows, NOW)
    before = vintage_sha256(store.read("COIN", "2024-02-29"))
    assert store.decide("COIN", ["2024-01-31"], "released", NOW) == 1
    history = store.history("COIN")
    assert vintage_sha256(history.read("2024-02-29")) == before
    let_in = history.frame[history.frame["session"] == "2024-01-31"]
    np.testing.assert_array_equal(let_in[list(VALUES)].to_numpy(), rows.loc[[30], list(VALUES)].to_numpy())
    assert let_in["known_at"].iloc[0] == pd.Timestamp(NOW)
    assert store.append(COIN, rows, LATER) == Appended(unchanged=60)


def test_rejecting_keeps_a_row_out_whenever_it_comes_again(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(60)
    rows.loc[30, BAR] *= 60
    store.append(COIN, rows, NOW)
    assert store.decide("COIN", (), "rejected", NOW) == 1
    assert store.append(COIN, rows, LATER) == Appended(unchanged=59, held=1)
    held = store.history("COIN").held
    assert held["decision"].tolist() == ["rejected"]
    assert held["decided_at"].iloc[0] == pd.Timestamp(NOW)
    right = make_panel(60)
    assert store.append(COIN, right, LATER) == Appended(late=1, unchanged=59)


def test_a_suspicious_correction_leaves_the_good_row_in_use(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(60)
    store.append(COIN, rows, NOW)
    before = vintage_sha256(store.read("COIN", "2024-02-29"))
    rows.loc[30, BAR] /= 100
    assert store.append(COIN, rows, LATER) == Appended(unchanged=59, quarantined=1)
    assert vintage_sha256(store.read("COIN", "2024-02-29")) == before
    assert store.decide("COIN", (), "released", LATER) == 1
    assert store.history("COIN").frame["close"].iloc[31] == rows.loc[30, "close"]


def test_the_newest_session_may_come_wrong_twice_and_then_right(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(60)
    for factor in (100, 1000):
        wrong = rows.copy()
        wrong.loc[59, BAR] *= factor
        assert store.append(COIN, wrong, NOW).quarantined == 1
    history = store.history("COIN")
    assert history.last == pd.Timestamp("2024-02-28")
    assert history.held["reason"].tolist() == ["unit slip", "unit slip"]
    assert store.append(COIN, rows, NOW) == Appended(new=1, unchanged=59)
    assert store.read("COIN", "2024-02-29")["close"].iloc[-1] == rows.loc[59, "close"]


def test_only_the_last_of_two_wrong_rows_is_released(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(60)
    for factor in (100, 1000):
        wrong = rows.copy()
        wrong.loc[59, BAR] *= factor
        store.append(COIN, wrong, NOW)
    assert store.decide("COIN", (), "released", NOW) == 1
    history = store.history("COIN")
    assert history.held["decision"].tolist() == ["rejected", "released"]
    assert history.frame["close"].iloc[-1] == rows.loc[59, "close"] * 1000


def test_what_is_not_held_back_cannot_be_decided(store: Store, make_panel: MakePanel) -> None:
    store.append(COIN, make_panel(60), NOW)
    with pytest.raises(NoDataError, match="COIN: no row of 2024-01-31 is held back"):
        store.decide("COIN", ["2024-01-31"], "released", NOW)


def test_what_was_held_back_is_known_point_in_time(store: Store, make_panel: MakePanel) -> None:
    """A row of a new session counts as held back at its close; a decision later does not rewrite that."""
    rows = make_panel(60)
    rows.loc[30, BAR] *= 60
    store.append(COIN, rows, NOW)
    store.decide("COIN", (), "rejected", NOW)
    history = store.history("COIN")
    assert history.quarantined("2024-01-30").empty
    assert len(history.quarantined("2024-02-29")) == 1


def test_a_missing_value_says_nothing(store: Store, make_panel: MakePanel) -> None:
    """A second source without volume and tweets does not take them away."""
    rows = make_panel(60)
    store.append(COIN, rows, NOW)
    bare = rows.assign(volume=np.nan, tweets=np.nan, source="other")
    assert store.append(COIN, bare, LATER) == Appended(unchanged=60)
    bare.loc[3, "close"] += 0.5
    assert store.append(COIN, bare, LATER) == Appended(corrected=1, unchanged=59)
    corrected = store.history("COIN").frame.iloc[4]
    assert (corrected["volume"], corrected["tweets"]) == (rows.loc[3, "volume"], rows.loc[3, "tweets"])


def test_a_payload_stays_with_its_row(store: Store, make_panel: MakePanel) -> None:
    rows = make_panel(5).assign(payload="a" * 64)
    store.append(Asset("COIN", "24/7", "test"), rows, NOW)
    assert store.read("COIN", "2024-01-05")["payload"].tolist() == ["a" * 64] * 5
