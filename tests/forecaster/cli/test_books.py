"""`forecaster data calendar` and `data forget`: mistakes of an import put right, as long as nothing is recorded."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import insert
from sqlalchemy import select as chosen

from forecaster.records.home import open_home
from forecaster.records.replays import REPLAYS
from forecaster.records.tracks import TRACKS
from ingest.database import reading, writing
from ingest.sources import csv_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def wrong(new_home: Path, tmp_path: Path, command: Callable[..., Any], write_walk: Any) -> Path:
    """A home in which a coin stands under an exchange's calendar, as an older program let it, and another beside it."""
    path = write_walk(tmp_path / "walk.csv")
    assert command("ingest", "csv", path, "--symbol", "OTHER", "--calendar", "24/7", "--home", new_home).code == 0
    read, home = csv_file.read(path, "COIN", "24/7"), open_home(new_home)
    home.store.append(csv_file.asset_for(read.rows, "COIN", "XNYS"), read.rows, home.clock.now(), read.basis)
    return new_home


def on_a_terminal(home: Path, answer: str) -> tuple[int, str]:
    """The command in a process of its own, whose input is a terminal at which a person types."""
    ours, theirs = pty.openpty()
    words = [sys.executable, "-c", "from forecaster.cli import main; main()", "data", "forget", "COIN"]
    with subprocess.Popen(
        [*words, "--home", str(home)], stdin=theirs, stdout=theirs, stderr=theirs, env=dict(os.environ)
    ) as running:
        os.close(theirs)
        os.write(ours, f"{answer}\n".encode())
        said = b""
        with suppress(OSError):  # Linux's way to say that the other end is closed
            while select.select([ours], [], [], 60)[0] and (piece := os.read(ours, 4096)):
                said += piece
        code = running.wait(60)
    os.close(ours)
    return code, said.decode()


