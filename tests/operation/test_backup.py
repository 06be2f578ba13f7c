"""A backup holds every row byte for byte, and comes back whole, into either kind of database, or not at all."""

from __future__ import annotations

import random
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import MetaData, event, select, text

from forecaster.errors import LedgerError
from forecaster.operation import daily
from forecaster.operation.backup import backup, restore
from forecaster.operation.home import Home, open_home
from forecaster.operation.ledger import Ledger
from forecaster.operation.seal import seal
from ingest.assets import Asset
from ingest.database import open_engine, reading, writing
from ingest.errors import StoreError
from ingest.migrations import INGEST, steps
from ingest.panel import panel_rows
from tests.bad_places import fill, small_disk
from tests.cheap_settings import write_cheap
from tests.ingest.postgres import emptied

if TYPE_CHECKING:
    from sqlalchemy import Engine

WALK = Asset("WALK", calendar="24/7", source="csv_file", attention_kind="tweets a day")
NOW = datetime(2018, 2, 1, tzinfo=UTC)


def walk(sessions: int) -> pd.DataFrame:
    """A seeded random walk from 2017-07-01 on, with gaps."""
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, 250)))
    volume = np.where(np.arange(250) % 7, rng.lognormal(10, 0.5, 250), np.nan)
    days = pd.date_range("2017-07-01", periods=sessions, unit="us")
    return panel_rows("WALK", days, {"close": close[:sessions], "volume": volume[:sessions]}, "csv_file")


