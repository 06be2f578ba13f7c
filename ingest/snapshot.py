"""One state of a database, to be read for as long as it takes while others write.

PostgreSQL shows a reader one state anyway. On SQLite nobody can finish writing while somebody reads: its pages are
copied first, some at a time, and the copy is read. Where somebody wrote between two steps SQLite begins again; we then
take larger steps, and at last all pages in one, so that a writer waits for as many as it has to and no more.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Engine

from ingest.database import open_engine, place, plainly_said, reading
from ingest.errors import StoreError

STEPS = (1_000, 10_000, 100_000, -1)
"""Pages that are copied at a time, all at last; a page has 4 kB, a thousand take some milliseconds."""


@contextmanager
def still(engine: Engine, folder: Path) -> Iterator[Engine]:
    """A database that shows one state for as long as the block runs.

    Args:
        engine: From `open_engine`.
        folder: Where a copy may be for that time; nothing is left in it.

    Raises:
        StoreError: Where the database cannot be read, or the copy cannot be written.
    """
    if engine.dialect.name != "sqlite":
        yield engine
        return
    file = folder / "still.db"
    copy = open_engine(file)
    try:
        _copy(engine, copy, file)
        yield copy
    except StoreError as fault:
        raise StoreError(str(fault).replace(str(file), place(engine))) from fault
    finally:
        file.unlink(missing_ok=True)


class _Disturbed(Exception):  # no error: a sign to take larger steps
    """Somebody wrote between two steps."""


def _copy(engine: Engine, copy: Engine, file: Path) -> None:
    with reading(engine):  # a database that cannot be read says so here, as it does everywhere
        pass
    for pages in STEPS:
        with closing(engine.raw_connection()) as source, closing(sqlite3.connect(file)) as target:
            target.execute(
                "PRAGMA synchronous=OFF"
            )  # nobody needs this copy after a power cut, and writers wait for it
            try:
                source.driver_connection.backup(target, pages=pages, progress=_watched(engine))  # type: ignore[union-attr]
            except _Disturbed:
                continue
            except sqlite3.Error as fault:
                raise StoreError(plainly_said(copy, fault)) from fault
            return


def _watched(engine: Engine) -> Callable[[int, int, int], None]:
    """Looks at each step: whether SQLite began again, or waited for a writer in vain."""
    left: list[int] = []

    def watch(status: int, remaining: int, _total: int) -> None:
        if status in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise StoreError(plainly_said(engine, sqlite3.OperationalError("database is locked")))
        if left and remaining >= left[-1]:
            raise _Disturbed
        left.append(remaining)

    return watch
