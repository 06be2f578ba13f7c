"""Commands that are wrong: one plain line that says what and what to do, the right exit code, nothing changed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from forecaster import models
from forecaster.models import climatology
from tests.forecaster.cli.conftest import EXECUTABLE, Said
from tests.ingest.loopback import Answer, Server

if TYPE_CHECKING:
    from collections.abc import Callable

BACKTEST = ("backtest", "--symbols", "WALK", "--export", "OUT")

WRONG_USAGE = [
    (("run", "--as-of", "20 Jan"), "'20 Jan' is not a date: write it as 2018-01-20"),
    (("run", "--as-of", "2018-02-30"), "is not a date"),
    (("run", "--as-of", "now"), "is not a date"),
    (("run", "--as-of", ""), "is not a date"),
    (("run", "--symbols", ","), "contains no names"),
    (("run", "--models", ""), "contains no names"),
    (("run", "--nosuch"), "No such option"),
    (("rum",), "No such command"),
    (("ingest", "csv"), "Missing argument"),
    (("ingest", "csv", "x.csv"), "Missing option '--symbol'"),
    (("report", "--as-of", "x"), "is not a date"),
    (("ledger", "show", "--as-of", "x"), "is not a date"),
    (("data", "show", "WALK", "--as-of", "x"), "is not a date"),
    (("data", "show", "--last", "0"), "--last"),
    (BACKTEST, "give either --last N, or --from and --to"),
    ((*BACKTEST, "--last", "3", "--from", "2018-01-01"), "give either --last N, or --from and --to"),
    ((*BACKTEST, "--last", "0"), "--last"),
    ((*BACKTEST, "--last", "few"), "--last"),
    ((*BACKTEST, "--from", "2018-01-20", "--to", "2018-01-10"), "--to 2018-01-10 is before --from 2018-01-20"),
    ((*BACKTEST, "--last", "3", "--train-window", "2"), "--train-window"),
]

FAILURES = [
    (("run", "--as-of", "2099-01-01"), "WALK: as-of 2099-01-01 is in the future: its last session closed on"),
    (("run", "--as-of", "2018-01-22"), "WALK: as-of 2018-01-22 is after the data"),
    (("run", "--as-of", "2010-01-01"), "WALK: as-of 2010-01-01 is before the data, which run from 2017-07-06"),
    (("run", "--as-of", "2017-07-08"), "at least 40 are needed"),
    (("run", "--symbols", "WLAK"), "nearest: WALK"),
    (("run", "--models", "climatolgy"), "no model is called 'climatolgy'; nearest: climatology"),
    (("data", "show", "WAL"), "nearest: WALK"),
    (("data", "check", "WAL"), "nearest: WALK"),
    (("data", "show", "WALK", "--as-of", "2010-01-01"), "is before the data"),
    (("backtest", "--symbols", "WAKL", "--last", "3", "--export", "OUT"), "nearest: WALK"),
    ((*BACKTEST, "--last", "3", "--models", "linear"), "no model is called 'linear'"),
    ((*BACKTEST, "--last", "3", "--preset", "studdy"), "no preset is called 'studdy'; nearest: study"),
    ((*BACKTEST, "--from", "2030-01-01"), "WALK has no session from 2030-01-01"),
    ((*BACKTEST, "--from", "2017-07-10", "--to", "2017-07-20"), "at least 40 are needed"),
]


@pytest.mark.parametrize(("words", "sign"), WRONG_USAGE)
def test_wrong_usage_is_one_line_and_exit_code_2(
    finished_home: Path, tmp_path: Path, words: tuple[str, ...], sign: str, command: Callable[..., Any]
) -> None:
    given = [str(tmp_path / "out") if word == "OUT" else word for word in words]
    complaint = command(*given, "--home", finished_home).complaint(2)
    assert sign in complaint
    assert complaint.endswith("--help` lists the options")


@pytest.mark.parametrize(("words", "sign"), FAILURES)
def test_a_failure_is_one_line_and_exit_code_1_and_nothing_is_lost(  # a fixture each
    finished_home: Path,
    tmp_path: Path,
    words: tuple[str, ...],
    sign: str,
    command: Callable[..., Any],
    rows_of: Callable[[Path], Any],
) -> None:
    before = rows_of(finished_home)
    given = [str(tmp_path / "out") if word == "OUT" else word for word in words]
    said = command(*given, "--home", finished_home)
    assert sign in said.complaint()
    assert said.out == ""
    assert rows_of(finished_home) == before


def test_a_backtest_names_an_asset_with_too_short_a_history_once(
    finished_home: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    asked = ("--from", "2017-07-18", "--to", "2017-07-20")
    said = command("backtest", "--symbols", "WALK", "--export", tmp_path / "out", *asked, "--home", finished_home)
    assert said.complaint().startswith("WALK has 6 complete windows of 7 sessions")


def test_an_empty_home_says_how_to_begin(new_home: Path, command: Callable[..., Any]) -> None:
    for words in (("run",), ("schedule", "start"), ("schedule", "status"), ("schedule", "catch-up")):
        complaint = command(*words, "--home", new_home).complaint()
        assert "forecaster ingest csv FILE --symbol S" in complaint
        assert "forecaster demo" in complaint
    assert "the ledger is empty: `forecaster run`" in command("report", "--home", new_home).complaint()


def test_one_withheld_asset_of_two_is_named_and_the_other_is_forecast(
    home: Path, command: Callable[..., Any], write_walk: Any
) -> None:
    file = write_walk(home / "short.csv", sessions=30, seed=1)
    command("ingest", "csv", file, "--symbol", "SHORT", "--calendar", "24/7", "--home", home)
    said = command("run", "--as-of", "2018-01-19", "--symbols", "SHORT,WALK,SHORT", "--home", home)
    assert said.code == 3
    assert said.out.startswith("2 forecasts recorded, 0 targets settled; 0 on record already")
    assert said.out.count("withheld: SHORT has ") == 1
    replayed = ("backtest", "--symbols", "SHORT,WALK", "--last", 2, "--export", home / "out", "--home", home)
    said = command(*replayed)
    assert said.code == 3
    assert "withheld: SHORT has " in said.out
    command("run", "--symbols", "SHORT", "--home", home).complaint()


def test_a_forecaster_whose_file_broke_hides_no_other(
    home: Path, tmp_path: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is on record; the day is run and reported without it, and who asks for it hears which file it is."""
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    own = tmp_path / "toy_once.py"
    own.write_text((Path(climatology.__file__)).read_text("utf-8"))
    assert command("run", "--as-of", "2018-01-20", "--models", "toy_once", "--home", home).code == 0
    sys.modules.pop("forecaster.models.toy_once", None)
    own.write_text('raise RuntimeError("boom")')
    said = command("run", "--as-of", "2018-01-20", "--models", "climatology", "--home", home)
    assert said.code == 0, said
    complaint = command("run", "--as-of", "2018-01-20", "--models", "toy_once", "--home", home).complaint()
    assert f"{own} cannot be used (RuntimeError: boom): fix it" in complaint


