"""A password in the database's address is never shown: by no command, in no format, in no failure."""

from __future__ import annotations

import sqlite3
import traceback
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from tests.secret_addresses import ADDRESSES, CANARY

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

UNREACHABLE = "postgresql+psycopg://user:canary@127.0.0.1:1/x"
COMMANDS = [
    ("run",),
    ("report",),
    ("doctor",),
    ("doctor", "--json"),
    ("data", "show"),
    ("data", "check", "--json"),
    ("ledger", "show", "--json"),
    ("ledger", "verify"),
    ("schedule", "status", "--json"),
    ("schedule", "catch-up"),
    ("ingest", "simulated"),
    ("demo",),
]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_no_command_shows_the_password(
    new_home: Path, words: tuple[str, ...], command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", UNREACHABLE)
    complaint = command(*words, "--home", new_home).complaint()
    assert "cannot be reached" in complaint
    assert "canary" not in complaint
    assert "127.0.0.1" in complaint


@pytest.mark.parametrize("words", [("models",), ("models", "--json")], ids=" ".join)
def test_a_command_that_needs_no_database_neither_asks_for_it_nor_shows_its_password(
    new_home: Path, words: tuple[str, ...], command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", UNREACHABLE)
    said = command(*words, "--home", new_home)
    assert said.code == 0
    assert "bayesian_linear" in said.out
    assert "canary" not in said.out + said.err


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FORECASTER__DATA__DATABASE", "mysql://user:canary@host/x"),
        ("FORECASTER__DATA__DATABASE", "canary"),
        ("FORECASTER__DATA__DATABASE", "postgresql://user@127.0.0.1:1/x?password=canary"),
        ("FORECASTER__DATA__DATABASE__URL", "canary"),
        ("FORECASTER__DATA", "canary"),
        ("FORECASTER__DATA", '["canary"]'),
        ("FORECASTER__DATA", '{"databse": "canary"}'),
        ("FORECASTER__DATA", '{"database": {"canary": "canary"}}'),
    ],
)
def test_no_mistake_shows_the_password(
    new_home: Path, name: str, value: str, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert "canary" not in command("doctor", "--home", new_home).complaint()


@pytest.mark.parametrize("address", [UNREACHABLE, "postgresql://user@127.0.0.1:1/x?password=canary", "canary"])
def test_a_password_in_the_file_is_refused(new_home: Path, address: str, command: Callable[..., Any]) -> None:
    (new_home / "forecaster.toml").write_text(f'[data]\ndatabase = "{address}"\n')
    complaint = command("doctor", "--home", new_home).complaint()
    assert "set FORECASTER__DATA__DATABASE in the environment" in complaint
    assert "canary" not in complaint


@pytest.mark.parametrize("words", [("doctor",), ("ledger", "verify"), ("backup", "b.backup")], ids=" ".join)
@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_no_address_is_shown_with_its_secret(
    new_home: Path,
    address: str,
    words: tuple[str, ...],
    command: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", address)
    assert CANARY.lower() not in command(*words, "--home", new_home).complaint().lower()
    with pytest.raises(Exception, match=r".") as caught:
        command(*words, "--home", new_home, "--debug")
    assert CANARY.lower() not in "".join(traceback.format_exception(caught.value)).lower()


@pytest.mark.parametrize("address", ADDRESSES.values(), ids=ADDRESSES)
def test_no_file_keeps_a_secret(new_home: Path, address: str, command: Callable[..., Any]) -> None:
    (new_home / "forecaster.toml").write_text(f'[data]\ndatabase = "{address}"\n')
    complaint = command("doctor", "--home", new_home).complaint()
    assert "set FORECASTER__DATA__DATABASE in the environment" in complaint
    assert CANARY.lower() not in complaint.lower()


@pytest.mark.parametrize("value", [CANARY, f'["{CANARY}"]', f'{{"database": {{"a": "{CANARY}"}}}}'])
def test_the_traceback_of_a_mistake_shows_nothing(
    new_home: Path, value: str, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTER__DATA", value)
    with pytest.raises(Exception, match=r"setting|variables") as caught:
        command("doctor", "--home", new_home, "--debug")
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_the_traceback_shows_no_password_either(new_home: Path, shell: Callable[..., Any]) -> None:
    said = shell("doctor", "--home", new_home, "--debug", FORECASTER__DATA__DATABASE=UNREACHABLE)
    assert "Traceback" in said.err
    assert "canary" not in said.out + said.err


def test_a_working_address_is_told_without_its_password(
    home: Path, command: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite takes no password, but the place is told by the same words."""
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", f"sqlite:///{home / 'other.db'}")
    said = command("doctor", "--json", "--home", home)
    assert str(home / "other.db") in said.out
    assert "data.database" not in said.out
    with closing(sqlite3.connect(home / "other.db")) as connection:
        assert connection.execute("SELECT count(*) FROM forecast").fetchone() == (0,)
