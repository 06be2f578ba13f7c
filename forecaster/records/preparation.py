"""The tables of a home, made what this program expects before anything reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, inspect, select

import ingest.pauses
import ingest.tables
from forecaster.records import claims, replays, tables, tracks, trials
from forecaster.records.migrations import FIRST, HOME
from ingest.database import is_read_only, lacking, place, plainly_said, reading, writing
from ingest.errors import ReadOnlyError, StoreError

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

    from forecaster.records.migrations import Migrations
    from forecaster.settings import Settings

METADATA = (
    ingest.tables.METADATA,
    ingest.pauses.METADATA,
    tables.METADATA,
    replays.METADATA,
    tracks.METADATA,
    trials.METADATA,
    claims.METADATA,
)
"""Every table of a home, by who declares it."""
LASTING = (ingest.tables.METADATA, tables.METADATA)
"""Those of them whose rows nothing can compute again."""


def prepare(engine: Engine, settings: Settings | None = None, migrations: Migrations = HOME) -> None:
    """Makes the tables of a home what this program expects; where they are, that costs one read.

    An empty database is given them. Those of an older program are brought up to date: every step in one write
    transaction, so that all of them hold or none. Of many processes that start at once, one does it; the others wait,
    and find it done.

    Args:
        engine: From `ingest.database.open_engine`.
        settings: The home's: hashes of settings that an older program wrote are recognised by them. None where the
            home is not at hand; those of the defaults and presets are recognised all the same.
        migrations: How older tables become these.

    Raises:
        StoreError: Where the database cannot be read or written, is that of a newer program, is that of an older one
            and may not be written, lacks what no step can give back, or a step failed. In each case nothing was
            changed.
    """
    with reading(engine) as connection:
        if _ready(connection, migrations):
            return
    try:
        with writing(engine) as connection:
            if not _ready(connection, migrations):  # another process may have been first
                _bring_up_to_date(connection, migrations, settings)
    except ReadOnlyError as fault:
        raise StoreError(
            f"{place(engine)} is of an older version of this program, and may not be written to bring it up to date: "
            "read a copy that may be written; nothing was changed"
        ) from fault


def _ready(connection: Connection, migrations: Migrations) -> bool:
    present = set(inspect(connection).get_table_names())
    wanted = {name for metadata in METADATA for name in metadata.tables}
    newest = _revision(connection, present, migrations) == migrations.newest
    return newest and wanted <= present and not _lacking(connection)


def _lacking(connection: Connection) -> dict[str, list[str]]:
    """The columns that tables of a home lack which are there."""
    return {name: columns for metadata in METADATA for name, columns in lacking(connection, metadata).items()}


def _bring_up_to_date(connection: Connection, migrations: Migrations, settings: Settings | None) -> None:
    present = set(inspect(connection).get_table_names())
    revision = _revision(connection, present, migrations)
    if revision == migrations.newest:
        _refuse_dropped(connection, present)
    if revision is None and _lacking(connection):
        revision = FIRST
    if revision not in {None, migrations.newest}:
        _migrate(connection, migrations, str(revision), settings)
    for metadata in METADATA:
        metadata.create_all(connection)
    for table, columns in _lacking(connection).items():
        raise StoreError(
            f"{place(connection.engine)}: table {table} lacks {', '.join(columns)}, which no step of schema "
            f"{migrations.newest} can give back: restore a backup; nothing was changed"
        )
    marks = migrations.marks
    marks.create(connection, checkfirst=True)
    connection.execute(delete(marks))
    connection.execute(insert(marks).values(version_num=migrations.newest))


def _refuse_dropped(connection: Connection, present: set[str]) -> None:
    """A table that was there can be made again, its rows cannot."""
    gone = [name for metadata in LASTING for name in metadata.tables if name not in present]
    if gone:
        raise StoreError(
            f"{place(connection.engine)} lacks the {'table' if len(gone) == 1 else 'tables'} {', '.join(gone)}, which "
            "held the record or the market's data: restore a backup; nothing was changed"
        )


def _revision(connection: Connection, present: set[str], migrations: Migrations) -> str | None:
    """The revision of the tables, None where they bear none: they are new, or older than migrations."""
    if migrations.table not in present:
        return None
    found = str(connection.execute(select(migrations.marks.c.version_num)).scalar())
    if found not in migrations.known:
        raise StoreError(
            f"{place(connection.engine)} was written by a newer version of this program (schema {found}, "
            f"{migrations.newest} is known here): update the program; nothing was changed"
        )
    return found


def _migrate(connection: Connection, migrations: Migrations, revision: str, settings: Settings | None) -> None:
    from forecaster.records.migrations import steps  # noqa: PLC0415  # Alembic takes half a second to import

    try:
        steps.run(connection, migrations, revision, settings)
    except StoreError:  # it says what to do
        raise
    except Exception as error:  # whatever a step raises
        engine = connection.engine
        if is_read_only(engine, error):
            raise ReadOnlyError(plainly_said(engine, error)) from error
        raise StoreError(
            f"{place(engine)} could not be upgraded from schema {revision} to {migrations.newest} "
            f"({plainly_said(engine, error)}): its tables and rows are as they were, and the former version of this "
            "program can go on with them; run again, and if that fails too, report this line"
        ) from error
