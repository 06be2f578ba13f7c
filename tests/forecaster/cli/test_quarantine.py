"""Rows that are implausible, from the command line: held back, shown, released, rejected; and assets that end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TICKS = ("2018-01-05", "2018-01-12")


@pytest.fixture
def raw(new_home: Path, tmp_path: Path, command: Callable[..., Any]) -> Path:
    """A home that was given an exchange's raw ticks: two sessions in another unit, and one with a low of 7e-05."""
    days = pd.date_range(end="2018-01-21", periods=150)
    close = 9230 * np.exp(np.cumsum(np.random.default_rng(3).normal(0, 0.02, 150)))
    bars = pd.DataFrame({"Open": close * 0.99, "High": close * 1.02, "Low": close * 0.97, "Close": close}, index=days)
    bars.loc[list(TICKS)] *= 100
    bars.loc["2018-01-08", "Low"] = 7e-05
    bars.rename_axis("Date").to_csv(tmp_path / "ticks.csv")
    said = command("ingest", "csv", tmp_path / "ticks.csv", "--symbol", "RAW", "--calendar", "24/7", "--home", new_home)
    assert said.code == 0
    assert said.out.endswith(
        "148 new, 2 held back as implausible: see `forecaster data quarantine`; import the right "
        "values, or release those that are real, 1 of open, high and low left out as implausible.\n"
    )
    return new_home


def test_raw_ticks_are_shown_and_not_used(raw: Path, command: Callable[..., Any]) -> None:
    said = command("data", "quarantine", "--home", raw)
    assert said.code == 0
    *rows, asked = said.out.splitlines()[1:]
    assert [line.split()[:4] for line in rows] == [["RAW", day, "unit", "slip"] for day in TICKS]
    assert asked.startswith("unit slip: import them in the unit of the other rows")
    shown = json.loads(command("data", "quarantine", "RAW", "--json", "--home", raw).out)
    assert [(row["session"], row["reason"], row["decision"]) for row in shown] == [
        (day, "unit slip", "") for day in TICKS
    ]
    rows = json.loads(command("data", "show", "RAW", "--last", "150", "--json", "--home", raw).out)
    assert not {row["session"] for row in rows} & set(TICKS)
    (day,) = (row for row in rows if row["session"] == "2018-01-08")
    assert day["low"] is None
    assert day["close"] is not None


def test_checks_and_report_name_what_is_held_back(raw: Path, command: Callable[..., Any]) -> None:
    found = json.loads(command("data", "check", "RAW", "--json", "--home", raw).out)
    (held,) = [finding for finding in found if finding["check"].startswith("quarantined")]
    assert (held["count"], held["first"], held["last"]) == (2, *TICKS)
    assert command("run", "--as-of", "2018-01-21", "--home", raw).code == 0
    assert "unit slip" in (raw / "reports" / "2018-01-21.html").read_text()


def test_releasing_and_rejecting(raw: Path, command: Callable[..., Any]) -> None:
    said = command("data", "release", "RAW", TICKS[0], "--home", raw)
    assert (said.code, said.out) == (0, "RAW: 1 row released.\n")
    said = command("data", "reject", "RAW", "--all", "--home", raw)
    assert (said.code, said.out) == (0, "RAW: 1 row rejected.\n")
    shown = json.loads(command("data", "quarantine", "--json", "--home", raw).out)
    assert [row["decision"] for row in shown] == ["released", "rejected"]
    found = json.loads(command("data", "check", "RAW", "--json", "--home", raw).out)
    assert not [finding for finding in found if finding["check"].startswith("quarantined")]


def test_deciding_on_nothing_is_one_line(raw: Path, command: Callable[..., Any]) -> None:
    assert "name the sessions, or give --all" in command("data", "release", "RAW", "--home", raw).complaint(2)
    both = command("data", "reject", "RAW", TICKS[0], "--all", "--home", raw).complaint(2)
    assert "name the sessions, or give --all" in both
    none = command("data", "release", "RAW", "2018-01-01", "--home", raw).complaint(1)
    assert none.startswith("RAW: no row of 2018-01-01 is held back")
    assert "is not a date" in command("data", "release", "RAW", "soon", "--home", raw).complaint(2)
    assert "nearest: RAW" in command("data", "quarantine", "RAE", "--home", raw).complaint(1)


def test_a_home_without_such_rows_says_so(
    new_home: Path, tmp_path: Path, command: Callable[..., Any], write_walk: Any
) -> None:
    assert command("data", "quarantine", "--home", new_home).out == "No row is held back.\n"
    assert command("data", "quarantine", "--json", "--home", new_home).out == "[]\n"
    path = write_walk(tmp_path / "walk.csv")
    assert command("ingest", "csv", path, "--symbol", "WALK", "--calendar", "24/7", "--home", new_home).code == 0
    assert command("data", "quarantine", "--home", new_home).out == "No row is held back.\n"


def test_a_stopped_asset_is_kept_and_no_longer_forecast(
    new_home: Path, tmp_path: Path, command: Callable[..., Any], write_walk: Any
) -> None:
    path = write_walk(tmp_path / "walk.csv")
    for symbol in ("LIVE", "GONE"):
        assert command("ingest", "csv", path, "--symbol", symbol, "--calendar", "24/7", "--home", new_home).code == 0
    with (new_home / "forecaster.toml").open("a") as file:
        file.write('[data]\nstopped = ["GONE"]\n')
    said = command("run", "--as-of", "2018-01-20", "--home", new_home)
    assert said.code == 0, said
    assert "LIVE" in said.out
    assert "GONE" not in said.out
    page = (new_home / "reports" / "2018-01-20.html").read_text()
    assert "GONE" in page
    assert "stopped" in page
    refused = command("run", "--symbols", "GONE", "--home", new_home).complaint(1)
    assert refused.startswith("GONE is stopped: remove it from data.stopped")
    assert command("data", "show", "GONE", "--home", new_home).code == 0
