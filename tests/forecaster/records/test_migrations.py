"""Databases of an older program: brought up to date whole or not at all, once, and no row changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, event, inspect, text

from forecaster.records.home import open_home
from forecaster.records.migrations import FIRST, HOME, Migrations, steps
from forecaster.records.preparation import METADATA, prepare
from ingest.database import open_engine, reading, writing
from ingest.errors import StoreError
from ingest.own_series import GivenSeries
from ingest.store import Store
from tests.forecaster.records.first_tables import ASSETS, ROWS, as_read_before, first
from tests.ingest.postgres import emptied
from tests.ingest.rows import everything

if TYPE_CHECKING:
    from pathlib import Path

LATER = f"{int(HOME.newest) + 1:04}"
NEWEST = [{"version_num": repr(HOME.newest)}]
STARTER = """
import sys, time
from pathlib import Path
from forecaster.records.migrations import Migrations
from forecaster.records.preparation import prepare
from ingest.database import open_engine
url, folder, start = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
time.sleep(max(0.0, start - time.time()))
prepare(open_engine(url), None, Migrations(folder, "ingest_version"))
print("alembic" in sys.modules)
"""
NOTED = """
CREATE TABLE note (n INTEGER);
ALTER TABLE asset ADD COLUMN colour VARCHAR(8) NOT NULL DEFAULT 'red';
UPDATE asset SET lag_minutes = 99;
INSERT INTO note VALUES (1)
"""


@pytest.fixture
def engine(url: str) -> Engine:
    """A database from before there were migrations, with rows."""
    return first(open_engine(url))


def schema(engine: Engine) -> dict[str, Any]:
    """Every table: columns by name, with type, NULL and default; keys; what is unique."""
    found = inspect(engine)
    return {
        name: {
            "columns": {
                c["name"]: (str(c["type"]), c["nullable"], c["default"], c.get("autoincrement"))
                for c in found.get_columns(name)
            },
            "unique": sorted(tuple(u["column_names"]) for u in found.get_unique_constraints(name)),
            "key": found.get_pk_constraint(name)["constrained_columns"],
            "foreign": [(f["constrained_columns"], f["referred_table"]) for f in found.get_foreign_keys(name)],
        }
        for name in found.get_table_names()
    }


def planted(folder: Path, *statements: str, breaks: str = "") -> Migrations:
    """The real revisions and one more, which runs statements and then breaks."""
    shutil.copytree(HOME.folder / "versions", folder / "versions", ignore=shutil.ignore_patterns("__pycache__"))
    lines = [f"    op.execute({' '.join(s.split())!r})" for s in statements]
    (folder / "versions" / f"v{LATER}_planted.py").write_text(
        "\n".join(
            [
                f"revision = '{LATER}'",
                f"down_revision = '{HOME.newest}'",
                "def upgrade(op):",
                *lines,
                f"    {breaks or 'pass'}",
            ]
        )
    )
    return Migrations(folder, "ingest_version")


def test_the_files_of_the_revisions_are_one_line_that_ends_at_the_newest() -> None:
    script = ScriptDirectory(str(HOME.folder))
    assert [step.revision for step in reversed(list(script.walk_revisions()))] == list(HOME.known)
    assert script.get_current_head() == HOME.newest
    assert HOME.known[0] == FIRST


def test_a_fresh_database_is_created_at_the_newest_revision_and_looked_at_again_changes_nothing(url: str) -> None:
    engine = open_engine(url)
    prepare(engine)
    before = schema(engine)
    assert set(before) == {"ingest_version", *(name for metadata in METADATA for name in metadata.tables)}
    assert everything(engine)["ingest_version"] == NEWEST
    prepare(engine)
    assert schema(engine) == before


def test_all_steps_from_nothing_make_the_same_as_a_fresh_database(url: str, tmp_path: Path) -> None:
    engine = open_engine(url)
    with writing(engine) as connection:
        steps.run(connection, HOME, None, None)
    stepped = schema(engine)
    fresh = engine_like(engine, tmp_path)
    for metadata in METADATA:
        metadata.create_all(fresh)
    assert stepped == schema(fresh)


def engine_like(engine: Engine, tmp_path: Path) -> Engine:
    """An empty database of the same kind."""
    if engine.dialect.name == "sqlite":
        return open_engine(f"sqlite:///{tmp_path / 'fresh.db'}")
    return emptied(engine)


def test_tables_from_before_migrations_become_those_of_today_and_every_row_stays(
    engine: Engine, tmp_path: Path
) -> None:
    before = as_read_before(engine)
    prepare(engine)
    assert as_read_before(engine) == before
    after = everything(engine)
    assert len(after["vintage"]) == len(ROWS)
    assert {row["payload"] for row in after["vintage"]} == {"''"}
    assert {(row["attention_source"], row["attention_lag_minutes"]) for row in after["asset"]} == {("''", "0")}
    assert after["ingest_version"] == NEWEST
    migrated = schema(engine)
    fresh = engine_like(engine, tmp_path)
    prepare(fresh)
    assert migrated == schema(fresh)


def test_a_home_from_before_series_keeps_its_rows_and_takes_a_series(url: str, tmp_path: Path) -> None:
    """Schema 0006 has no tables of series."""
    before = Migrations(tmp_path / "before", HOME.table)
    left_out = shutil.ignore_patterns("__pycache__", "v0007*")
    shutil.copytree(HOME.folder / "versions", before.folder / "versions", ignore=left_out)
    engine = open_engine(url)
    with writing(engine) as connection:
        steps.run(connection, before, None, None)
        before.marks.create(connection)
        connection.execute(before.marks.insert().values(version_num="0006"))
        for table, rows in (("asset", ASSETS), ("vintage", ROWS)):
            connection.execute(Table(table, MetaData(), autoload_with=connection).insert(), rows)
    kept = everything(engine)
    assert "series" not in kept
    prepare(engine)
    after = everything(engine)
    assert {name: rows for name, rows in after.items() if name in kept} | {"ingest_version": []} == {
        **kept,
        "ingest_version": [],
    }
    assert (after["series"], after["series_vintage"], after["ingest_version"]) == ([], [], NEWEST)
    values = pd.Series([0.25], index=pd.DatetimeIndex(["2024-01-02"]))
    given = GivenSeries("implied_volatility", "implied_volatility", 15, values, "csv_file", "f" * 64)
    assert Store(engine).append_series("S0", given, datetime(2024, 6, 1, tzinfo=UTC)).new == 1


def test_a_program_from_before_can_still_write_to_what_was_migrated(engine: Engine) -> None:
    prepare(engine)
    with writing(engine) as connection:
        connection.execute(
            text(
                "INSERT INTO vintage (symbol, session, close, source, known_at) "
                "VALUES ('S0', '2024-03-01', 1.5, 'x', '2024-04-01T00:00:00.000000')"
            )
        )
    assert everything(engine)["vintage"][-1]["id"] == str(len(ROWS) + 1)


def test_tables_that_are_there_whole_without_a_revision_are_marked_only(url: str) -> None:
    """As `ingest` alone leaves them."""
    engine = open_engine(url)
    Store(engine)
    assert "ingest_version" not in schema(engine)
    prepare(engine)
    assert everything(engine)["ingest_version"] == NEWEST


@pytest.mark.parametrize(
    "breaks", ["op.execute('SELECT nothing FROM nowhere')", "raise ValueError('no such\\nthing')", "import absent_one"]
)
def test_a_step_that_fails_leaves_tables_revision_and_rows_as_they_were(
    engine: Engine, tmp_path: Path, breaks: str
) -> None:
    """From before migrations several revisions are due; the last fails after it has changed much."""
    tables, rows, read = schema(engine), everything(engine), as_read_before(engine)
    migrations = planted(tmp_path / "later", *NOTED.split(";"), breaks=breaks)
    with pytest.raises(StoreError) as fault:
        prepare(engine, None, migrations)
    said = str(fault.value)
    assert "\n" not in said
    assert f"could not be upgraded from schema {FIRST} to {LATER}" in said
    assert "its tables and rows are as they were, and the former version of this program can go on with them" in said
    assert (schema(engine), everything(engine), as_read_before(engine)) == (tables, rows, read)
    prepare(engine)
    assert as_read_before(engine) == read


@pytest.mark.parametrize("count", [0, 2, 4])
def test_a_program_killed_after_any_step_leaves_everything_as_it_was(
    engine: Engine, url: str, tmp_path: Path, count: int
) -> None:
    tables, rows = schema(engine), everything(engine)
    kill = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"
    migrations = planted(tmp_path / "later", *NOTED.split(";")[:count], breaks=kill)
    done = subprocess.run([sys.executable, "-c", STARTER, url, str(migrations.folder), "0"], check=False)
    assert done.returncode == -9
    assert (schema(engine), everything(engine)) == (tables, rows)
    prepare(engine)
    assert everything(engine)["ingest_version"] == NEWEST


def test_four_processes_at_once_migrate_once(engine: Engine, url: str, tmp_path: Path) -> None:
    read = as_read_before(engine)
    statements = [s for s in NOTED.split(";") if "UPDATE" not in s]
    migrations = planted(tmp_path / "later", *statements, breaks="import time; time.sleep(1)")
    command = [sys.executable, "-c", STARTER, url, str(migrations.folder), str(time.time() + 3)]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    answers = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * 4, answers
    assert sorted(out.strip() for out, _ in answers) == ["False"] * 3 + ["True"]
    with reading(engine) as connection:
        assert connection.execute(text("SELECT n FROM note")).all() == [(1,)]
        assert connection.execute(text("SELECT version_num FROM ingest_version")).all() == [(LATER,)]
    assert as_read_before(engine) == read


def test_a_database_of_a_newer_program_is_refused_and_unchanged(engine: Engine, tmp_path: Path) -> None:
    prepare(engine, None, planted(tmp_path / "later", *NOTED.split(";")))
    tables, rows = schema(engine), everything(engine)
    with pytest.raises(StoreError, match=r"written by a newer version of this program .*update the program; nothing"):
        prepare(engine)
    assert (schema(engine), everything(engine)) == (tables, rows)


def test_what_is_up_to_date_costs_no_write_and_no_import(tmp_path: Path) -> None:
    path = tmp_path / "market.db"
    prepare(open_engine(f"sqlite:///{path}"))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    script = STARTER + "import json; print(json.dumps(sorted(m for m in sys.modules if m in ('alembic', 'mako'))))"
    command = [sys.executable, "-c", script, f"sqlite:///{path}", str(HOME.folder), "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_a_home_that_is_up_to_date_is_opened_by_two_reads(tmp_path: Path) -> None:
    open_home(tmp_path)
    begun: list[bool] = []

    def begins(connection: Connection) -> None:
        begun.append(connection.get_execution_options().get("writes", False))

    event.listen(Engine, "begin", begins)
    try:
        open_home(tmp_path)
    finally:
        event.remove(Engine, "begin", begins)
    assert begun == [False, False]  # its tables, and its clock


def test_a_home_of_today_whose_table_lacks_a_column_is_refused_when_it_is_opened(tmp_path: Path) -> None:
    """Not only when the column is first needed, which may be weeks later."""
    open_home(tmp_path)
    with writing(open_engine(f"sqlite:///{tmp_path / 'forecaster.db'}")) as connection:
        connection.execute(text("ALTER TABLE score DROP COLUMN crps"))
    before = (tmp_path / "forecaster.db").read_bytes()
    with pytest.raises(StoreError, match=r"table score lacks crps, .*: restore a backup; nothing was changed"):
        open_home(tmp_path)
    assert (tmp_path / "forecaster.db").read_bytes() == before


def test_a_full_disk_in_a_migration_is_one_line_that_says_so(tmp_path: Path) -> None:
    engine = first(open_engine(f"sqlite:///{tmp_path / 'market.db'}"))
    rows = everything(engine)
    big = "CREATE TABLE big AS SELECT a.* FROM vintage a, vintage b"
    limit = f"op.execute('PRAGMA max_page_count = 1'); op.execute('{big}')"
    with pytest.raises(StoreError, match=r"\(the disk is full: free some space at .*former version"):
        prepare(engine, None, planted(tmp_path / "later", breaks=limit))
    assert everything(engine) == rows
