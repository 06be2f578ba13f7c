"""A home's database as one file, and back: every table and every row, byte for byte.

A backup is an SQLite database, whatever the home keeps its own in, with a seal behind its last page: the sha256 of all
before it. It is written under another name and takes its own only when it is whole, checked and on the disk. It is
restored in one write transaction, into an empty home; one of an older program is brought up to date on the way.
"""

from __future__ import annotations

import errno
import hashlib
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    ForeignKeyConstraint,
    MetaData,
    Table,
    UniqueConstraint,
    delete,
    func,
    insert,
    select,
)

from forecaster.errors import LedgerError
from forecaster.records.ledger import Ledger
from forecaster.records.preparation import prepare
from forecaster.records.seal import renamed, seal, unseal
from forecaster.records.whole import naming
from ingest.database import open_engine, place, reading, writing
from ingest.errors import StoreError
from ingest.snapshot import still

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from sqlalchemy import Connection, Engine, Row

    from forecaster.settings import Settings

    Part = tuple[Table, Sequence[Row[Any]]]
    """A table, and some of its rows; columns in the order of their names."""

_BATCH = 500
_PASSING = ("run", "replay", "pause", "event")
"""Tables that an otherwise empty home may have rows in; the backup's take their place."""
_VERSION = "_version"
_UNCHANGED = "nothing was changed"

Tally = dict[str, tuple[int, int]]
"""Table -> rows, and the sum of their hashes: equal where the rows are, in whatever order."""


@dataclass(frozen=True)
class Contents:
    """What a backup holds.

    Attributes:
        assets: Assets on the books.
        rows: Vintages of their sessions.
        forecasts: Forecasts on record.
        heads: The hash of each ledger table's last row.
    """

    assets: int
    rows: int
    forecasts: int
    heads: Mapping[str, str]

    @property
    def told(self) -> str:
        """The counts, in words."""
        counts = ((self.assets, "asset"), (self.rows, "row"), (self.forecasts, "forecast"))
        return ", ".join(f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in counts)


def backup(engine: Engine, file: Path) -> Contents:
    """Writes one state of a home's database to a file that is not there yet.

    Raises:
        LedgerError: Where the file is there or cannot be written, or the ledger does not hold.
        StoreError: Where the database cannot be read, or the disk is full. No file is left in any case.
    """
    if file.exists() or file.is_symlink():
        raise LedgerError(f"{file} already exists: choose another name; {_UNCHANGED}")
    with _unfinished(file) as copy:
        twin = _at(copy)
        with still(engine, copy.parent) as source, naming(source):
            _hold(source, file)
            read = _copied(source, twin)
        if _sound(twin, file) != read:
            raise LedgerError(f"{file} does not read back as it was written: check the disk, or choose another place")
        contents = _contents(twin, read)
        seal(copy)
        renamed(copy, file)
    return contents


def restore(engine: Engine, file: Path, settings: Settings | None = None) -> Contents:
    """Puts a backup into the database of an empty home, all of it or nothing; the file stays as it is.

    Args:
        engine: Of a home that was opened, so that its tables are there.
        file: From `backup`, of this program or an older one, from either kind of database.
        settings: The home's, see `forecaster.records.preparation.prepare`.

    Raises:
        LedgerError: Where the file is no whole backup, or the home is not empty.
        StoreError: Where it is of a newer program, or the database cannot be written.
    """
    with _unsealed(file) as copy:
        twin = _at(copy)
        prepare(twin, settings)
        tally = _sound(twin, file)
        _hold(twin, file)
        contents = _contents(twin, tally)
        prepare(engine, settings)
        with writing(engine) as target:
            _put(twin, target, file)
            if not tally.items() <= _tally(target).items():
                raise LedgerError(f"{place(engine)} does not give back what {file} holds: report this; {_UNCHANGED}")
    return contents


def _copied(engine: Engine, twin: Engine) -> Tally:
    """Copies every table of one state into an empty database, and returns what was read."""
    tally: Tally = {}
    like = MetaData()
    with closing(_read(engine)) as parts, writing(twin) as target:
        for table, rows in parts:
            if table.name not in like.tables:
                _like(table, like).create(target)
                tally[table.name] = (0, 0)
            if rows:
                target.execute(insert(like.tables[table.name]), [row._asdict() for row in rows])
                tally[table.name] = _added(tally[table.name], rows)
    return tally


def _put(twin: Engine, target: Connection, file: Path) -> None:
    """Fills the tables of an empty home."""
    ours = MetaData()
    ours.reflect(target)
    with closing(_read(twin)) as parts:
        for table, rows in parts:
            if table.name.endswith(_VERSION):  # both are the newest; the comparison at the end shows it
                continue
            if rows:
                target.execute(insert(ours.tables[table.name]), [row._asdict() for row in rows])
            else:
                _make_room(target, ours, table, file)
    if target.dialect.name == "postgresql":
        for table in ours.sorted_tables:
            _count_on(target, table)


