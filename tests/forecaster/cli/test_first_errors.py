"""First errors of a newcomer: each message names the step that helps, and that one step does.

Where a message names a command, a name or an option, the step taken is read from the message itself.
"""

from __future__ import annotations

import re
import shlex
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest import database
from ingest.database import open_engine
from tests.bad_places import without_rights
from tests.ingest.postgres import emptied

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.forecaster.cli.conftest import Said

    Command = Callable[..., Said]


def named(complaint: str, pattern: str) -> str:
    """What a message names, by the words around it."""
    found = re.search(pattern, complaint)
    assert found, complaint
    return found[1]


def step(complaint: str) -> list[str]:
    """The words after `forecaster` of the first command that a message names."""
    return shlex.split(named(complaint, r"`forecaster ([^`]+)`"))


@pytest.fixture
def prices(tmp_path: Path, write_walk: Callable[..., Path]) -> Path:
    return write_walk(tmp_path / "prices.csv")


def test_a_wrong_folder(prices: Path, new_home: Path, command: Command) -> None:
    words = ("--symbol", "WALK", "--calendar", "24/7", "--home", new_home)
    wrong = prices.parent / "downloads" / prices.name
    assert "does not exist: check the name and the folder" in command("ingest", "csv", wrong, *words).complaint()
    assert "is a folder: name the file in it" in command("ingest", "csv", prices.parent, *words).complaint()
    assert command("ingest", "csv", prices, *words).code == 0


def test_a_web_address_and_the_lock_of_a_workbook(prices: Path, new_home: Path, command: Command) -> None:
    words = ("--symbol", "WALK", "--calendar", "24/7", "--home", new_home)
    complaint = command("ingest", "csv", "https://example.org/prices.csv", *words).complaint()
    assert "is a web address: download it, and name the file that was saved" in complaint
    for lock in (prices.with_name(f"~${prices.name}"), prices.with_name(f".~lock.{prices.name}#")):
        lock.write_bytes(b"x")
        right = named(command("ingest", "csv", lock, *words).complaint(), r"name the workbook itself, (\S+)$")
        assert command("ingest", "csv", prices.with_name(right), *words).code == 0


def test_a_file_in_the_place_of_a_source(prices: Path, new_home: Path, command: Command) -> None:
    words = step(command("ingest", prices, "--symbol", "WALK", "--home", new_home).complaint(2))
    given = ["WALK" if word == "S" else word for word in words]
    assert command(*given, "--calendar", "24/7", "--home", new_home).code == 0


def test_a_ticker_of_a_file_without_tickers(prices: Path, new_home: Path, command: Command) -> None:
    words = ("ingest", "csv", prices, "--symbol", "WALK", "--calendar", "24/7", "--home", new_home)
    assert "leave out --ticker" in command(*words, "--ticker", "WALK").complaint()
    assert command(*words).code == 0


def test_an_empty_home_says_what_comes_first(prices: Path, new_home: Path, command: Command) -> None:
    for words in (("data", "show"), ("data", "check")):
        said = command(*words, "--home", new_home)
        assert (said.code, said.out) == (
            0,
            "No asset is stored yet: import one with `forecaster ingest csv FILE --symbol S`.\n",
        )
    words = step(command("explain", "WALK", "--home", new_home).complaint())
    given = [str(prices) if word == "FILE" else word for word in words]
    assert command(*given, "--calendar", "24/7", "--home", new_home).code == 0


def test_a_list_of_the_settings_that_is_none(home: Path, command: Command) -> None:
    file = home / "forecaster.toml"
    kept = file.read_text("utf-8")
    file.write_text(f'{kept}\n[data]\nsymbols = "WALK"\n', "utf-8")
    complaint = command("run", "--as-of", "2018-01-20", "--home", home).complaint()
    right = named(complaint, r"data.symbols is not a list: write it in brackets, such as (\[\S+\])").replace(
        "SPX", "WALK"
    )
    file.write_text(f"{kept}\n[data]\nsymbols = {right}\n", "utf-8")
    assert command("run", "--as-of", "2018-01-20", "--home", home).code == 0


