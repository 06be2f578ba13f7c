"""`ingest csv`: what a file does not tell is asked for by an option, and the line says what was left out."""

from __future__ import annotations

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
    "--dates": ("Date,Close\n02/01/2024,1.5\n03/01/2024,1.4\n", "day-first"),
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
