"""The schedule: due days once each, whoever runs and whoever is killed; missed days made up for; a clean stop."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from forecaster.errors import ForecasterError
from forecaster.operation import schedule, scheduler
from forecaster.records.home import Home, open_home
from ingest import sources
from ingest.errors import StoreError
from tests.walk import NOW, WALK

if TYPE_CHECKING:
    from collections.abc import Iterator

EXECUTABLE = Path(sys.executable).with_name("forecaster")
FAST = """
[forecast]
models = ["climatology", "bayesian_linear"]
train_window = 300
[models.bayesian_linear]
steps = 500
[report]
days = 2
[schedule]
lease_minutes = 0.15
[clock]
start = "2016-03-01T00:29Z"
speed = 7200
"""
"""Twelve seconds a day, the first close due at once; a runner silent for nine seconds is taken for dead."""

PATIENCE = 120
"""Seconds after which a state that must come is given up: far more than it takes, and never waited for."""


def simulated(folder: Path, settings: str) -> Home:
    """A home that watches the simulated market."""
    (folder / "forecaster.toml").write_text(settings)
    home = open_home(folder, {"clock": {"speed": 1.0}})  # the fast clock begins with the first scheduler
    (asset,) = sources.load("simulated").ASSETS
    home.store.register(asset)
    return home


def at(home: Home, instant: str, **section: float) -> Home:
    """The same home at another time of its clock."""
    keys = "\n".join(f"{key} = {value}" for key, value in section.items())
    (home.folder / "forecaster.toml").write_text(
        f'[forecast]\nmodels = ["climatology"]\n[report]\ndays = 2\n[schedule]\n{keys}\n[clock]\nstart = "{instant}"\n'
    )
    return open_home(home.folder)


def runs(home: Home) -> list[dict[str, Any]]:
    """The run table as it stands."""
    with closing(sqlite3.connect(home.folder / "forecaster.db", timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        return [dict(row) for row in connection.execute("SELECT * FROM run ORDER BY session")]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Any]:
    """``start()`` begins a scheduler of the home in a process of its own, its messages in a file."""
    began: list[subprocess.Popen[bytes]] = []

    def begin() -> tuple[subprocess.Popen[bytes], Path]:
        said = tmp_path / f"said-{len(began)}.log"
        with said.open("wb") as file:
            words = [EXECUTABLE, "schedule", "start", "--home", tmp_path]
            began.append(subprocess.Popen(words, stdout=file, stderr=subprocess.STDOUT))
        return began[-1], said

    yield begin
    for process in began:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()


def wait_for(condition: Any) -> Any:  # whatever the condition gives
    """What the condition gives once it is true."""
    limit = time.monotonic() + PATIENCE
    while time.monotonic() < limit:
        if found := condition():
            return found
        time.sleep(0.01)
    pytest.fail("a state that must come did not come")


def test_two_processes_one_of_them_killed_run_three_due_days_once_each(tmp_path: Path, start: Any) -> None:
    home = simulated(tmp_path, FAST.replace("7200", "3600"))  # a busy machine, too, ends a day before the next
    first, second = start(), start()
    processes = {process.pid: process for process, _ in (first, second)}

    def both_at_work_and_a_day_done() -> bool:
        begun = all(log.read_text().startswith("Home: ") for _, log in (first, second))
        return begun and any(row["finished_at"] for row in runs(home))

    wait_for(both_at_work_and_a_day_done)

    def in_hand() -> tuple[int, str] | None:
        open_runs = [row for row in runs(home) if row["finished_at"] is None]
        return (int(open_runs[0]["owner"].split(":")[1]), open_runs[0]["session"]) if open_runs else None

    pid, day = wait_for(in_hand)
    os.kill(pid, signal.SIGKILL)
    processes[pid].wait()
    survivor = next(process for process in processes.values() if process.pid != pid)
    assert next(row for row in runs(home) if row["session"] == day)["finished_at"] is None, "killed in the middle"

    def three_days_done() -> bool:
        done = [row["session"] for row in runs(home) if row["finished_at"]]
        return day in done and len(done) >= 3

    wait_for(three_days_done)
    survivor.send_signal(signal.SIGTERM)
    assert survivor.wait(PATIENCE) == 0

    table = runs(home)
    sessions = [row["session"] for row in table]
    assert sessions == [f"{d:%Y-%m-%d}" for d in pd.date_range(sessions[0], periods=len(table))]
    assert all(row["finished_at"] for row in table)
    # The killed day may have had its forecasts on record already.
    assert all(row["outcome"].startswith("2 forecasts recorded") for row in table if row["session"] != day), table
    assert {row["session"]: row["takeovers"] for row in table if row["takeovers"]} == {day: 1}
    said = "".join(log.read_text() for _, log in (first, second))
    assert [said.count(f"24/7 {session}: finished by") for session in sessions] == [1] * len(sessions)
    assert "Traceback" not in said
    record = home.ledger.forecasts()
    names = home.settings.forecast.models
    keys = record[["symbol", "model", "as_of"]].to_numpy().tolist()
    assert keys == [["SIM", name, session] for session in sessions for name in names]
    assert home.ledger.verify() is None
    live = json.loads(record["diagnostics"].iloc[0])["inputs"]["asset"]["target_close"]
    assert datetime.fromisoformat(record["issued_at"].iloc[0]) < datetime.fromisoformat(live)


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_lets_the_day_in_hand_end_and_is_no_failure(tmp_path: Path, start: Any, stop: signal.Signals) -> None:
    home = simulated(tmp_path, FAST.replace("7200", "1").replace(', "bayesian_linear"]', "]"))
    process, said = start()
    wait_for(lambda: runs(home))
    process.send_signal(stop)
    assert process.wait(PATIENCE) == 0
    assert all(row["finished_at"] for row in runs(home))
    text = said.read_text()
    assert text.startswith(f"Home: {tmp_path}. Stop with Ctrl-C.\n24/7: next run 2016-03-01T00:30+00:00, 1 owed.\n")
    assert "Traceback" not in text


def test_missed_days_are_made_up_for_and_no_more_than_told(tmp_path: Path) -> None:
    home = at(simulated(tmp_path, FAST), "2016-03-01T01:00Z")
    (first,) = schedule.run_due(home, "24/7")
    assert (first.due.session, first.whole) == (pd.Timestamp("2016-02-29"), True)
    later = at(home, "2016-03-11T01:00Z", catch_up=3)
    assert schedule.status(later)[0]["owed"] == ["2016-03-08", "2016-03-09", "2016-03-10"]
    assert [f"{done.due.session:%Y-%m-%d}" for done in schedule.run_due(later, "24/7")] == [
        "2016-03-08",
        "2016-03-09",
        "2016-03-10",
    ]
    assert schedule.run_due(later, "24/7") == []
    assert later.ledger.forecasts()["as_of"].tolist() == ["2016-02-29", "2016-03-08", "2016-03-09", "2016-03-10"]
    (row,) = schedule.status(later)
    assert (row["owed"], row["last_session"], row["running"]) == ([], "2016-03-10", [])
    assert row["next_due"] == "2016-03-12T00:30+00:00"
    assert later.ledger.verify() is None


def test_a_day_that_one_process_holds_is_left_to_it_and_stays_owed(tmp_path: Path) -> None:
    home = at(simulated(tmp_path, FAST), "2016-03-01T01:00Z")
    assert home.claims.claim("24/7", pd.Timestamp("2016-02-29"), "another:1", timedelta(hours=1))
    assert schedule.run_due(home, "24/7") == []
    assert home.ledger.forecasts().empty
    (row,) = schedule.status(home)
    assert (row["owed"], row["running"]) == (["2016-02-29"], ["another:1"])


def test_a_day_whose_database_failed_stays_owed(tmp_path: Path) -> None:
    """The database itself refuses the forecasts, in the middle of the day's run, as it does where the disk is full."""
    home = at(simulated(tmp_path, FAST), "2016-03-01T01:00Z", lease_minutes=1e-9)
    refusal = "BEFORE INSERT ON forecast BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    with closing(sqlite3.connect(tmp_path / "forecaster.db")) as connection:
        connection.execute(f"CREATE TRIGGER full {refusal}")
    with pytest.raises(StoreError, match="the disk is full"):
        schedule.run_due(home, "24/7")
    assert schedule.status(home)[0]["owed"] == ["2016-02-29"]
    with closing(sqlite3.connect(tmp_path / "forecaster.db")) as connection:
        connection.execute("DROP TRIGGER full")
    (done,) = schedule.run_due(home, "24/7")
    assert done.outcome == "1 forecast recorded, 0 targets settled"


