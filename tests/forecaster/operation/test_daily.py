"""The daily run in one process: later rows reach nothing, runs at once store each forecast once."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pandas as pd

from forecaster import models
from forecaster.issuing.issue import issue
from forecaster.operation import daily
from forecaster.records.home import Home, open_home
from ingest.panel import panel_rows

if TYPE_CHECKING:
    from ingest.history import History

ORIGIN = pd.Timestamp("2018-01-10")


def issued(history: History, home: Home) -> list[tuple[object, ...]]:
    """All that the ledger would keep of a day's forecasts."""
    found = issue(history, ORIGIN, models.names(), home.settings)
    return [(f.predictive.to_bytes(), f.summary(), f.diagnostics, f.data_vintage, f.seed, f.status) for f in found]


def test_rows_after_the_origin_change_no_byte(home: Home) -> None:
    history = home.store.history("WALK")
    frame, later = history.frame, history.frame["session"] > ORIGIN
    whole = issued(history, home)
    assert issued(replace(history, frame=frame[~later]), home) == whole
    tenfold = frame.assign(close=frame["close"].where(~later, 10 * frame["close"]))
    assert issued(replace(history, frame=tenfold), home) == whole
    earlier = frame.assign(close=frame["close"].where(frame["session"] != ORIGIN, 10 * frame["close"]))
    assert issued(replace(history, frame=earlier), home) != whole


def test_a_correction_that_arrives_later_changes_neither_forecast_nor_outcome(home: Home) -> None:
    daily.run(home, pd.Timestamp("2018-01-19"))
    daily.run(home, pd.Timestamp("2018-01-20"))
    before = home.ledger.forecasts()
    asset = home.store.asset("WALK")
    rows = home.store.history("WALK").read("2018-01-21")
    values = {"close": rows["close"].where(rows["session"] != ORIGIN, 1.5 * rows["close"])}
    restated = panel_rows("WALK", pd.DatetimeIndex(rows["session"]), values, "csv_file")
    assert home.store.append(asset, restated, datetime(2018, 3, 1, tzinfo=UTC)).corrected == 1
    again = daily.run(home, pd.Timestamp("2018-01-20"))
    assert (again.recorded, again.settled) == (0, 0)
    pd.testing.assert_frame_equal(home.ledger.forecasts(), before)
    assert issue(home.store.history("WALK"), pd.Timestamp("2018-01-20"), ("climatology",), home.settings)[
        0
    ].predictive.to_bytes() == bytes(before[before["as_of"] == "2018-01-20"]["predictive"].iloc[0])


def test_a_target_is_settled_once_and_by_its_first_outcome(home: Home) -> None:
    daily.run(home, pd.Timestamp("2018-01-18"))
    assert daily.run(home, pd.Timestamp("2018-01-18")).settled == 0
    assert daily.run(home, pd.Timestamp("2018-01-20")).settled == 1
    assert daily.run(home, pd.Timestamp("2018-01-20")).settled == 0
    settled = home.ledger.forecasts().dropna(subset=["y"])
    assert settled["as_of"].unique().tolist() == ["2018-01-18"]
    close = home.store.history("WALK").read("2018-01-19")["close"]
    assert (settled["y"] == close.iloc[-1] / close.iloc[-2] - 1).all()


def test_a_model_asked_for_later_is_added_beside_the_others(home: Home) -> None:
    only = open_home(home.folder, {"forecast": {"models": ("climatology",)}})
    assert daily.run(only, ORIGIN).recorded == 1
    first = home.ledger.forecasts()
    done = daily.run(home, ORIGIN)
    assert (done.recorded, done.known) == (1, 1)
    assert home.ledger.forecasts()["row_hash"].tolist()[0] == first["row_hash"].iloc[0]
    assert home.ledger.verify() is None


def test_records_made_at_once_keep_each_forecast_once(home: Home) -> None:
    forecasts = issue(home.store.history("WALK"), ORIGIN, home.settings.model_names(), home.settings)
    together, counts = threading.Barrier(6, timeout=60), []

    def record() -> None:
        own = open_home(home.folder)
        together.wait()
        counts.append(own.ledger.record(forecasts, datetime(2018, 1, 11, tzinfo=UTC)))

    threads = [threading.Thread(target=record) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(counts) == [0, 0, 0, 0, 0, 2]
    assert len(home.ledger.forecasts()) == 2
    assert home.ledger.verify() is None