def _make_room(target: Connection, ours: MetaData, table: Table, file: Path) -> None:
    unknown = {table.name}
    if table.name in ours.tables:
        unknown = set(table.c.keys()) - set(ours.tables[table.name].c.keys())
    if unknown:
        raise LedgerError(
            f"{file} contains tables or columns that this program does not know "
            f"({', '.join(sorted(unknown))}): update the program; {_UNCHANGED}"
        )
    mine = ours.tables[table.name]
    if table.name in _PASSING:
        target.execute(delete(mine))
    elif target.execute(select(mine).limit(1)).first() is not None:
        raise LedgerError(
            f"{place(target.engine)} already holds rows of {table.name}: restore into an empty home, another one with "
            f"--home DIR; {_UNCHANGED}"
        )


def _count_on(target: Connection, table: Table) -> None:
    """Lets PostgreSQL number the next row after the last one."""
    for column in table.primary_key.columns:
        name = target.dialect.identifier_preparer.quote(table.name)
        sequence = target.execute(select(func.pg_get_serial_sequence(name, column.name))).scalar()
        last = target.execute(select(func.max(column))).scalar() if sequence else None
        if last is not None:
            target.execute(select(func.setval(sequence, last)))


def _read(engine: Engine) -> Generator[Part]:
    """Every table, parents first, each with no rows and then with some at a time, in one read transaction."""
    with reading(engine) as connection:
        yield from _parts(connection)


def _parts(connection: Connection) -> Generator[Part]:
    metadata = MetaData()
    metadata.reflect(connection)
    for table in metadata.sorted_tables:
        yield table, []
        columns = sorted(table.columns, key=lambda column: column.name)
        wanted = select(*columns).order_by(*table.primary_key.columns)
        found = connection.execute(wanted, execution_options={"yield_per": _BATCH})
        for rows in found.partitions():
            yield table, rows


def _tally(connection: Connection) -> Tally:
    tally: Tally = {}
    for table, rows in _parts(connection):
        tally[table.name] = _added(tally.get(table.name, (0, 0)), rows)
    return tally


def _added(tally: tuple[int, int], rows: Sequence[Row[Any]]) -> tuple[int, int]:
    hashes = (hashlib.sha256(repr(tuple(row)).encode()).digest() for row in rows)
    return tally[0] + len(rows), (tally[1] + sum(int.from_bytes(own) for own in hashes)) % (1 << 256)


def _like(table: Table, metadata: MetaData) -> Table:
    """The same table on any database: its columns, keys and what must be unique."""
    try:
        columns = [
            Column(c.name, c.type.as_generic(), primary_key=c.primary_key, nullable=c.nullable) for c in table.columns
        ]
    except NotImplementedError as fault:
        raise LedgerError(
            f"a backup cannot hold the table {table.name}: give the home a database of its own"
        ) from fault
    unique = [UniqueConstraint(*u.columns.keys()) for u in table.constraints if isinstance(u, UniqueConstraint)]
    foreign = [
        ForeignKeyConstraint(f.column_keys, [element.target_fullname for element in f.elements])
        for f in table.foreign_key_constraints
    ]
    return Table(table.name, metadata, *columns, *unique, *foreign)


def _sound(twin: Engine, file: Path) -> Tally:
    """What a copy holds, its pages and indexes checked."""
    with reading(twin) as connection:
        found = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
        if found != "ok":
            raise LedgerError(f"{file} is damaged ({found}): check the disk and take another copy; {_UNCHANGED}")
        return _tally(connection)


def _hold(engine: Engine, file: Path) -> None:
    """Recomputes the hash chains of a ledger, and refuses it where one does not hold."""
    broken = Ledger(engine).verify()
    if broken is not None:
        raise LedgerError(f"{file} has a ledger that fails verification ({broken.place}: {broken.fault}): {_UNCHANGED}")


def _contents(twin: Engine, tally: Tally) -> Contents:
    """What a copy holds, in the counts that people know."""
    assets, rows, forecasts = (tally.get(table, (0, 0))[0] for table in ("asset", "vintage", "forecast"))
    return Contents(assets, rows, forecasts, Ledger(twin).heads())


def _at(copy: Path) -> Engine:
    return open_engine(copy)


@contextmanager
def _unfinished(file: Path) -> Iterator[Path]:
    """A place beside the file for a copy in the making; nothing of it is left."""
    try:
        with TemporaryDirectory(prefix=".backup-", dir=file.parent) as folder:
            copy = Path(folder) / "copy.db"
            try:
                yield copy
            except StoreError as fault:
                said = str(fault).replace(str(copy), str(file)).replace(folder, str(file.parent))
                raise StoreError(said) from fault
    except OSError as fault:
        raise LedgerError(f"{file} cannot be written ({fault.strerror}): choose another place; {_UNCHANGED}") from fault


@contextmanager
def _unsealed(file: Path) -> Iterator[Path]:
    """A copy of a whole backup to work on, without its seal.

    Raises:
        LedgerError: Where the file cannot be read, or is not what was written.
    """
    with TemporaryDirectory(prefix="forecaster-") as folder:
        copy = Path(folder) / "copy.db"
        try:
            unseal(file, copy)
        except OSError as fault:
            if fault.errno == errno.ENOSPC:
                raise LedgerError(f"the disk is full: free some space at {folder}; {_UNCHANGED}") from fault
            raise LedgerError(f"{file} cannot be read ({fault.strerror}): check the path; {_UNCHANGED}") from fault
        try:
            yield copy
        except StoreError as fault:
            raise StoreError(str(fault).replace(str(copy), str(file))) from fault
