"""`forecaster backup` and `restore` as a user types them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_backup_restored_elsewhere_is_the_same_home(
    finished_home: Path, new_home: Path, tmp_path: Path, command: Callable[..., Any], rows_of: Any
) -> None:
    file = tmp_path / "home.backup"
    said = command("backup", file, "--home", finished_home)
    assert (said.code, said.err) == (0, "")
    verified = command("ledger", "verify", "--home", finished_home).out
    first, *heads = said.out.splitlines()
    assert first == f"1 asset, 200 rows, 4 forecasts written to {file}."
    assert [head.split(":")[0] for head in heads] == ["event", "forecast", "outcome", "score", "token"]
    assert all(head.split()[-1] in verified for head in heads[:-1])

    said = command("restore", file, "--home", new_home)
    assert said.out.splitlines() == [
        f"1 asset, 200 rows, 4 forecasts restored to {new_home / 'forecaster.db'}.",
        *heads,
    ]
    assert rows_of(new_home) == rows_of(finished_home)
    assert command("ledger", "verify", "--home", new_home).out == verified
    assert command("run", "--as-of", "2018-01-21", "--home", new_home).code == 0
    assert command("report", "--as-of", "2018-01-20", "--home", new_home).code == 0


def test_what_cannot_be_done_is_one_line(
    finished_home: Path, home: Path, new_home: Path, tmp_path: Path, command: Callable[..., Any], rows_of: Any
) -> None:
    file = tmp_path / "home.backup"
    command("backup", file, "--home", finished_home)
    before, kept = file.read_bytes(), rows_of(home)
    assert "already exists: choose another name" in command("backup", file, "--home", home).complaint()
    complaint = command("restore", file, "--home", home).complaint()
    assert f"{home / 'forecaster.db'} already holds rows of asset: restore into an empty home" in complaint
    assert rows_of(home) == kept
    assert "cannot be written" in command("backup", tmp_path / "no" / "b", "--home", home).complaint()
    assert "cannot be read" in command("restore", tmp_path / "absent", "--home", new_home).complaint()
    assert file.read_bytes() == before
    file.write_bytes(before[: len(before) // 2])
    assert "cut short" in command("restore", file, "--home", new_home).complaint()
    assert not any(rows_of(new_home).values())


def test_a_backup_needs_a_file(command: Callable[..., Any]) -> None:
    for name in ("backup", "restore"):
        assert "Missing argument 'file'" in command(name).complaint(2)