def test_a_record_without_what_is_asked(home: Path, command: Command) -> None:
    """The table stays a table, for a pipe; what is missing is on standard error."""
    words = ("ledger", "show", "--home", home)
    said = command(*words, "--as-of", "2016-01-03")
    assert (said.code, len(said.out.splitlines())) == (0, 1)
    assert command(*step(said.err), "--home", home).out.count("\n") > 1


def test_a_record_before_any_run(prices: Path, new_home: Path, command: Command) -> None:
    command("ingest", "csv", prices, "--symbol", "WALK", "--calendar", "24/7", "--home", new_home)
    words = step(command("ledger", "show", "--home", new_home).err)
    assert command(*words, "--as-of", "2018-01-20", "--home", new_home).code == 0
    said = command("ledger", "show", "--home", new_home)
    assert (said.err, said.out.count("\n") > 1) == ("", True)


def test_an_export_to_a_folder_that_is_not_there(home: Path, tmp_path: Path, command: Command) -> None:
    file = tmp_path / "new" / "record.csv"
    folder = named(command("ledger", "export", file, "--home", home).complaint(), r"create the folder (\S+) first")
    Path(folder).mkdir()
    assert command("ledger", "export", file, "--home", home).code == 0


def test_a_missing_calendar(prices: Path, new_home: Path, command: Command) -> None:
    words = ("ingest", "csv", prices, "--symbol", "WALK", "--home", new_home)
    option = named(command(*words).complaint(), r"say (--calendar \S+)$")
    assert command(*words, *option.split()).code == 0


def test_a_calendar_that_is_none(prices: Path, new_home: Path, command: Command) -> None:
    words = ("ingest", "csv", prices, "--symbol", "WALK", "--home", new_home)
    right = named(command(*words, "--calendar", "24x7").complaint(), r"nearest: (24/\d)")
    assert command(*words, "--calendar", right).code == 0


def test_no_data_before_the_first_run(prices: Path, new_home: Path, command: Command) -> None:
    """The command that is named, with the newcomer's own file, symbol and calendar in it."""
    words = step(command("run", "--home", new_home).complaint())
    given = [{"FILE": prices, "S": "WALK"}.get(word, word) for word in words]
    assert command(*given, "--calendar", "24/7", "--home", new_home).code == 0
    assert command("run", "--home", new_home).code in {0, 3}  # by now the walk's data are old, which is told


@pytest.mark.parametrize("words", [("run", "--symbols"), ("data", "show"), ("report", "--symbols")])
def test_a_wrong_symbol(home: Path, words: tuple[str, ...], command: Command) -> None:
    extra = ("--as-of", "2018-01-20", "--home", home)
    right = named(command(*words, "WLAK", *extra).complaint(), r"nearest: (\w+)")
    assert command(*words, right, *extra).code == 0


def test_a_typing_error_in_the_name_of_a_model(home: Path, command: Command) -> None:
    words = ("run", "--as-of", "2018-01-20", "--home", home, "--models")
    right = named(command(*words, "climatolgy").complaint(), r"nearest: (\w+)")
    assert command(*words, right).code == 0


def test_a_typing_error_in_a_command_and_in_an_option(home: Path, command: Command) -> None:
    right = named(command("modles", "--home", home).complaint(2), r"Did you mean '(\w+)'")
    assert command(right, "--home", home).code == 0
    right = named(command("run", "--asof", "2018-01-20", "--home", home).complaint(2), r"Possible options: (--[\w-]+)")
    assert command("run", right, "2018-01-20", "--home", home).code == 0


def test_a_typing_error_in_the_settings(home: Path, command: Command) -> None:
    file = home / "forecaster.toml"
    kept = file.read_text("utf-8")
    file.write_text(kept.replace("models =", "modells ="), "utf-8")
    complaint = command("run", "--as-of", "2018-01-20", "--home", home).complaint()
    assert "forecast.modells" in complaint
    right = named(complaint, r"did you mean (\w+)")
    file.write_text(kept.replace("models =", f"{right} ="), "utf-8")
    assert command("run", "--as-of", "2018-01-20", "--home", home).code == 0


