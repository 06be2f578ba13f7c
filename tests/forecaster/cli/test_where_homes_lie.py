"""A home lies where its path says, whatever is in the path, and its database where a whole path says."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import URL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Command = Callable[..., Any]


@pytest.mark.parametrize("name", ["a?b", "c%20d", "e#f", "g h", "i@j:k", "l=m&n", "file:o", "p?mode=memory", "ü%"])
def test_a_home_lies_where_its_path_says(tmp_path: Path, name: str, command: Command) -> None:
    home = tmp_path / "homes" / name
    assert command("ingest", "simulated", "--home", home).code == 0
    assert [path.name for path in home.parent.iterdir()] == [name]
    assert [path.name for path in home.iterdir()] == ["forecaster.db"]
    assert "SIM" in command("data", "show", "--home", home).out
    assert "no forecast" in command("ledger", "verify", "--home", home).complaint()
    assert command("backup", tmp_path / f"{name}.backup", "--home", home).code == 0
    assert command("restore", tmp_path / f"{name}.backup", "--home", tmp_path / f"{name} again").code == 0
    assert [path.name for path in (tmp_path / f"{name} again").iterdir()] == ["forecaster.db"]


@pytest.mark.parametrize("address", ["sqlite:///relative.db", "sqlite:///below/x.db", "sqlite:///~/x.db"])
def test_a_path_that_depends_on_the_folder_is_refused_with_a_whole_one(
    address: str, new_home: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", address)
    for words in (("data", "show"), ("ledger", "verify"), ("run",)):
        complaint = command(*words, "--home", new_home).complaint()
        assert "depends on the folder" in complaint
    assert [path.name for path in tmp_path.iterdir()] == ["new"]
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", complaint.split("such as ")[1])
    if "below" in address or "~" in address:
        (new_home / address.removeprefix("sqlite:///")).parent.mkdir()
    assert command("data", "show", "--home", new_home).code == 0


def test_a_file_that_was_written_by_such_a_path_is_named(
    home: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "forecaster.db").rename(tmp_path / "mine.db")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", "sqlite:///mine.db")
    whole = command("data", "show", "--home", home).complaint().split("such as ")[1]
    assert whole == f"sqlite:///{tmp_path / 'mine.db'}"
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", whole)
    assert "WALK" in command("data", "show", "--home", home).out


@pytest.mark.parametrize(
    "address",
    ["sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true", "sqlite+pysqlite://"],
)
def test_a_database_in_memory_keeps_nothing(
    address: str, new_home: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", address)
    for words in (("data", "show"), ("ledger", "verify"), ("ingest", "simulated")):
        assert "a database in memory keeps nothing" in command(*words, "--home", new_home).complaint()


@pytest.mark.parametrize("name", ["x.db", "a?b.db", "c%20d.db"])
def test_an_address_by_a_whole_path_is_taken(
    name: str, new_home: Path, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = URL.create("sqlite", database=str(tmp_path / name)).render_as_string()
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", address)
    assert command("ingest", "simulated", "--home", new_home).code == 0
    with closing(sqlite3.connect(tmp_path / name)) as connection:
        assert connection.execute("SELECT symbol FROM asset").fetchall() == [("SIM",)]
    assert not (new_home / "forecaster.db").exists()
