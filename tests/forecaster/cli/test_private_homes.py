"""A home is its owner's alone, whatever the umask; what a user asks for elsewhere is as the umask says."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from forecaster.privacy import narrow
from tests.cheap_settings import write_cheap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Command = Callable[..., Any]

UMASKS = [0, 0o002, 0o022, 0o077]


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def modes(folder: Path) -> dict[str, int]:
    return {path.relative_to(folder).as_posix(): mode(path) for path in sorted(folder.rglob("*"))}


@pytest.mark.parametrize("value", UMASKS, ids=oct)
def test_all_that_is_written_into_a_home_is_its_owners_alone(
    tmp_path: Path, value: int, command: Command, write_walk: Any
) -> None:
    home, file = tmp_path / "deep" / "home", write_walk(tmp_path / "walk.csv")
    with umask(value):
        commands = [
            ("ingest", "csv", file, "--symbol", "WALK", "--calendar", "24/7"),
            ("run", "--as-of", "2018-01-21", "--models", "climatology"),
            ("report", "--as-of", "2018-01-21"),
            ("ledger", "export", home / "r.csv"),
            ("backup", home / "b.backup"),
            ("report", "--out", home / "pages"),
        ]
        for words in commands:
            assert command(*words, "--home", home).code == 0
        assert os.umask(value) == value
    assert mode(home) == 0o700
    found = modes(home)
    assert {"forecaster.db", "reports/2018-01-21.pdf", "reports/2018-01-21.stamp", "b.backup", "r.csv"} <= set(found)
    assert {name: bits for name, bits in found.items() if bits not in {0o600, 0o700}} == {}
    assert all((bits == 0o700) == (home / name).is_dir() for name, bits in found.items())


@pytest.mark.parametrize("value", UMASKS, ids=oct)
def test_the_journal_is_too(tmp_path: Path, value: int) -> None:
    from sqlalchemy import URL  # noqa: PLC0415  # this test alone

    from ingest.database import open_engine, writing  # noqa: PLC0415

    with umask(value):
        engine = open_engine(URL.create("sqlite", database=str(tmp_path / "x.db")))
        with writing(engine) as connection:
            connection.exec_driver_sql("CREATE TABLE t (n INTEGER)")
            found = modes(tmp_path)
    assert found == {"x.db": 0o600, "x.db-journal": 0o600}


@pytest.mark.parametrize("value", UMASKS, ids=oct)
def test_what_a_user_asks_for_elsewhere_has_the_users_mode(
    home: Path, tmp_path: Path, value: int, command: Command
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with umask(value):
        for words in (
            ("ledger", "export", out / "r.csv"),
            ("report", "--out", out / "pages"),
            ("backtest", "--symbols", "WALK", "--last", "2", "--export", out / "back"),
        ):
            assert command(*words, "--home", home).code == 0
        assert command("backup", out / "b.backup", "--home", home).code == 0
    found = modes(out)
    assert found.pop("b.backup") == 0o600  # it holds the whole home
    assert {found["pages"], found["back"]} == {0o777 & ~value}
    asked = ("r.csv", "pages/2018-01-21.html", "pages/2018-01-21.pdf", "back/scores.csv", "back/report.pdf")
    assert {found[name] for name in asked} == {0o666 & ~value}


def test_an_open_home_in_use_is_narrowed_and_that_is_said_once(home: Path, command: Command) -> None:
    for path in (home, *home.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    first = command("data", "show", "--home", home)
    assert first.err == f"forecaster: others could enter the home {home}: from now on its owner alone can (mode 700)\n"
    assert command("data", "show", "--home", home).err == ""
    assert (mode(home), mode(home / "forecaster.db"), mode(home / "reports")) == (0o700, 0o600, 0o700)
    assert {mode(page) for page in (home / "reports").iterdir()} == {0o600}
    assert mode(home / "walk.csv") == 0o644  # the user's own file


def test_a_folder_made_for_a_home_is_narrowed_without_a_word(tmp_path: Path, command: Command) -> None:
    home = tmp_path / "home"
    home.mkdir()
    home.chmod(0o755)
    write_cheap(home, models=["climatology"])
    said = command("data", "show", "--home", home)
    assert (said.code, said.err, mode(home)) == (0, "", 0o700)


def test_who_reads_changes_no_mode(home: Path, command: Command) -> None:
    home.chmod(0o755)
    for words in (("ledger", "verify"), ("ledger", "show"), ("models",)):
        assert command(*words, "--home", home).err == ""
    assert mode(home) == 0o755


def test_a_folder_that_everybody_shares_and_a_users_own_stay_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared, own = tmp_path / "shared", tmp_path / "me"
    for folder, bits in ((shared, 0o1777), (own, 0o755)):
        folder.mkdir()
        folder.chmod(bits)
    monkeypatch.setenv("HOME", str(own))
    for folder in (shared, own, tmp_path):
        before = mode(folder)
        narrow(folder)
        assert mode(folder) == before
    (own / "home").mkdir()
    (own / "home").chmod(0o755)
    narrow(own / "home")
    assert mode(own / "home") == 0o700


def test_a_database_elsewhere_and_a_home_on_a_server_are_private_too(
    url: str, tmp_path: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORECASTER__DATA__DATABASE", url)
    with umask(0):
        assert command("ingest", "simulated", "--home", tmp_path / "home").code == 0
    assert mode(tmp_path / "home") == 0o700
    assert {mode(file) for file in tmp_path.glob("*.db")} <= {0o600}
