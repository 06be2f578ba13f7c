"""`ingest csv`: what a file does not tell is asked for by an option, and the line says what was left out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.forecaster.cli.conftest import in_process

if TYPE_CHECKING:
    from pathlib import Path

GERMAN = "Datum;Schluss;Kurs Bid\n02.01.2024;13,465;1\n03.01.2024;13,380;1\n04.01.2024;;1\n05.01.2024;13,217;1\n"
BARS = "".join(f"2024-01-{day:02d} 23:00:00,1.5,1.75,1.25,1.5\n" for day in (7, 8, 9, 10))
LEFT_OUT = "1 rows without a close, left out; left out: Kurs Bid."
CHOICES = {
    "--decimal": (GERMAN, "comma"),
    "--close": ("Date,Last,Settle\n2024-01-02,1.5,1.6\n2024-01-03,1.4,1.5\n", "Settle"),
    "--ticker": ("Date,Ticker,Close\n2024-01-02,A,1.5\n2024-01-02,B,9.5\n", "B"),
    "--dates": ("Date,Close\n02/01/2024,1.5\n03/01/2024,1.4\n", "dmy"),
    "--dividends": ("Date,Close,Dividends\n2024-01-02,1.5,0\n2024-01-03,1.4,0.1\n", "paid"),
    "--timezone": ("Date,Open,High,Low,Close\n" + BARS, "UTC"),
}


@pytest.mark.parametrize("option", CHOICES)
def test_a_refusal_names_the_option_and_the_option_imports(tmp_path: Path, option: str) -> None:
    text, choice = CHOICES[option]
    file = tmp_path / "prices.csv"
    file.write_text(text, encoding="utf-8")
    asked = ("ingest", "csv", file, "--symbol", "S", "--calendar", "XETR", "--home", tmp_path / "home")
    assert option in in_process(*asked).complaint()
    assert in_process("data", "show", "S", "--home", tmp_path / "home").code == 1  # nothing is stored
    said = in_process(*asked, option, choice)
    assert said.code == 0, said
    assert " new" in said.out


def test_the_line_says_what_was_left_out(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text(GERMAN, encoding="utf-8")
    asked = ("ingest", "csv", file, "--symbol", "S", "--calendar", "XETR", "--home", tmp_path / "home")
    said = in_process(*asked, "--decimal", "comma")
    assert said.out.split() == f"S: 3 sessions from 2024-01-02 to 2024-01-05: 3 new; {LEFT_OUT}".split()
    assert "--decimal x: choose comma or point" in in_process(*asked, "--decimal", "x").complaint()


def test_a_dry_run_shows_what_is_understood_and_stores_nothing(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text(GERMAN, encoding="utf-8")
    asked = ("ingest", "csv", file, "--symbol", "S", "--calendar", "XETR", "--home", tmp_path / "home")
    said = in_process(*asked, "--decimal", "comma", "--dry-run")
    assert said.code == 0
    lines = [" ".join(line.split()) for line in said.out.splitlines()]
    assert lines == [
        "file UTF-8, fields between semicolons, header in line 1",
        "date column Datum: '05.01.2024' is the session of Fri 2024-01-05 (no time zone)",
        "close column Schluss: '13,465' is 13.465, 1 gaps",
        "not used Kurs Bid",
        "calendar XETR",
        "first row Tue 2024-01-02, close 13.465",
        "last row Fri 2024-01-05, close 13.217",
        "rows 3",
        "note 1 rows without a close, left out",
        "note left out: Kurs Bid",
        "Nothing was stored: import it without --dry-run.",
    ]
    assert in_process("data", "show", "S", "--home", tmp_path / "home").code == 1


def test_every_column_can_be_named(tmp_path: Path) -> None:
    file = tmp_path / "prices.csv"
    file.write_text("Date,A,B,C,D,E,F\n2024-01-02,1.5,1.75,1.25,1.6,1.6,70\n2024-01-03,1.6,1.7,1.5,1.55,1.5,80\n")
    named = ("--open", "A", "--high", "B", "--low", "C", "--close", "D", "--adjusted", "E", "--volume", "F")
    home = ("--home", tmp_path / "home")
    assert in_process("ingest", "csv", file, "--symbol", "S", *named, *home).code == 0
    row = json.loads(in_process("data", "show", "S", "--json", *home).out)[1]
    assert [row[name] for name in ("open", "high", "low", "close", "volume")] == [1.6, 1.7, 1.5, 1.55, 80]
    assert row["adjustment"] == pytest.approx(1.6 / 1.55 * 1.5 / 1.6)
    wrong = in_process("ingest", "csv", file, "--symbol", "S", "--close", "D", "--high", "X", *home).complaint()
    assert "--high X is no one column: it has Date, A, B, C, D, E, F" in wrong