def everything(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, with the type of each value; numbers to the last bit."""
    metadata = MetaData()
    with reading(engine) as connection:
        metadata.reflect(connection)
        return {
            table.name: [
                {name: repr(value) for name, value in row.items()}
                for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            ]
            for table in metadata.sorted_tables
        }


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with two runs of a random walk, a claim, and one row a table of hard values. Not to be changed."""
    folder = tmp_path_factory.mktemp("source")
    write_cheap(folder, models=["climatology"])
    home = open_home(folder)
    home.store.append(WALK, walk(200), NOW)
    for day in ("2018-01-14", "2018-01-15"):
        daily.run(home, pd.Timestamp(day))
    home.claims.claim("24/7", pd.Timestamp("2018-01-15"), "me", timedelta(minutes=5))
    with writing(home.ledger.engine) as connection:
        connection.execute(text("CREATE TABLE odd (id INTEGER PRIMARY KEY, d DOUBLE, b BLOB, t TEXT, f BOOLEAN)"))
        connection.execute(
            text("INSERT INTO odd VALUES (7, :d, :b, :t, :f)"),
            {"d": 5e-324, "b": bytes(range(256)), "t": "é\n'\"", "f": True},
        )
        connection.execute(text("INSERT INTO odd VALUES (9, NULL, NULL, NULL, NULL), (11, 0.1, x'', '', 0)"))
    return home


@pytest.fixture(scope="module")
def saved(source: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the home without the odd table. Not to be changed."""
    folder = tmp_path_factory.mktemp("saved")
    shutil.copy(source.folder / "forecaster.db", folder / "plain.db")
    plain = open_engine(f"sqlite:///{folder / 'plain.db'}")
    with writing(plain) as connection:
        connection.execute(text("DROP TABLE odd"))
    backup(plain, folder / "home.backup")
    return folder / "home.backup"


@pytest.fixture
def target(url: str, tmp_path: Path) -> Home:
    """An empty home on each kind of database."""
    write_cheap(tmp_path, models=["climatology"])
    return open_home(tmp_path, {"data": {"database": url}})


@pytest.fixture
def empty(tmp_path: Path) -> Home:
    """An empty home."""
    return open_home(tmp_path / "empty")


def test_a_backup_is_an_sqlite_database_with_every_row(source: Home, tmp_path: Path) -> None:
    contents = backup(source.ledger.engine, tmp_path / "b.db")
    assert (contents.assets, contents.rows, contents.forecasts) == (1, 200, 2)
    assert contents.heads == source.ledger.heads()
    assert contents.told == "1 asset, 200 rows, 2 forecasts"
    assert [file.name for file in tmp_path.iterdir()] == ["b.db"]
    with closing(sqlite3.connect(tmp_path / "b.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    copy = open_engine(f"sqlite:///{tmp_path / 'b.db'}")
    assert everything(copy) == everything(source.ledger.engine)
    assert everything(copy)["odd"][0]["d"] == "5e-324"
    assert Ledger(copy).verify() is None


def test_restored_rows_are_those_of_the_backup_and_the_next_run_goes_on(saved: Path, target: Home) -> None:
    before = saved.read_bytes()
    contents = restore(target.ledger.engine, saved)
    original = everything(open_engine(f"sqlite:///{saved.parent / 'plain.db'}"))
    restored = everything(target.ledger.engine)
    assert {name: restored[name] for name in original} == original
    assert target.ledger.verify() is None
    assert target.ledger.heads() == contents.heads
    assert saved.read_bytes() == before

    target.store.append(WALK, walk(203), NOW)
    summary = daily.run(target, pd.Timestamp("2018-01-16"))
    assert (summary.recorded, summary.settled) == (1, 1)
    assert target.ledger.verify() is None
    assert target.claims.claim("24/7", pd.Timestamp("2018-01-16"), "me", timedelta(minutes=5))
    after = everything(target.ledger.engine)
    for name, rows in original.items():
        assert [row for row in after[name] if row in rows] == rows, name
    assert [row["seq"] for row in after["forecast"]] == ["1", "2", "3"]
    assert [int(row["id"]) for row in after["vintage"]] == list(range(1, 204))


def test_there_and_back_again_is_the_same(saved: Path, target: Home, tmp_path: Path) -> None:
    """From SQLite to each kind of database, and from that to SQLite again."""
    restore(target.ledger.engine, saved)
    backup(target.ledger.engine, tmp_path / "again.backup")
    home = open_home(tmp_path / "last")
    restore(home.ledger.engine, tmp_path / "again.backup")
    assert everything(home.ledger.engine) == everything(target.ledger.engine)
    assert {k: v for k, v in everything(home.ledger.engine).items() if v} == {
        k: v for k, v in everything(open_engine(f"sqlite:///{saved}")).items() if v
    } | {"ingest_version": [{"version_num": repr(INGEST.newest)}]}


def test_a_home_with_rows_is_refused_and_keeps_them(saved: Path, target: Home) -> None:
    target.store.append(WALK, walk(20), NOW)
    before = everything(target.ledger.engine)
    with pytest.raises(LedgerError, match=r"already holds rows of asset: restore into an empty home, another one with"):
        restore(target.ledger.engine, saved)
    assert everything(target.ledger.engine).items() >= before.items()


def test_a_claim_in_an_empty_home_gives_way(saved: Path, empty: Home) -> None:
    empty.claims.claim("24/7", pd.Timestamp("2018-01-15"), "another", timedelta(minutes=5))
    restore(empty.ledger.engine, saved)
    assert empty.claims.table()["owner"].tolist() == ["me"]


def test_a_file_that_is_there_is_never_written_over(source: Home, tmp_path: Path) -> None:
    (tmp_path / "b.db").write_text("precious")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    for name in ("b.db", "link", "."):
        with pytest.raises(LedgerError, match="is there already: choose another name"):
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
        with pytest.raises(LedgerError, match=r"is damaged|is no whole backup|newer version") as fault:
            restore(empty.ledger.engine, damaged)
        assert str(fault.value).startswith(str(damaged))
    for length in (0, 1, 100, 4096, len(content) // 2, len(content) - 1):
        damaged.write_bytes(content[:length])
        with pytest.raises(LedgerError, match="it was cut short"):
            restore(empty.ledger.engine, damaged)
    damaged.write_bytes(content + b"\n")
    with pytest.raises(LedgerError, match="is no whole backup"):
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
        ("UPDATE forecast SET reason = 'another' WHERE seq = 2", r"a ledger that does not hold \(forecast row 2"),
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


def test_a_backup_from_before_migrations_is_brought_up_to_date_on_the_way(target: Home, tmp_path: Path) -> None:
    old = open_engine(f"sqlite:///{tmp_path / 'old.db'}")
    with writing(old) as connection:
        steps.run(connection, INGEST, None)
        for statement in (
            "DROP TABLE attention",
            "DROP TABLE quarantine",
            "ALTER TABLE vintage DROP COLUMN payload",
            "ALTER TABLE asset DROP COLUMN attention_source",
            "ALTER TABLE asset DROP COLUMN attention_lag_minutes",
            "INSERT INTO asset VALUES (4, 'WALK', '24/7', 'csv_file', 0, 'tweets a day', 0)",
            (
                "INSERT INTO vintage (id, symbol, session, close, source, known_at) "
                "VALUES (9, 'WALK', '2018-01-01', 0.1, 'csv_file', '2018-01-02T00:00:00.000000')"
            ),
        ):
            connection.execute(text(statement))
    contents = backup(old, tmp_path / "old.backup")
    assert (contents.assets, contents.rows, contents.forecasts) == (1, 1, 0)
    before = (tmp_path / "old.backup").read_bytes()
    assert restore(target.ledger.engine, tmp_path / "old.backup") == contents
    assert (tmp_path / "old.backup").read_bytes() == before
    rows = everything(target.ledger.engine)
    assert rows["vintage"][0] | {"id": "9", "close": "0.1", "open": "None", "payload": "''"} == rows["vintage"][0]
    assert target.store.asset("WALK").symbol == "WALK"
    target.store.append(WALK, walk(5), NOW)
    assert [int(row["id"]) for row in everything(target.ledger.engine)["vintage"]][-1] == 14


def test_a_ledger_that_does_not_hold_is_not_backed_up(source: Home, tmp_path: Path) -> None:
    shutil.copy(source.folder / "forecaster.db", tmp_path / "broken.db")
    with closing(sqlite3.connect(tmp_path / "broken.db")) as connection, connection:
        connection.execute("UPDATE forecast SET mean = 0.5 WHERE seq = 1")
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(LedgerError, match=r"a ledger that does not hold \(forecast row 1: its content is not what was"):
        backup(open_engine(f"sqlite:///{tmp_path / 'broken.db'}"), out / "b")
    assert list(out.iterdir()) == []


def test_a_writer_in_between_is_not_seen_in_half(
    saved: Path, target: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that writes while a backup is read: PostgreSQL lets it and does not show it, SQLite has it wait."""
    restore(target.ledger.engine, saved)
    before, tried = everything(target.ledger.engine), []
    monkeypatch.setattr("ingest.database.BUSY_SECONDS", 0.2)
    engine, other = open_engine(target.ledger.engine.url), open_engine(target.ledger.engine.url)

    @event.listens_for(engine, "after_cursor_execute")
    def disturb(*arguments: Any) -> None:
        if "FROM asset" in arguments[2] and not tried:
            tried.append(True)
            with suppress(StoreError), writing(other) as connection:
                connection.execute(text("DELETE FROM score"))

    backup(engine, tmp_path / "b")
    assert tried
    assert everything(open_engine(f"sqlite:///{tmp_path / 'b'}")) == before


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


def test_odd_tables_survive_there_and_back(source: Home, tmp_path: Path, server: str) -> None:
    """Hard values by way of PostgreSQL's own types: doubles, bytes, text, truth and NULL."""
    engine = emptied(open_engine(server))
    home = open_home(tmp_path / "there", {"data": {"database": server}})
    with writing(engine) as connection:
        connection.execute(
            text("CREATE TABLE odd (id SERIAL PRIMARY KEY, d DOUBLE PRECISION, b BYTEA, t TEXT, f BOOLEAN)")
        )
    backup(source.ledger.engine, tmp_path / "b")
    restore(home.ledger.engine, tmp_path / "b")
    assert everything(engine)["odd"] == everything(source.ledger.engine)["odd"]
    with writing(engine) as connection:
        assert connection.execute(text("INSERT INTO odd (d) VALUES (1) RETURNING id")).scalar() == 12
    backup(engine, tmp_path / "c")
    assert everything(open_engine(f"sqlite:///{tmp_path / 'c'}"))["odd"][:3] == everything(source.ledger.engine)["odd"]