def test_an_import_under_the_wrong_calendar_is_moved(wrong: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    path = tmp_path / "walk.csv"
    refused = command("ingest", "csv", path, "--symbol", "COIN", "--calendar", "24/7", "--home", wrong).complaint(1)
    assert "move it by `forecaster data calendar COIN 24/7`" in refused
    said = command("data", "calendar", "COIN", "24/7", "--home", wrong)
    assert (said.code, said.out) == (0, "COIN: moved from XNYS to 24/7: 200 sessions.\n")
    again = command("ingest", "csv", path, "--symbol", "COIN", "--calendar", "24/7", "--home", wrong)
    assert again.out.endswith("200 unchanged.\n")
    store = open_home(wrong).store
    moved, right = store.history("COIN").frame, store.history("OTHER").frame
    assert moved.drop(columns="symbol").equals(right.drop(columns="symbol"))
    back = command("data", "calendar", "COIN", "XNYS", "--home", wrong)
    assert back.out == "COIN: moved from 24/7 to XNYS: 200 sessions; 63 on days when XNYS is closed.\n"
    nothing = command("data", "calendar", "COIN", "XNYS", "--home", wrong)
    assert nothing.out == "COIN is already on calendar XNYS.\n"
    assert "nearest: XNZE, XNYS" in command("data", "calendar", "COIN", "XNYZ", "--home", wrong).complaint(1)
    assert "nearest: COIN" in command("data", "calendar", "COIM", "24/7", "--home", wrong).complaint(1)


def test_an_asset_with_forecasts_stays_where_it_is(home: Path, command: Callable[..., Any], rows_of: Any) -> None:
    before = rows_of(home)
    moved = command("data", "calendar", "WALK", "XNYS", "--home", home).complaint(1)
    assert moved == (
        "WALK has 4 forecasts on record, dated by the calendar 24/7: import it under another symbol with --calendar "
        "XNYS, and put WALK into data.stopped in forecaster.toml; nothing was changed"
    )
    gone = command("data", "forget", "WALK", "--yes", "--home", home).complaint(1)
    assert gone == (
        "WALK has 4 forecasts on record, which are kept and need its rows: to stop it, put WALK into data.stopped in "
        "forecaster.toml; nothing was changed"
    )
    assert rows_of(home) == before


def test_an_asset_is_forgotten_where_a_person_says_so(wrong: Path, command: Callable[..., Any]) -> None:
    unasked = command("data", "forget", "COIN", "--home", wrong).complaint(1)
    assert unasked == "COIN: 200 rows would be permanently removed: add --yes to confirm; nothing was changed"
    assert command("data", "show", "COIN", "--home", wrong).code == 0
    assert command("data", "forget", "COIN", "--yes", "--home", wrong).out == "COIN: forgotten, with 200 rows.\n"
    listed = json.loads(command("data", "show", "--json", "--home", wrong).out)
    assert [row["symbol"] for row in listed] == ["OTHER"]
    assert "'COIN' is not known here" in command("data", "forget", "COIN", "--yes", "--home", wrong).complaint(1)
    assert "'COIN' is not known here" in command("data", "show", "COIN", "--home", wrong).complaint(1)


@pytest.mark.parametrize(("answer", "stays"), [("n", True), ("", True), ("y", False)])
def test_at_a_terminal_it_asks_first(wrong: Path, answer: str, stays: bool) -> None:
    code, said = on_a_terminal(wrong, answer)
    assert code == 0, said
    assert "COIN: 200 rows will be permanently removed. Continue? [y/N]" in said
    assert ("Nothing was changed." in said) == stays
    assert ("COIN" in {asset.symbol for asset in open_home(wrong).store.assets()}) == stays


def test_what_was_computed_of_the_rows_goes_with_them(wrong: Path, command: Callable[..., Any]) -> None:
    engine = open_home(wrong).ledger.engine
    facts = {"model": "m", "as_of": "2018-01-18", "config_sha256": "c" * 64}
    replayed = {"horizon": 1, "target": "2018-01-19", "fitted_at": "2018-01-18", "status": "ok"}
    with writing(engine) as connection:
        for symbol in ("COIN", "OTHER"):
            connection.execute(insert(REPLAYS).values(symbol=symbol, **facts, **replayed))
            connection.execute(insert(TRACKS).values(symbol=symbol, seed=0, code_version="v", **facts))
    said = command("data", "calendar", "COIN", "24/7", "--home", wrong)
    assert said.out == "COIN: moved from XNYS to 24/7: 200 sessions; 1 replayed forecast dropped.\n"
    assert command("data", "forget", "OTHER", "--yes", "--home", wrong).out == (
        "OTHER: forgotten, with 200 rows; 1 replayed forecast dropped.\n"
    )
    with reading(engine) as connection:
        for table in (REPLAYS, TRACKS):
            assert connection.execute(chosen(table.c.symbol)).all() == []


def test_a_corrected_value_is_shown_at_once(wrong: Path, tmp_path: Path, command: Callable[..., Any]) -> None:
    path = tmp_path / "walk.csv"
    head, *lines = path.read_text().splitlines()
    day, *cells = lines[-1].split(",")
    cells[3] = str(float(cells[3]) * 1.005)
    path.write_text("\n".join([head, *lines[:-1], ",".join([day, *cells])]) + "\n")
    again = command("ingest", "csv", path, "--symbol", "OTHER", "--calendar", "24/7", "--home", wrong)
    assert "1 corrected" in again.out
    words = ("data", "show", "OTHER", "--last", 2, "--json", "--home", wrong)
    rows = json.loads(command(*words).out)
    assert [row["session"] for row in rows] == ["2018-01-20", "2018-01-21"]
    assert rows[-1]["close"] == float(cells[3])
    assert rows[-1]["known_at"] > "2024"
    known = json.loads(command(*words, "--as-of", day).out)
    assert known[-1]["close"] != float(cells[3]), "what was known at its close stays"
