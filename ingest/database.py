"""The one door to SQL: engines, transactions, tables made ready, and every database fault as one plain line.

SQLite by default, PostgreSQL by URL, the same code on both. On either, one writer at a time:

- SQLite: rollback journal and `synchronous=FULL` (versions before 3.51.3 can corrupt a WAL
  database under two checkpointing connections); the driver's own transactions are off, since
  their late locking loses concurrent updates, and a write begins with `BEGIN IMMEDIATE`.
- PostgreSQL: a write first takes one advisory lock for the length of its transaction. A hash
  chain, or "is this row stored yet?", then means the same on both; a read sees one snapshot.

Each transaction has a connection of its own: none is kept open, gone stale, or shared with a fork, and nothing of it
outlives the transaction, so that a pooler may stand between. A database's file is its owner's alone, and SQLite gives
its journal the same mode. A secret of an address is never part of a message.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, MetaData, NullPool, create_engine, event, inspect, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ingest.database_address import ADDRESS, Address, parsed, scrubbed
from ingest.errors import ReadOnlyError, StoreError

BUSY_SECONDS = 30
"""How long a writer waits for another before it gives up."""

_WRITERS = 0x666F7265
"""The advisory lock that writers share on PostgreSQL; any fixed number does."""


def open_engine(url: str | URL | Path, *, make: bool = True) -> Engine:
    """An engine on a database; nothing is read or written yet.

    Args:
        url: `sqlite:///path/to/file` or `postgresql+psycopg://user:password@host/name`, as text or taken apart; or the
            path of an SQLite file, which is not made part of a text first: `?`, `#` and `%` mean something there.
        make: Whether SQLite may make the file. One that may not be written is read all the same.

    Raises:
        StoreError: An address that is neither.

    >>> engine = open_engine("sqlite://")
    >>> with reading(engine) as connection:
    ...     connection.exec_driver_sql("SELECT 1").scalar()
    1
    """
    address = parsed(url)
    backend = address.url.get_backend_name()
    if backend not in {"sqlite", "postgresql"}:
        raise StoreError(f"{backend} is not a supported database: {ADDRESS}")
    try:
        return _sqlite(address.url, make=make) if backend == "sqlite" else _postgresql(address)
    except (SQLAlchemyError, ValueError, TypeError):
        raise StoreError(ADDRESS) from None  # they may say it


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction: all of it is stored, or nothing; other writers wait.

    Raises:
        StoreError: The database cannot be written; nothing was changed.
    """
    with _plainly(engine), engine.execution_options(writes=True).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _WRITERS})
        yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One read transaction, which sees one state of the database throughout.

    Raises:
        StoreError: The database cannot be read.
    """
    snapshot = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    with _plainly(engine), engine.execution_options(**snapshot).begin() as connection:
        yield connection


def prepare(engine: Engine, tables: MetaData) -> None:
    """Creates the tables that are absent; where none is, that costs one read and nothing is written.

    Args:
        engine: From `open_engine`.
        tables: What must be there.

    Raises:
        StoreError: The database cannot be read or written, or a table is there that lacks a column; nothing was
            changed.
    """
    with reading(engine) as connection:
        if _complete(connection, tables):
            return
    with writing(engine) as connection:
        if not _complete(connection, tables):  # another process may have been first
            tables.create_all(connection)


def lacking(connection: Connection, tables: MetaData) -> dict[str, list[str]]:
    """The columns that tables lack which are there: table -> columns, nothing for one that is whole or absent."""
    found = inspect(connection)
    present = [name for name in tables.tables if found.has_table(name)]
    columns = {name: {column["name"] for column in found.get_columns(name)} for name in present}
    missing = {name: [c for c in tables.tables[name].c.keys() if c not in columns[name]] for name in present}  # noqa: SIM118  # columns have keys
    return {name: names for name, names in missing.items() if names}


def plainly_said(engine: Engine, error: Exception) -> str:
    """Any fault as one line: what, where, and what to do where the database raised it."""
    known = isinstance(error, (SQLAlchemyError, sqlite3.Error))
    return " ".join((_sentence(engine, error) if known else f"{type(error).__name__}: {error}").split())


def is_read_only(engine: Engine, error: Exception) -> bool:
    """Whether a fault is that the database may not be written."""
    return isinstance(error, (SQLAlchemyError, sqlite3.Error)) and _MAY_NOT in _sentence(engine, error)


def place(engine: Engine) -> str:
    """Where a database is, for people: a path, or an address without its password."""
    if engine.dialect.name == "sqlite":
        return engine.url.database or "memory"
    return engine.url.render_as_string(hide_password=True)


def kept_in(engine: Engine) -> Path | None:
    """The file of an SQLite database; None for one in memory, and for PostgreSQL."""
    url = engine.url
    memory = url.database in {None, "", ":memory:"} or "memory" in url.query.get("mode", "")
    return None if engine.dialect.name != "sqlite" or memory else Path(str(url.database))


def _sqlite(address: URL, *, make: bool) -> Engine:
    address = address.set(drivername="sqlite")
    options: dict[str, Any] = {} if address.database in {None, "", ":memory:"} else {"poolclass": NullPool}
    engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS}, **options)
    file = None if "uri" in address.query else kept_in(engine)

    @event.listens_for(engine, "do_connect")
    def opened(_dialect: object, _record: object, arguments: list[Any], options: dict[str, Any]) -> None:
        if file is not None and make:
            _make_private(file)
        elif file is not None:  # `rw` makes no file, and opens one that may not be written for reading
            arguments[:], options["uri"] = [f"{file.absolute().as_uri()}?mode=rw"], True

    @event.listens_for(engine, "connect")
    def prepare(raw: Any, _record: object) -> None:  # noqa: ANN401  # the driver's own connection
        raw.isolation_level = None
        for pragma in ("journal_mode=DELETE", "synchronous=FULL", "foreign_keys=ON"):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _make_private(file: Path) -> None:
    """Makes a file that its owner alone may open, where there is none; where that cannot be, SQLite says why."""
    with suppress(OSError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _postgresql(address: Address) -> Engine:
    secrets = address.secrets
    # A prepared statement belongs to a session, and a pooler gives the next transaction another one.
    options: dict[str, Any] = {"prepare_threshold": None, **address.hidden}
    url = address.url.set(drivername="postgresql+psycopg")
    engine = create_engine(url, poolclass=NullPool, connect_args=options)

    @event.listens_for(engine, "do_connect")
    def connected(dialect: Any, _record: object, arguments: list[Any], options: dict[str, Any]) -> Any:  # noqa: ANN401  # the driver's own connection
        try:
            return dialect.connect(*arguments, **options)
        except (dialect.loaded_dbapi.Error, ValueError, TypeError, OSError) as fault:  # whatever a parameter raises
            raise dialect.loaded_dbapi.OperationalError(scrubbed(str(fault), secrets)) from None

    return engine


def _complete(connection: Connection, tables: MetaData) -> bool:
    for name, columns in lacking(connection, tables).items():
        raise StoreError(
            f"{place(connection.engine)} is of an older version of this program: its table {name} lacks "
            f"{', '.join(columns)}: `forecaster doctor` brings the home that it belongs to up to date; {_UNCHANGED}"
        )
    return set(tables.tables) <= set(inspect(connection).get_table_names())


@contextmanager
def _plainly(engine: Engine) -> Iterator[None]:
    try:
        yield
    except SQLAlchemyError as error:
        kind = ReadOnlyError if is_read_only(engine, error) else StoreError
        raise kind(_sentence(engine, error)) from error


def _sentence(engine: Engine, error: Exception) -> str:
    """A database fault as one line: what, where, and what to do."""
    where = place(engine)
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = " ".join(str(original).split())
    code = getattr(original, "sqlite_errorname", "")
    folder = Path(where).parent if engine.dialect.name == "sqlite" else where
    for signs, sentence in _FAULTS:
        if any(sign in said or sign == code for sign in signs):
            return sentence.format(where=where, folder=folder, seconds=BUSY_SECONDS)
    return f"the database {where} refused the request ({said[:200]}); {_UNCHANGED}"


_UNCHANGED = "nothing already stored was changed"
_MAY_NOT = "may not be written: check its permissions"

_FAULTS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("disk is full", "No space left", "could not extend file"),
        f"the disk is full: free some space at {{folder}} and run again; {_UNCHANGED}",
    ),
    (
        ("disk I/O error",),
        f"the disk at {{folder}} failed while it was read or written: check it and run again; {_UNCHANGED}",
    ),
    (
        ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY"),
        (
            "{where} was left in the middle of a write that cannot be undone where nothing may be written: copy "
            "{folder} with every file in it to where it may be, and read the copy"
        ),
    ),
    (
        ("readonly database", "read-only", "permission denied"),
        f"{{where}} {_MAY_NOT}, or choose another home; {_UNCHANGED}",
    ),
    (
        ("unable to open database file",),
        "{where} cannot be opened: check that {folder} exists and may be written, or choose another home",
    ),
    (
        ("database is locked", "lock timeout"),
        f"another process keeps {{where}} busy: waited {{seconds}} seconds; run again later; {_UNCHANGED}",
    ),
    (
        ("not a database", "malformed"),
        "{where} is damaged or is not a database: restore a copy, or choose another home",
    ),
    (
        ("password authentication failed", "no password supplied"),
        "the database {where} refuses this user and password: check both",
    ),
    (
        (
            "connection failed",
            "could not connect",
            "connection refused",
            "failed to resolve",
            "server closed",
            "Is the server running",
        ),
        "the database {where} cannot be reached: check that the server runs, and its host, port and name",
    ),
)
"""Words in the driver's message -> our sentence."""
