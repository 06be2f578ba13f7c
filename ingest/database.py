"""The one door to SQL: engines, transactions, tables made ready, and every database fault as one plain line.

SQLite by default, PostgreSQL by URL, the same code on both. On either, one writer at a time:

- SQLite: rollback journal and `synchronous=FULL` (versions before 3.51.3 can corrupt a WAL
  database under two checkpointing connections); the driver's own transactions are off, since
  their late locking loses concurrent updates, and a write begins with `BEGIN IMMEDIATE`.
- PostgreSQL: a write first takes one advisory lock for the length of its transaction. A hash
  chain, or "is this row stored yet?", then means the same on both; a read sees one snapshot.

Each transaction has a connection of its own: none is kept open, gone stale, or shared with a fork.
A password in a URL is never part of a message.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    MetaData,
    NullPool,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from ingest.errors import StoreError

BUSY_SECONDS = 30
"""How long a writer waits for another before it gives up."""

_WRITERS = 0x666F7265
"""The advisory lock that writers share on PostgreSQL; any fixed number does."""


def open_engine(url: str | URL) -> Engine:
    """An engine on a database; nothing is read or written yet.

    Args:
        url: `sqlite:///path/to/file` or `postgresql+psycopg://user:password@host/name`, as text or taken apart.

    Raises:
        StoreError: An address that is neither.

    >>> engine = open_engine("sqlite://")
    >>> with reading(engine) as connection:
    ...     connection.exec_driver_sql("SELECT 1").scalar()
    1
    """
    try:
        address = make_url(url)
    except (SQLAlchemyError, ValueError) as error:
        raise StoreError(_ADDRESS) from error
    if "password" in address.query:  # where it would be printed
        address = address.set(password=str(address.query["password"])).difference_update_query(["password"])
    backend = address.get_backend_name()
    if backend == "sqlite":
        return _sqlite(address)
    if backend == "postgresql":
        return create_engine(address.set(drivername="postgresql+psycopg"), poolclass=NullPool)
    raise StoreError(f"{backend} is not a supported database: {_ADDRESS}")


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


def has_password(url: str) -> bool:
    """Whether an address holds a password; an address that cannot be read is taken to.

    >>> has_password("postgresql+psycopg://user:secret@host/name"), has_password("sqlite:///file.db")
    (True, False)
    """
    try:
        address = make_url(url)
    except (SQLAlchemyError, ValueError):
        return True
    return address.password is not None or "password" in address.query


def plainly_said(engine: Engine, error: Exception) -> str:
    """Any fault as one line: what, where, and what to do where the database raised it."""
    known = isinstance(error, (SQLAlchemyError, sqlite3.Error))
    return " ".join((_sentence(engine, error) if known else f"{type(error).__name__}: {error}").split())


def place(engine: Engine) -> str:
    """Where a database is, for people: a path, or an address without its password."""
    if engine.dialect.name == "sqlite":
        return engine.url.database or "memory"
    return engine.url.render_as_string(hide_password=True)


_ADDRESS = "write the database's address as sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"


def _sqlite(address: URL) -> Engine:
    options: dict[str, Any] = {} if address.database in {None, "", ":memory:"} else {"poolclass": NullPool}
    engine = create_engine(address, connect_args={"timeout": BUSY_SECONDS}, **options)

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
        raise StoreError(_sentence(engine, error)) from error


def _sentence(engine: Engine, error: Exception) -> str:
    """A database fault as one line: what, where, and what to do."""
    where = place(engine)
    original = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    said = " ".join(str(original).split())
    folder = Path(where).parent if engine.dialect.name == "sqlite" else where
    for signs, sentence in _FAULTS:
        if any(sign in said for sign in signs):
            return sentence.format(where=where, folder=folder, seconds=BUSY_SECONDS)
    return f"the database {where} refused the request ({said[:200]}); {_UNCHANGED}"


_UNCHANGED = "nothing already stored was changed"

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
        ("readonly database", "read-only", "permission denied"),
        f"{{where}} may not be written: check its permissions, or choose another home; {_UNCHANGED}",
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
