"""What cannot be backed up or restored is refused in one plain line, and nothing is changed."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from forecaster.errors import LedgerError
from forecaster.records.backup import backup, restore
from forecaster.records.home import Home, open_home
from forecaster.records.seal import seal
from ingest.database import open_engine
from ingest.errors import StoreError
from tests.bad_places import fill, small_disk
from tests.ingest.rows import everything
from tests.walk import NOW, WALK, walk

if TYPE_CHECKING:
    from pathlib import Path


def test_a_home_with_rows_is_refused_and_keeps_them(saved: Path, target: Home) -> None:
    target.store.append(WALK, walk(20), NOW)
    before = everything(target.ledger.engine)
    with pytest.raises(LedgerError, match=r"already holds rows of asset: restore into an empty home, another one with"):
        restore(target.ledger.engine, saved)
    assert everything(target.ledger.engine).items() >= before.items()


def test_a_file_that_is_there_is_never_written_over(source: Home, tmp_path: Path) -> None:
    (tmp_path / "b.db").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("b.db", "link", "."):
        with pytest.raises(LedgerError, match="already exists: choose another name"):
            backup(source.ledger.engine, tmp_path / name)
    assert (tmp_path / "b.db").read_text() == "precious"


def test_any_changed_byte_and_any_cut_is_refused_and_nothing_is_changed(
    saved: Path, empty: Home, tmp_path: Path
) -> None:
    rng, content = random.Random(0), saved.read_bytes()  # noqa: S311  # no secret
    before = everything(empty.ledger.engine)
    damaged = tmp_path / "damaged"
    places = [0, 20, 100, len(content) - 1, len(content) - 30, len(content) - 90]
    for at in [*places, *(rng.randrange(len(content)) for _ in range(30))]:
        flipped = bytearray(content)
        flipped[at] ^= 1 << rng.randrange(8)
        damaged.write_bytes(flipped)
        with pytest.raises(LedgerError, match=r"is damaged|is not a complete backup|newer version") as fault:
            restore(empty.ledger.engine, damaged)
        assert str(fault.value).startswith(str(damaged))
    for length in (0, 1, 100, 4096, len(content) // 2, len(content) - 1):
        damaged.write_bytes(content[:length])
        with pytest.raises(LedgerError, match="it was cut short"):
            restore(empty.ledger.engine, damaged)
    damaged.write_bytes(content + b"\n")
    with pytest.raises(LedgerError, match="is not a complete backup"):
        restore(empty.ledger.engine, damaged)
    assert everything(empty.ledger.engine) == before
    restore(empty.ledger.engine, saved)


def test_what_is_no_backup_is_refused(source: Home, empty: Home, tmp_path: Path) -> None:
    (tmp_path / "prices.csv").write_text("Date,Close\n" * 500)
    for file in (tmp_path / "prices.csv", source.folder / "forecaster.db"):
        with pytest.raises(LedgerError, match="`forecaster backup` did not write it"):
            restore(empty.ledger.engine, file)
    for file in (tmp_path / "absent", tmp_path):
        with pytest.raises(LedgerError, match=r"cannot be read \((No such file|Is a directory).*nothing was changed"):
            restore(empty.ledger.engine, file)


def changed(saved: Path, file: Path, statement: str) -> Path:
    """A whole backup of something else: its seal is right."""
    content = saved.read_bytes()
    file.write_bytes(content[: content.rindex(b"\nforecaster backup")])
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute(statement)
    seal(file)
    return file


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE ingest_version SET version_num = '0900'", "was written by a newer version of this program"),
        ("CREATE TABLE later (id INTEGER PRIMARY KEY)", r"does not know \(later\): update the program"),
        ("ALTER TABLE forecast ADD COLUMN later TEXT", r"does not know \(later\): update the program"),
        ("UPDATE forecast SET reason = 'another' WHERE seq = 2", r"a ledger that fails verification \(forecast row 2"),
    ],
)
def test_what_is_of_a_newer_program_or_was_tampered_with_is_refused(
    saved: Path, target: Home, tmp_path: Path, statement: str, found: str
) -> None:
    if "ingest_version" in statement:
        first = open_home(tmp_path / "first")
        restore(first.ledger.engine, saved)
        saved = tmp_path / "marked.backup"
        backup(first.ledger.engine, saved)
    before = everything(target.ledger.engine)
    with pytest.raises((LedgerError, StoreError), match=found) as fault:
        restore(target.ledger.engine, changed(saved, tmp_path / "changed", statement))
    assert str(tmp_path / "changed") in str(fault.value)
    assert "nothing was changed" in str(fault.value)
    after = everything(target.ledger.engine)
    after.pop("ingest_version", None)
    before.pop("ingest_version", None)
    assert after == before


def test_a_ledger_that_does_not_hold_is_not_backed_up(source: Home, tmp_path: Path) -> None:
    shutil.copy(source.folder / "forecaster.db", tmp_path / "broken.db")
    with closing(sqlite3.connect(tmp_path / "broken.db")) as connection, connection:
        connection.execute("UPDATE forecast SET mean = 0.5 WHERE seq = 1")
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(
        LedgerError, match=r"forecast row 1 \(WALK climatology 2018-01-14\) does not hold: its content is not what was"
    ):
        backup(open_engine(f"sqlite:///{tmp_path / 'broken.db'}"), out / "b")
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("left", [1, 0.9, 0.5, 0.1])
def test_a_full_disk_leaves_no_file_and_one_line(saved: Path, tmp_path: Path, left: float) -> None:
    """Down to a disk that has room for all but the seal."""
    plain = open_engine(f"sqlite:///{saved.parent / 'plain.db'}")
    pages = int(saved.stat().st_size * left) // 4096
    with small_disk(tmp_path / "disk", f"{4 * pages}k") as disk:
        with pytest.raises((StoreError, LedgerError), match=r"disk is full|No space left") as fault:
            backup(plain, disk / "b")
        assert str(disk) in str(fault.value)
        assert ".backup-" not in str(fault.value)
        assert list(disk.iterdir()) == []


def test_a_full_disk_while_restoring_changes_nothing(saved: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "300k") as disk:
        home = open_home(disk)
        before = everything(home.ledger.engine)
        ballast = fill(disk, left=24_576)
        with pytest.raises(StoreError, match="the disk is full: free some space at"):
            restore(home.ledger.engine, saved)
        ballast.unlink()
        after = everything(home.ledger.engine)
        assert {name: after[name] for name in before} == before


def test_a_place_that_cannot_be_written_is_one_line(source: Home, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for place in (tmp_path / "no" / "such" / "b", tmp_path / "file" / "b"):
        with pytest.raises(LedgerError, match=r"cannot be written \((No such|Not a dir).*\): choose another place"):
            backup(source.ledger.engine, place)