def test_debug_shows_the_traceback_and_nothing_else_does(home: Path, shell: Callable[..., Any]) -> None:
    plain = shell("run", "--symbols", "NONE", "--home", home)
    plain.complaint()
    told = shell("run", "--symbols", "NONE", "--home", home, "--debug")
    assert told.code == 1
    assert "Traceback (most recent call last)" in told.err
    assert "UnknownSymbolError" in told.err


BROKEN = """
from forecaster.models.climatology import Settings
SUMMARY = "a forecaster with a fault in it"
def fit(examples, settings, seeds, compute):
    raise ZeroDivisionError("two\\nlines")
"""


def test_a_fault_of_the_program_itself_is_one_line_too(
    home: Path, tmp_path: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder of the forecasters has one more, whose settings are none."""
    (tmp_path / "unreadable.py").write_text("def Settings(**given):\n    raise ZeroDivisionError('two\\nlines')\n")
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    words = ("run", "--models", "unreadable", "--home", home)
    complaint = command(*words).complaint()
    assert complaint.startswith("an internal error (ZeroDivisionError: two lines): run it again with --debug")
    with pytest.raises(ZeroDivisionError):
        command(*words, "--debug")


def test_a_forecaster_that_raises_is_withheld_by_name_and_the_others_go_on(
    home: Path, tmp_path: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a backtest and on record, with what it raised."""
    (tmp_path / "broken.py").write_text(BROKEN)
    monkeypatch.setattr(models, "__path__", [*models.__path__, str(tmp_path)])
    asked = ("--models", "climatology,broken", "--home", home)
    said = command("backtest", "--symbols", "WALK", "--last", 3, "--export", tmp_path / "out", *asked)
    assert said.code == 3
    rows = pd.read_parquet(tmp_path / "out" / "forecasts.parquet").set_index("model")
    assert set(rows.loc["broken", "reason"]) == {"broken raised ZeroDivisionError: two lines"}
    assert set(rows.loc["climatology", "status"]) == {"ok"}
    assert command("run", "--as-of", "2018-01-19", *asked).code == 0
    shown = command("ledger", "show", "--json", "--home", home)
    assert {row["status"] for row in json.loads(shown.out) if row["model"] == "broken"} == {"withheld"}


def test_an_interrupted_command_says_so(home: Path) -> None:
    """A process that waits for a provider's answer, and a real Ctrl-C."""
    with Server(lambda _: Answer("x" * 1000, drip=1.0)) as slow:
        words = ("ingest", "attention", "WALK", "--source", "bitinfocharts", "--subject", "eth", "--home", str(home))
        process = subprocess.Popen(
            [EXECUTABLE, *words],
            env={**os.environ, "FORECASTER_BITINFOCHARTS_URL": slow.url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        while not slow.asked and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    said = Said(process.returncode, out, err)
    assert said.complaint(130) == "interrupted; everything recorded so far is kept"


def test_an_export_folder_that_holds_a_run_is_refused_and_replaced_when_told(
    home: Path, tmp_path: Path, command: Callable[..., Any]
) -> None:
    words = ("backtest", "--symbols", "WALK", "--last", 2, "--models", "climatology", "--home", home)
    assert command(*words, "--export", tmp_path / "out").code == 0
    (tmp_path / "out" / "scores.csv").write_text("mine")
    assert "choose another --export, or --overwrite" in command(*words, "--export", tmp_path / "out").complaint()
    assert (tmp_path / "out" / "scores.csv").read_text() == "mine"
    assert command(*words, "--export", tmp_path / "out", "--overwrite").code == 0
    assert (tmp_path / "out" / "scores.csv").read_text() != "mine"
    for options in ((), ("--overwrite",)):
        complaint = command(*words, "--export", home / "walk.csv", *options).complaint()
        assert "walk.csv cannot be made (Not a directory)" in complaint


def test_the_module_is_the_command() -> None:
    """Where the command is not on the path."""
    ran = subprocess.run([sys.executable, "-m", "forecaster", "models"], capture_output=True, text=True, check=True)
    assert "climatology" in ran.stdout
