"""What is not known of calendars is told: by the doctor, by the schedule, and by a run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from forecaster.records.home import open_home
from ingest.assets import Asset
from ingest.panel import panel_rows
from ingest.sessions import calendar
from tests.cheap_settings import write_cheap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.forecaster.cli.conftest import Said

    Command = Callable[..., Said]

SHANGHAI = calendar("XSHG")


def stored(home: Path, symbol: str, code: str, last: pd.Timestamp) -> None:
    """Puts a random walk of 300 sessions on the books."""
    days = calendar(code).sessions(last - pd.Timedelta(days=500), last)[-300:]
    close = 100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.01, len(days))))
    rows = panel_rows(symbol, days, {"close": close}, "csv_file")
    then = datetime(*last.timetuple()[:3], 23, 59, tzinfo=UTC)
    open_home(home).store.append(Asset(symbol, code, "csv_file"), rows, then)


def at(home: Path, instant: pd.Timestamp) -> None:
    """The home at an instant of its clock."""
    write_cheap(home, models=("climatology",))
    with (home / "forecaster.toml").open("a") as file:
        file.write(f'[clock]\nstart = "{instant.isoformat()}Z"\n')


def test_the_doctor_tells_sixty_days_before_a_calendar_ends(tmp_path: Path, command: Command) -> None:
    if not SHANGHAI.ends:
        pytest.skip("the installed exchange_calendars does not end XSHG")
    at(tmp_path, SHANGHAI.last - pd.Timedelta(days=61))
    stored(tmp_path, "SSE", "XSHG", pd.Timestamp("2025-06-03"))
    stored(tmp_path, "SPY", "XNYS", pd.Timestamp("2025-06-03"))
    before = command("doctor", "--json", "--home", tmp_path)
    assert (before.code, "known for at least the next 60 days" in before.out) == (0, True)
    line = f"XSHG: no session after {SHANGHAI.last:%Y-%m-%d} is known: update exchange_calendars"
    for days in (59, -5):
        at(tmp_path, SHANGHAI.last - pd.Timedelta(days=days))
        said = command("doctor", "--json", "--home", tmp_path)
        assert (said.code, said.out.count(line)) == (0, 1)
        assert "XNYS: " not in said.out


def test_the_doctor_names_lists_that_are_over(tmp_path: Path, command: Command) -> None:
    at(tmp_path, pd.Timestamp("2025-12-30"))
    stored(tmp_path, "JKSE", "XIDX", pd.Timestamp("2025-06-03"))
    assert "XIDX" not in command("doctor", "--json", "--home", tmp_path).out
    at(tmp_path, pd.Timestamp("2026-01-02"))
    assert "XIDX: movable holidays are listed until 2025 only" in command("doctor", "--json", "--home", tmp_path).out


def test_the_schedule_prints_every_calendar_and_a_line_for_the_one_that_ends(tmp_path: Path, command: Command) -> None:
    if not SHANGHAI.ends:
        pytest.skip("the installed exchange_calendars does not end XSHG")
    then = SHANGHAI.last + pd.Timedelta(days=5, hours=22)
    newest = calendar("XNYS").last_closed(then.tz_localize("UTC"))
    at(tmp_path, then)
    stored(tmp_path, "SSE", "XSHG", SHANGHAI.last)
    stored(tmp_path, "SPY", "XNYS", newest)
    unknown = f"calendar XSHG's sessions after {SHANGHAI.last:%Y-%m-%d} are not known to the installed"
    status = command("schedule", "status", "--home", tmp_path)
    assert status.code == 0
    assert [line.split()[0] for line in status.out.splitlines()] == ["calendar", "XNYS", "XSHG", "calendar"]
    assert status.out.splitlines()[-1].startswith(unknown)
    run = command("run", "--home", tmp_path)
    assert run.code == 3
    assert f"withheld: SSE: {unknown}" in run.out
    assert f"SPY     {calendar('XNYS').next(newest):%Y-%m-%d}" in run.out
    assert unknown in command("run", "--symbols", "SSE", "--home", tmp_path).complaint()
    caught_up = command("schedule", "catch-up", "--home", tmp_path)
    assert caught_up.code == 3
    assert f"XNYS {newest:%Y-%m-%d}: 0 forecasts recorded" in caught_up.out
    assert caught_up.out.splitlines()[-1] == "2 days run."


def test_stored_rows_before_the_first_known_year_are_left_out_and_named(tmp_path: Path, command: Command) -> None:
    """A home of a program that believed in them: the database has rows of 1952, the history has none."""
    at(tmp_path, pd.Timestamp("1954-11-05T22:00"))
    stored(tmp_path, "SPX", "XNYS", pd.Timestamp("1954-11-05"))
    home = open_home(tmp_path)
    with home.ledger.engine.begin() as connection:
        first = f"{home.store.history('SPX').first:%Y-%m-%d}"
        moved = "UPDATE vintage SET session = '1952-12-26' WHERE session = ?"
        assert connection.exec_driver_sql(moved, (first,)).rowcount == 1
    history = open_home(tmp_path).store.history("SPX")
    assert len(history.frame) == 299
    assert history.first > pd.Timestamp("1953-01-01")
    assert len(history.read(history.last)) == len(history.frame)
    assert "XNYS: rows before 1953 are not used: SPX" in command("doctor", "--json", "--home", tmp_path).out
