"""A home that may not be written is read as it is, and a record that is not there is not made by who reads it."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import URL

from forecaster.records.home import open_home
from ingest.database import open_engine
from tests.bad_places import read_only, without_rights
from tests.forecaster.records.former_home import former

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]

READ = [
    ("ledger", "verify"),
    ("ledger", "show"),
    ("ledger", "show", "--json"),
    ("ledger", "show", "--symbols", "WALK", "--last", "1"),
    ("data", "show"),
    ("data", "show", "WALK"),
    ("data", "check"),
    ("data", "quarantine"),
    ("schedule", "status"),
    ("doctor",),
    ("models",),
    ("report",),
]
WRITE = [
    ("run", "--as-of", "2018-01-21"),
    ("ingest", "simulated"),
    ("data", "forget", "WALK", "--yes"),
    ("data", "release", "WALK", "--all"),
    ("schedule", "catch-up"),
    ("restore", "nothing.backup"),
    ("backtest", "--symbols", "WALK", "--last", "2", "--export", "out"),
    ("demo",),
]
OF_A_RECORD = [("ledger", "verify"), ("ledger", "show"), ("ledger", "export", "r.csv"), ("report",), ("backup", "b")]


def without_space(text: str) -> list[str]:
    """What a command says, without how much of the disk is free just now."""
    return [line for line in text.splitlines() if "GB free" not in line]


@pytest.mark.parametrize("words", READ, ids=" ".join)
def test_what_reads_says_on_a_read_only_mount_what_it_says_elsewhere(
    home: Path, words: tuple[str, ...], command: Command
) -> None:
    before = command(*words, "--home", home)
    with read_only(home):
        found = command(*words, "--home", home)
    assert (found.code, found.err) == (before.code, before.err) == (0, before.err)
    assert without_space(found.out) == without_space(before.out)


@pytest.mark.parametrize("words", READ, ids=" ".join)
def test_the_same_for_who_has_no_right_to_write(home: Path, words: tuple[str, ...], command: Command) -> None:
    before = command(*words, "--home", home)
    for path in (home, *home.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    with without_rights(home.parent):
        found = command(*words, "--home", home)
    home.chmod(0o755)
    assert (found.code, without_space(found.out)) == (0, without_space(before.out))


@pytest.mark.parametrize("words", READ[:-2], ids=" ".join)
@pytest.mark.parametrize("closed", ["folder", "database"])
def test_who_may_not_read_is_told_so(home: Path, closed: str, words: tuple[str, ...], command: Command) -> None:
    home.chmod(0o700 if closed == "folder" else 0o555)
    (home / "forecaster.db").chmod(0o600)
    with without_rights(home.parent):
        complaint = command(*words, "--home", home).complaint()
    home.chmod(0o700)
    named = f"the home {home}" if closed == "folder" else f"{home / 'forecaster.db'}"
    assert complaint.startswith(f"{named} cannot be read")


def test_what_is_written_elsewhere_is_what_it_would_be(home: Path, tmp_path: Path, command: Command) -> None:
    out = tmp_path / "out"
    out.mkdir()

    def written(folder: Path) -> list[bytes]:
        folder.mkdir()
        assert command("ledger", "export", folder / "r.csv", "--home", home).code == 0
        assert command("backup", folder / "b.backup", "--home", home).code == 0
        assert command("report", "--as-of", "2018-01-20", "--out", folder / "pages", "--home", home).code == 0
        assert sorted(file.name for file in (folder / "pages").iterdir()) == ["2018-01-20.html", "2018-01-20.pdf"]
        pages = [file.read_bytes() for file in sorted((folder / "pages").iterdir())]
        return [(folder / "r.csv").read_bytes(), *pages]

    before = written(out / "before")
    with read_only(home):
        assert written(out / "after") == before
    assert command("restore", out / "after" / "b.backup", "--home", tmp_path / "again").code == 0


def test_a_report_that_holds_is_named_and_another_is_refused(home: Path, command: Command) -> None:
    with read_only(home):
        said = command("report", "--home", home)
        other = command("report", "--as-of", "2018-01-20", "--symbols", "WALK", "--home", home).complaint()
        assert said.out.splitlines()[-1] == f"Report: {home / 'reports' / '2018-01-21.pdf'}"
        assert "may not be written" in other
        assert "--out DIR" in other
    page = home / "reports" / "2018-01-21.html"
    page.write_text("<p>changed</p>")
    with read_only(home):
        assert "--out DIR" in command("report", "--home", home).complaint()
    assert page.read_text() == "<p>changed</p>"


@pytest.mark.parametrize("words", WRITE, ids=" ".join)
def test_what_writes_says_plainly_that_it_may_not(
    home: Path, words: tuple[str, ...], command: Command, rows_of: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = rows_of(home)
    with read_only(home):
        complaint = command(*words, "--home", home).complaint()
    assert complaint.startswith(f"the home {home} cannot be written to (Read-only file system)")
    assert "--home DIR or FORECASTER_HOME" in complaint
    assert rows_of(home) == before


def test_a_home_of_an_older_program_is_named_where_it_may_not_be_written(home: Path, command: Command) -> None:
    (home / "forecaster.db").unlink()
    former(open_engine(URL.create("sqlite", database=str(home / "forecaster.db"))))
    with read_only(home):
        for words in (("ledger", "verify"), ("ledger", "show"), ("doctor",)):
            complaint = command(*words, "--home", home).complaint()
            assert f"{home / 'forecaster.db'} is of an older version of this program, and may not be" in complaint
    assert command("ledger", "verify", "--home", home).code == 0


@pytest.mark.parametrize("words", OF_A_RECORD, ids=" ".join)
def test_where_there_is_no_home_none_is_made(
    words: tuple[str, ...], tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    complaint = command(*words, "--home", tmp_path / "nowhere").complaint()
    assert complaint.startswith(f"there is no home at {tmp_path / 'nowhere'}, and so no record")
    assert "forecaster run" in complaint
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", OF_A_RECORD, ids=" ".join)
@pytest.mark.parametrize("left", ["nothing", "no bytes", "another table"])
def test_a_database_that_is_gone_is_named_and_not_made_anew(
    words: tuple[str, ...], left: str, home: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = home / "forecaster.db"
    file.unlink()
    if left == "no bytes":
        file.touch()
    if left == "another table":
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE t (n INTEGER)")
    before = file.read_bytes() if left != "nothing" else None
    complaint = command(*words, "--home", home).complaint()
    assert complaint.startswith(f"the home {home} holds no record: its database {file} ")
    assert {"nothing": "is not there", "no bytes": "is empty (0 bytes)", "another table": "has no table"}[
        left
    ] in complaint
    assert (file.read_bytes() if file.exists() else None) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home"]


def test_the_same_on_a_server(url: str, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", url)
    (tmp_path / "home").mkdir()
    complaint = command("ledger", "verify", "--home", tmp_path / "home").complaint()
    assert "holds no record" in complaint
    open_home(tmp_path / "home")
    assert "no forecast" in command("ledger", "verify", "--home", tmp_path / "home").complaint()


@pytest.mark.parametrize("table", ["forecast", "outcome", "score"])
@pytest.mark.parametrize("words", [("ledger", "verify"), ("run", "--as-of", "2018-01-21"), ("doctor",)], ids=" ".join)
def test_a_table_of_the_record_that_was_dropped_is_not_made_anew(
    home: Path, table: str, words: tuple[str, ...], command: Command
) -> None:
    with closing(sqlite3.connect(home / "forecaster.db")) as connection, connection:
        connection.execute(f"DROP TABLE {table}")
    assert f"lacks the table {table}, which held" in command(*words, "--home", home).complaint()


def test_an_interrupted_write_is_undone_by_who_may_and_named_by_who_may_not(home: Path, command: Command) -> None:
    """A journal that a killed process left behind: a copy of both files is what a power cut leaves."""
    before, file = command("ledger", "verify", "--home", home).out, home / "forecaster.db"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA cache_size = 2")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE forecast SET reason = reason || hex(zeroblob(20000))")
        broken = shutil.copytree(home, home.parent / "broken")
        connection.rollback()
    assert (broken / "forecaster.db-journal").stat().st_size
    with read_only(broken):
        complaint = command("ledger", "verify", "--home", broken).complaint()
    assert "was left in the middle of a write" in complaint
    assert command("ledger", "verify", "--home", broken).out == before
