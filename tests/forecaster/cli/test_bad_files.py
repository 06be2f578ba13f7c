"""Files that are wrong: one plain line with the place and the remedy, exit code 1, and nothing stored is lost."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HEAD = "Date,Close,Volume\n"
GOOD = HEAD + "2018-01-20,10,5\n2018-01-21,11,6\n"

BAD = {
    "empty": ("", "empty"),
    "a header alone": (HEAD, "no rows"),
    "no close": ("Date,Volume\n2018-01-20,5\n", "has no close column (it has: Date, Volume)"),
    "no date": ("Close\n5\n", "no date column"),
    "unparseable date": (GOOD + "soon,12,7\n", "line 4"),
    "impossible date": (GOOD + "2018-02-30,12,7\n", "line 4"),
    "duplicate sessions that disagree": (GOOD + "2018-01-21,12,6\n", "2018-01-21"),
    "negative price": (GOOD + "2018-01-22,-3,6\n", "line 4"),
    "zero price": (GOOD + "2018-01-22,0,6\n", "line 4"),
    "word for a price": (GOOD + "2018-01-22,dear,6\n", "line 4"),
    "negative volume": (GOOD + "2018-01-22,3,-6\n", "line 4"),
    "infinite price": (GOOD + "2018-01-22,inf,6\n", "line 4"),
    "a spreadsheet": ("PK\x03\x04\x00\x00\x00", "a damaged archive"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_file_is_one_line_and_nothing_is_lost(
    home: Path, kind: str, command: Callable[..., Any], rows_of: Callable[[Path], Any]
) -> None:
    text, sign = BAD[kind]
    file, before = home / "bad.csv", rows_of(home)
    file.write_text(text)
    words = ("ingest", "csv", file, "--calendar", "24/7", "--home", home)
    for symbol in ("WALK", "NEW"):
        complaint = command(*words, "--symbol", symbol).complaint()
        assert "bad.csv" in complaint
        assert sign in complaint
    assert rows_of(home) == before


def test_a_missing_file_or_a_folder_is_one_line(home: Path, command: Callable[..., Any]) -> None:
    for file in (home / "none.csv", home):
        assert str(file) in command("ingest", "csv", file, "--symbol", "NEW", "--home", home).complaint()


@pytest.mark.parametrize("symbol", ["../../x", "<b>", "", "a b", "x" * 33, "'; DROP TABLE forecast; --", "\n"])
def test_a_symbol_that_is_no_ticker_is_refused(
    home: Path, symbol: str, command: Callable[..., Any], rows_of: Callable[[Path], Any]
) -> None:
    before = rows_of(home)
    command("ingest", "csv", home / "walk.csv", "--symbol", symbol, "--home", home).complaint()
    command("data", "show", symbol, "--home", home).complaint()
    said = command("run", "--symbols", symbol, "--home", home)
    said.complaint(said.code)
    assert said.code in {1, 2}
    assert rows_of(home) == before


def test_an_unknown_calendar_offers_the_nearest(home: Path, command: Callable[..., Any]) -> None:
    words = ("ingest", "csv", home / "walk.csv", "--symbol", "NEW", "--home", home)
    assert "XNYS" in command(*words, "--calendar", "XNYZ").complaint()


def test_another_calendar_for_a_stored_asset_is_refused(
    home: Path, command: Callable[..., Any], rows_of: Callable[[Path], Any]
) -> None:
    before = rows_of(home)
    words = ("ingest", "csv", home / "walk.csv", "--symbol", "WALK", "--home", home)
    assert "is registered with calendar '24/7'" in command(*words, "--calendar", "XNYS").complaint()
    assert rows_of(home) == before


@pytest.mark.parametrize(
    "content",
    [
        codecs.BOM_UTF8 + GOOD.encode(),
        GOOD.replace("\n", "\r\n").encode(),
        codecs.BOM_UTF8 + GOOD.replace("\n", "\r\n").encode(),
        GOOD.encode("utf-16"),
        GOOD.replace("5\n", '"1,234.5"\n').encode(),
        GOOD.replace("5\n", "null\n").replace("6\n", "-\n").encode(),
    ],
    ids=["BOM", "CRLF", "both", "UTF-16", "1,234.5", "gaps"],
)
def test_what_spreadsheets_write_is_accepted(new_home: Path, content: bytes, command: Callable[..., Any]) -> None:
    (new_home / "good.csv").write_bytes(content)
    words = ("--symbol", "NEW", "--calendar", "24/7", "--home", new_home)
    said = command("ingest", "csv", new_home / "good.csv", *words)
    assert (said.code, said.err) == (0, "")
    assert said.out == "NEW: 2 sessions from 2018-01-20 to 2018-01-21: 2 new.\n"
    shown = command("data", "show", "NEW", "--home", new_home).out
    assert ("1,234" in shown) == (b'"1,234.5"' in content)


def test_too_few_rows_states_the_minimum(new_home: Path, command: Callable[..., Any], write_walk: Any) -> None:
    file = write_walk(new_home / "short.csv", sessions=30)
    command("ingest", "csv", file, "--symbol", "SHORT", "--calendar", "24/7", "--home", new_home)
    complaint = command("run", "--home", new_home).complaint()
    assert complaint.startswith("SHORT has ")
    assert "at least 40 are needed" in complaint


def test_a_constant_series_is_named(new_home: Path, command: Callable[..., Any]) -> None:
    days = [f"2017-{month:02}-{day:02},7" for month in range(7, 13) for day in range(1, 31)]
    (new_home / "flat.csv").write_text("\n".join(["Date,Close", *days]))
    words = ("--symbol", "FLAT", "--calendar", "24/7", "--home", new_home)
    assert command("ingest", "csv", new_home / "flat.csv", *words).code == 0
    assert "FLAT has a price that never moves" in command("run", "--home", new_home).complaint()
    assert "constant price" in command("data", "check", "--home", new_home).out
