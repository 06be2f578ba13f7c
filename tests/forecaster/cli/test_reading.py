"""The commands that only tell: doctor, models, data; each as text and as one JSON document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from forecaster import models
from ingest.sources import simulated

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_doctor_tells_checks_versions_and_every_setting(finished_home: Path, command: Callable[..., Any]) -> None:
    told = json.loads(command("doctor", "--json", "--home", finished_home).out)
    assert told["checks"]["home"] == str(finished_home)
    assert told["checks"]["database"] == str(finished_home / "forecaster.db")
    assert told["checks"]["assets"] == "WALK"
    assert told["checks"]["ledger"] == "verified"
    assert told["settings"]["report.days"] == 3
    assert {"torch", "pandas", "forecaster"} <= set(told["versions"])
    text = command("doctor", "--home", finished_home)
    shown = dict(line.split(maxsplit=1) for line in text.out.splitlines() if line.startswith("data."))
    assert [shown[key].strip() for key in ("data.symbols", "data.stopped", "data.renamed")] == ["all", "none", "none"]
    assert (text.code, text.err) == (0, "")
    for name in (*told["checks"], *told["versions"], *told["settings"]):
        assert name in text.out


def test_models_are_listed_with_what_they_are(finished_home: Path, command: Callable[..., Any]) -> None:
    told = json.loads(command("models", "--json", "--home", finished_home).out)
    assert [model["model"] for model in told] == list(models.names())
    assert next(m for m in told if m["model"] == "bayesian_linear")["settings"]["steps"] == 40
    text = command("models", "--home", finished_home).out
    assert all(model["model"] in text and model["summary"] in text for model in told)


def test_a_setting_that_is_infinite_is_null_in_json(tmp_path: Path, command: Callable[..., Any]) -> None:
    """An ensemble forgets nothing; JSON knows no infinity."""
    (tmp_path / "forecaster.toml").write_text("[models.recalibrated]\nhalf_life = 250\n")
    told = command("models", "--json", "--home", tmp_path)
    assert (told.code, told.err) == (0, "")
    settings = {one["model"]: one["settings"] for one in json.loads(told.out)}
    assert settings["ensemble"]["half_life"] is None
    assert settings["recalibrated"]["half_life"] == 250.0


def test_data_show_tells_what_was_known(finished_home: Path, command: Callable[..., Any]) -> None:
    listed = json.loads(command("data", "show", "--json", "--home", finished_home).out)
    assert [(row["symbol"], row["calendar"], row["last"]) for row in listed] == [("WALK", "24/7", "2018-01-21")]
    words = ("data", "show", "WALK", "--as-of", "2018-01-10", "--last", 3, "--home", finished_home)
    rows = json.loads(command(*words, "--json").out)
    assert [row["session"] for row in rows] == ["2018-01-08", "2018-01-09", "2018-01-10"]
    assert rows[-1]["known_at"] == "2018-01-11T00:00:00+00:00"
    assert {len(row["payload"]) for row in rows} == {64}
    assert "2018-01-10" in command(*words).out
    assert "2018-01-11 " in command(*words).out


@pytest.fixture
def rehearsal(
    new_home: Path, write_walk: Callable[..., Path], command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[[str], Path]:
    """`rehearsal(day)`: a home with the walk until then, an hour after midnight."""
    file = write_walk(new_home / "walk.csv")

    def at(day: str) -> Path:
        monkeypatch.setenv("FORECASTER__CLOCK__START", f"{day}T01:00Z")
        command("ingest", "csv", file, "--symbol", "WALK", "--calendar", "24/7", "--home", new_home)
        return new_home

    return at


def test_data_check_tells_what_a_user_can_act_on(
    finished_home: Path, rehearsal: Callable[[str], Path], command: Callable[..., Any]
) -> None:
    found = command("data", "check", "--json", "--home", finished_home).out
    assert [row["check"] for row in json.loads(found)] == ["behind"]
    home = rehearsal("2018-01-22")
    assert command("data", "check", "WALK", "--home", home).out == "Nothing found.\n"
    assert command("data", "check", "--json", "--home", home).out == "[]\n"
    lines = (home / "walk.csv").read_text().splitlines()
    (home / "holes.csv").write_text("\n".join(lines[:50] + lines[53:]))
    words = ("--symbol", "HOLES", "--calendar", "24/7", "--home", home)
    command("ingest", "csv", home / "holes.csv", *words)
    (found,) = json.loads(command("data", "check", "--json", "--home", home).out)
    assert (found["symbol"], found["check"], found["count"]) == ("HOLES", "missing session", 3)
    assert found["remedy"] in command("data", "check", "--home", home).out


def test_an_asset_without_rows_hinders_no_listing(
    new_home: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTER__CLOCK__START", f"{simulated.START}T00:00Z")  # before its first close
    command("ingest", "simulated", "--home", new_home)
    assert "SIM" in command("data", "show", "--home", new_home).out
    assert command("data", "check", "--home", new_home).code == 0
    assert "SIM has no rows yet" in command("data", "show", "SIM", "--home", new_home).complaint()


def test_an_empty_home_can_be_looked_at(new_home: Path, command: Callable[..., Any]) -> None:
    for words in (("data", "show"), ("data", "check"), ("doctor",)):
        said = command(*words, "--home", new_home)
        assert (said.code, said.err) == (0, ""), words
    assert "no forecast: nothing is verified" in command("ledger", "verify", "--home", new_home).complaint()
    said = command("ledger", "show", "--home", new_home)
    assert (said.code, said.err) == (0, "no forecast on record yet: `forecaster run` makes the first\n")
    assert json.loads(command("ledger", "show", "--json", "--home", new_home).out) == []


def test_schedule_status_tells_what_is_owed(finished_home: Path, command: Callable[..., Any]) -> None:
    (row,) = json.loads(command("schedule", "status", "--json", "--home", finished_home).out)
    assert row["calendar"] == "24/7"
    assert len(row["owed"]) == 1
    assert row["owed"][0] in command("schedule", "status", "--home", finished_home).out


def test_schedule_catch_up_runs_what_is_owed_once(
    rehearsal: Callable[[str], Path], command: Callable[..., Any]
) -> None:
    home = rehearsal("2018-01-20")
    said = command("schedule", "catch-up", "--home", home)
    assert (said.code, said.out) == (0, "24/7 2018-01-19: 2 forecasts recorded, 0 targets settled\n1 days run.\n")
    assert command("schedule", "catch-up", "--home", home).out == "0 days run.\n"
    rehearsal("2018-01-23")
    late = command("schedule", "catch-up", "--home", home)
    assert late.code == 3
    assert "24/7 2018-01-21: 2 forecasts recorded, 1 target settled" in late.out
    assert "WALK withheld: WALK: as-of 2018-01-22 is after the data" in late.out


def test_two_demos_make_two_homes(tmp_path: Path, shell: Callable[..., Any]) -> None:
    cheap = {"FORECASTER__FORECAST__MODELS": '["climatology"]', "FORECASTER__REPORT__DAYS": "2"}
    for name in ("demo", "demo-2"):
        said = shell("demo", "--home", tmp_path, **cheap)
        assert (said.code, said.err) == (0, "")
        lines = said.out.splitlines()
        assert lines[0] == f"Home: {tmp_path / name}"
        assert lines[1] == "3 forecasts recorded, 0 targets settled; 0 on record already."
        assert lines[-1] == f"Report: {tmp_path / name / 'reports' / '2018-12-31.pdf'}"
        assert (tmp_path / name / "reports" / "2018-12-31.pdf").read_bytes().startswith(b"%PDF")


def test_without_a_command_the_help_is_shown(shell: Callable[..., Any]) -> None:
    said = shell()
    assert (said.code, said.err) == (2, "")
    for name in ("demo", "run", "report", "backtest", "ingest", "data", "ledger", "schedule", "models", "doctor"):
        assert f" {name} " in said.out
