"""A backup holds every row byte for byte, and comes back whole, into either kind of database."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from sqlalchemy import Engine, event, text

from forecaster.operation import daily
from forecaster.records.backup import backup, restore
from forecaster.records.home import Home, open_home
from forecaster.records.ledger import Ledger
from forecaster.records.migrations import HOME
from forecaster.records.seal import seal
from ingest.database import open_engine, writing
from tests.forecaster.records import former_home
from tests.forecaster.records.first_tables import first
from tests.ingest.postgres import emptied
from tests.ingest.rows import everything
from tests.walk import NOW, WALK, walk

if TYPE_CHECKING:
    from pathlib import Path


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
    } | {"ingest_version": [{"version_num": repr(HOME.newest)}]}


def test_a_claim_in_an_empty_home_gives_way(saved: Path, empty: Home) -> None:
    empty.claims.claim("24/7", pd.Timestamp("2018-01-15"), "another", timedelta(minutes=5))
    restore(empty.ledger.engine, saved)
    assert empty.claims.table()["owner"].tolist() == ["me"]


def test_a_backup_from_before_migrations_is_brought_up_to_date_on_the_way(target: Home, tmp_path: Path) -> None:
    old = open_engine(f"sqlite:///{tmp_path / 'old.backup'}")
    first(old)
    with writing(old) as connection:
        for statement in (
            "DELETE FROM vintage",
            "DELETE FROM asset",
            "INSERT INTO asset VALUES (4, 'WALK', '24/7', 'csv_file', 0, 'tweets a day', 0)",
            (
                "INSERT INTO vintage (id, symbol, session, close, source, known_at) "
                "VALUES (9, 'WALK', '2018-01-01', 0.1, 'csv_file', '2018-01-02T00:00:00.000000')"
            ),
        ):
            connection.execute(text(statement))
    seal(tmp_path / "old.backup")
    before = (tmp_path / "old.backup").read_bytes()
    contents = restore(target.ledger.engine, tmp_path / "old.backup")
    assert (contents.assets, contents.rows, contents.forecasts) == (1, 1, 0)
    assert (tmp_path / "old.backup").read_bytes() == before
    rows = everything(target.ledger.engine)
    assert rows["vintage"][0] | {"id": "9", "close": "0.1", "open": "None", "payload": "''"} == rows["vintage"][0]
    assert target.store.asset("WALK").symbol == "WALK"
    target.store.append(WALK, walk(5), NOW)
    assert [int(row["id"]) for row in everything(target.ledger.engine)["vintage"]][-1] == 14


def test_a_backup_of_the_program_before_is_brought_up_to_date_on_the_way(target: Home, tmp_path: Path) -> None:
    """Its record has no formats: it comes back as it was written, and the hashes of its trials are those of today."""
    former_home.former(open_engine(f"sqlite:///{tmp_path / 'old.backup'}"))
    seal(tmp_path / "old.backup")
    contents = restore(target.ledger.engine, tmp_path / "old.backup", target.settings)
    record = dict(former_home.rows())
    former = {table: record[table][-1]["row_hash"] for table in ("forecast", "outcome", "score")}
    assert former.items() <= contents.heads.items()
    assert target.ledger.heads() == contents.heads
    assert target.ledger.verify() is None
    assert target.trials.count() == len(record["trial"])
    assert everything(target.ledger.engine)["ingest_version"] == [{"version_num": repr(HOME.newest)}]


def test_a_writer_in_between_gets_through_and_is_not_seen(
    saved: Path, target: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that writes while a backup reads row after row, and would not wait long."""
    restore(target.ledger.engine, saved)
    before, tried = everything(target.ledger.engine), []
    monkeypatch.setattr("ingest.database.BUSY_SECONDS", 0.2)
    other = open_engine(target.ledger.engine.url)

    def disturb(*arguments: Any) -> None:
        if "FROM asset" in arguments[2] and not tried:
            tried.append(True)
            with writing(other) as connection:
                connection.execute(text("DELETE FROM score"))

    event.listen(Engine, "after_cursor_execute", disturb)
    try:
        backup(target.ledger.engine, tmp_path / "b")
    finally:
        event.remove(Engine, "after_cursor_execute", disturb)
    assert tried
    assert everything(open_engine(f"sqlite:///{tmp_path / 'b'}")) == before
    assert everything(target.ledger.engine)["score"] == []


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