def test_a_day_whose_rows_are_late_stays_owed_until_they_come(rehearsal: Home) -> None:
    late = at(rehearsal, "2018-01-23T01:00Z", lease_minutes=0.001)
    (done,) = schedule.run_due(late, "24/7")
    assert done.waiting
    assert not done.whole
    assert done.outcome.startswith("0 forecasts recorded, 0 targets settled; WALK withheld: WALK: as-of 2018-01-22")
    (row,) = schedule.status(late)
    assert (row["owed"], row["running"]) == (["2018-01-22"], [])
    rows = rehearsal.store.history("WALK").frame.tail(1)
    came = rows.assign(session=pd.Timestamp("2018-01-22"), close=rows["close"] * 1.01)
    late.store.append(late.store.asset("WALK"), came, late.clock.now())
    time.sleep(0.1)  # the lease is over
    (done,) = schedule.run_due(late, "24/7")
    assert done.whole
    assert done.outcome == "1 forecast recorded, 0 targets settled"
    assert schedule.run_due(late, "24/7") == []
    assert schedule.status(late)[0]["owed"] == []


def test_a_day_that_cannot_be_forecast_is_finished_with_its_reason(rehearsal: Home) -> None:
    rows = rehearsal.store.history("WALK").frame.tail(20).assign(symbol="YOUNG")
    rehearsal.store.append(replace(WALK, symbol="YOUNG"), rows, NOW)
    then = at(rehearsal, "2018-01-22T01:00Z")
    (done,) = schedule.run_due(then, "24/7")
    assert not done.whole
    assert "YOUNG withheld: " in done.outcome
    assert schedule.run_due(then, "24/7") == []


def test_each_calendar_is_due_after_its_own_close(rehearsal: Home) -> None:
    friday = at(rehearsal, "2018-01-19T20:59Z", delay_minutes=0)
    for code, expected in (("XNYS", "2018-01-19T21:00"), ("24/7", "2018-01-20T00:00")):
        assert f"{schedule.next_due(code, timedelta(0), friday.clock):%Y-%m-%dT%H:%M}" == expected
    evening = at(rehearsal, "2018-01-19T21:00Z", delay_minutes=0)
    # Saturday and Sunday have no session, and half an hour is waited after the close.
    assert schedule.next_due("XNYS", timedelta(0), evening.clock) == datetime(2018, 1, 22, 21, tzinfo=UTC)
    assert schedule.next_due("XNYS", timedelta(minutes=30), evening.clock) == datetime(2018, 1, 19, 21, 30, tzinfo=UTC)


def test_an_empty_home_has_nothing_to_schedule(tmp_path: Path) -> None:
    with pytest.raises(ForecasterError, match="there is no asset"):
        scheduler.start(open_home(tmp_path))