def test_a_day_as_it_is_written_at_home(home: Path, command: Command) -> None:
    words = ("run", "--home", home, "--as-of")
    assert command(*words, named(command(*words, "20.01.2018").complaint(2), r"write it as (\S+);")).code == 0


def test_the_report_of_a_day_without_forecasts(home: Path, command: Command) -> None:
    """The day before the first one on record: the command that is named makes its forecasts and its report."""
    words = ("report", "--as-of", "2018-01-19", "--home", home)
    assert command(*step(command(*words).complaint()), "--home", home).code == 0
    assert command(*words).code == 0


def test_a_report_before_any_run(prices: Path, new_home: Path, command: Command) -> None:
    command("ingest", "csv", prices, "--symbol", "WALK", "--calendar", "24/7", "--home", new_home)
    words = step(command("report", "--home", new_home).complaint())
    assert command(*words, "--as-of", "2018-01-20", "--home", new_home).code == 0
    assert command("report", "--home", new_home).code == 0


def test_an_export_that_is_open_elsewhere(home: Path, tmp_path: Path, command: Command) -> None:
    """What a system says of a file that a spreadsheet holds open, it says of one in a folder of somebody else."""
    file = tmp_path / "held" / "record.xlsx"
    file.parent.mkdir()
    assert command("ledger", "export", file, "--home", home).code == 0
    file.parent.chmod(0o555)
    for kept in (home, home / "forecaster.db"):
        kept.chmod(0o777)
    with without_rights(tmp_path):
        complaint = command("ledger", "export", file, "--home", home).complaint()
    assert "record.xlsx cannot be written (Permission denied): close it where it is open, or choose" in complaint
    file.parent.chmod(0o755)
    assert command("ledger", "export", file, "--home", home).code == 0


def test_an_export_of_a_kind_that_is_none(home: Path, tmp_path: Path, command: Command) -> None:
    kinds = command("ledger", "export", tmp_path / "record.xls", "--home", home).complaint()
    for kind in re.findall(r"(\.\w+)(?= nor|:)", kinds):
        assert command("ledger", "export", tmp_path / f"record{kind}", "--home", home).code == 0
    assert {file.suffix for file in tmp_path.glob("record.*")} == {".parquet", ".csv", ".xlsx"}


def test_a_database_that_another_process_keeps(home: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 1)
    with closing(sqlite3.connect(home / "forecaster.db")) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert "run again later" in command("run", "--as-of", "2018-01-20", "--home", home).complaint()
        other.rollback()
    assert command("run", "--as-of", "2018-01-20", "--home", home).code == 0


def test_a_home_that_cannot_be_written_to(
    home: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.chmod(0o555)
    with without_rights(tmp_path):
        complaint = command("run", "--as-of", "2018-01-20", "--home", home).complaint()
    home.chmod(0o755)
    copy = shutil.copytree(home, tmp_path / "mine")
    option = named(complaint, r"choose another with (--\w+) DIR")
    assert command("run", "--as-of", "2018-01-20", option, copy).code == 0
    monkeypatch.setenv(named(complaint, r"or ([A-Z_]+),"), str(copy))
    assert command("run", "--as-of", "2018-01-20").code == 0


def test_a_server_of_another_port(
    server: str, new_home: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    emptied(open_engine(server))
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", f"{server}&port=9")
    assert "its host, port and name" in command("data", "show", "--home", new_home).complaint()
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", server)
    assert command("data", "show", "--home", new_home).code == 0


def test_a_backtest_without_days_and_a_model_without_a_posterior(home: Path, tmp_path: Path, command: Command) -> None:
    words = ("backtest", "--symbols", "WALK", "--export", tmp_path / "out", "--home", home)
    option = named(command(*words).complaint(2), r"give either (--last) N")
    assert command(*words, option, "2").code == 0
    words = ("explain", "WALK", "--as-of", "2018-01-20", "--home", home)
    option = named(command(*words, "--model", "climatology").complaint(), r"choose (--model \w+)")
    assert command(*words, *option.split()).code == 0
