"""Homes that cannot be used: not writable, or on a disk that is full while the ledger is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.bad_places import fill, small_disk, without_rights
from tests.cheap_settings import write_cheap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_a_home_below_a_file_is_one_line(home: Path, command: Callable[..., Any]) -> None:
    for place in (home / "walk.csv", home / "walk.csv" / "below"):
        complaint = command("run", "--home", place).complaint()
        assert complaint.startswith(f"the home {place} cannot be written to")
        assert "choose another with --home DIR or FORECASTER_HOME" in complaint


def test_a_home_without_permission_is_one_line(home: Path, command: Callable[..., Any], rows_of: Any) -> None:
    before = rows_of(home)
    home.chmod(0o555)
    with without_rights(home.parent):
        complaint = command("run", "--home", home).complaint()
    home.chmod(0o755)
    assert complaint.startswith(f"the home {home} cannot be written to (Permission denied)")
    assert rows_of(home) == before


@pytest.mark.parametrize("left", [0, 16_384, 65_536])
def test_a_full_disk_loses_nothing_and_the_next_run_recovers(
    tmp_path: Path, left: int, command: Callable[..., Any], rows_of: Any, write_walk: Any
) -> None:
    with small_disk(tmp_path / "disk", "2m") as home:
        write_cheap(home, models=["climatology"])
        file = write_walk(tmp_path / "walk.csv")
        command("ingest", "csv", file, "--symbol", "WALK", "--calendar", "24/7", "--home", home)
        assert command("run", "--as-of", "2018-01-20", "--home", home).code == 0
        before, heads = rows_of(home), command("ledger", "verify", "--home", home).out
        ballast = fill(home, left)

        complaint = command("run", "--as-of", "2018-01-21", "--home", home).complaint()
        assert "space" in complaint
        ballast.unlink()
        after = rows_of(home)
        assert {table: rows[: len(before[table])] for table, rows in after.items()} == before
        if left == 0:
            assert command("ledger", "verify", "--home", home).out == heads
        assert command("run", "--as-of", "2018-01-21", "--home", home).code == 0
        assert [row[3] for row in rows_of(home)["forecast"]] == ["2018-01-20", "2018-01-21"]
        assert len(rows_of(home)["score"]) == 1
        assert command("ledger", "verify", "--home", home).code == 0
