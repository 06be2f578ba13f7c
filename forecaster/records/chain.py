"""Append-only tables whose rows are chained by hash: an edit anywhere breaks every later link.

The hash of a row covers the hash of the row before it; the first row follows sixty-four zeros. What it is of, says
`forecaster.witness.rows`.

Every row carries the number of its format, which says what its hash covers, so that a table may gain columns and old
rows still verify. Format 1 is that of rows from before there were numbers: the hash covers neither the number nor the
type of bytes, which enter as plain text. From 2 on it covers both. What a format adds is null in the rows of those
before it.

A chain is verified in pieces, each read in a transaction of its own and hashed when that is over, so that on SQLite,
where nobody can finish writing while somebody reads, a writer waits for one piece at most. The pieces fit together:
rows are only ever added, numbered in the order in which one writer after the other was done, so that those up to some
number are the same whenever they are read. What comes after the number that was last at the beginning is not looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    Column,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    func,
    insert,
    select,
)

from forecaster.errors import LedgerError
from forecaster.records import raw_rows
from forecaster.records.cells import odd
from forecaster.witness.rows import FIRST, GENESIS, row_hash
from ingest.database import reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from sqlalchemy import Connection, Engine

    from forecaster.records.raw_rows import Raw

    Formats = Mapping[int, frozenset[str]]
    """Format -> the columns that a hash of it covers."""
    Fault = Callable[[int, Mapping[str, Any]], str | None]
    """What is wrong with a row of a number; None where nothing is."""

_FORMATS = "formats"
_SHOWN = 64
_RESTORE = "restore a copy from before it"
_EDITED = "its content is not what was recorded"


def chained_table(
    name: str, metadata: MetaData, formats: Mapping[int, Sequence[Column[Any]]], key: Sequence[str]
) -> Table:
    """A table with the chain's own columns; `key` is unique, and so is each link.

    Args:
        name: Of the table.
        metadata: Where it is declared.
        formats: Format, in order, to the columns that it adds to those before it; new rows are of the last. What is
            added after the first must be nullable, since older rows lack it.
        key: Names of columns.
    """
    own = {number: frozenset({"format", "prev_hash"}) for number in formats}
    for first, columns in formats.items():
        for number in formats:
            own[number] |= {column.name for column in columns if first <= number}
    return Table(
        name,
        metadata,
        Column("seq", Integer, primary_key=True, autoincrement=True),
        *(column for columns in formats.values() for column in columns),
        Column("format", Integer, nullable=False, server_default=str(FIRST)),
        Column("prev_hash", String(64), nullable=False, unique=True),
        Column("row_hash", String(64), nullable=False),
        UniqueConstraint(*key),
        sqlite_autoincrement=True,
        info={_FORMATS: own},
    )


@dataclass(frozen=True)
class Break:
    """The first row that does not hold.

    Attributes:
        table: Its table.
        seq: Its number there.
        row: Its columns.
        fault: What is wrong with it.
        remedy: What to do.
    """

    table: str
    seq: int
    row: Mapping[str, Any]
    fault: str
    remedy: str = _RESTORE

    @property
    def place(self) -> str:
        """Table, number and key of the row."""
        key = " ".join(_shown(self.row[name]) for name in ("symbol", "model", "as_of") if name in self.row)
        return f"{self.table} row {self.seq}" + (f" ({key})" if key else "")

    @property
    def told(self) -> str:
        """All of it, in one line."""
        return " ".join(f"{self.place} does not hold: {self.fault}; {self.remedy}".split())


def append(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Appends rows in order, in the newest format, and returns how many the database confirms.

    Raises:
        LedgerError: Where the last row is of a format that this program does not know.
    """
    newest = max(_formats(table))
    written = connection.execute(select(table.c.format).order_by(table.c.seq.desc()).limit(1)).scalar()
    if written is not None and (not isinstance(written, int) or written > newest):
        raise LedgerError(f"the last row of {table.name} {_newer(table, written)}: update the program")
    if not rows:
        return 0
    link, records = head(connection, table), []
    for row in rows:
        # SQLite knows no negative zero: it would give back another number than the hash covers.
        kept = {name: 0.0 if isinstance(value, float) and value == 0 else value for name, value in row.items()}
        record = {**dict.fromkeys(_formats(table)[newest]), **kept, "format": newest, "prev_hash": link}
        link = row_hash(record)
        records.append({**record, "row_hash": link})
    confirmed = insert(table).returning(table.c.seq, sort_by_parameter_order=True)
    return len(connection.execute(confirmed, records).all())


def last(connection: Connection, table: Table) -> int:
    """Number of the last row; 0 for an empty table."""
    return connection.execute(select(func.max(table.c.seq))).scalar() or 0


def head(connection: Connection, table: Table, upto: int | None = None) -> str:
    """Hash of the last row, or of the last up to a number; zeros where there is none."""
    wanted = select(table.c.row_hash).order_by(table.c.seq.desc()).limit(1)
    return connection.execute(wanted if upto is None else wanted.where(table.c.seq <= upto)).scalar() or GENESIS


def hashes(connection: Connection, table: Table, upto: int) -> list[tuple[int, str]]:
    """Number and hash of each row up to a number, in order.

    They are read from the links, which an index has: the rows themselves may be long, and are not touched but for the
    last. In a chain that verifies, a link is the hash of the row before it.
    """
    number = table.c.seq + 0  # by the number itself SQLite would go through the rows
    found = connection.execute(select(number, table.c.prev_hash).where(number <= upto).order_by(number)).all()
    if not found:
        return []
    after = [link for _, link in found[1:]]
    return list(zip((seq for seq, _ in found), [*after, head(connection, table, upto)], strict=True))


def content(connection: Connection, table: Table, seq: int) -> Mapping[str, Any] | None:
    """The columns of a row that its hash covers, as they are stored; None where there is no such row.

    Raises:
        LedgerError: Where the row does not hold.
    """
    found = raw_rows.row(connection, table, seq)
    if found is None:
        return None
    _, row, stored = found
    if _fault(table, row, stored):
        raise LedgerError(f"{table.name} row {seq} does not hold: {_EDITED}; {_RESTORE}")
    return {name: row[name] for name in _formats(table)[row["format"]]}


def verify(engine: Engine, table: Table, upto: int | None = None, fault: Fault | None = None) -> Break | None:
    """The first row whose link or content does not hold, None where all do; read in short transactions, see above.

    Args:
        engine: Whose database has the table.
        table: From `chained_table`.
        upto: Rows after this number are not looked at; those after the last one of now where None.
        fault: What else may be wrong with a row whose hash holds, asked in order.

    Raises:
        StoreError: Where the database cannot be read.
    """
    if upto is None:
        with reading(engine) as connection:
            upto = last(connection, table)
    return _first_break(table, raw_rows.rows(engine, table, upto), fault)


def altered(table: Table, rows: Iterable[Raw]) -> Break | None:
    """The first of some rows whose content is not what its own hash is of; None where all are. Links are not looked at.

    Args:
        table: From `chained_table`.
        rows: Of it, see `raw_rows`.
    """
    for seq, row, stored in rows:
        if not row:
            return Break(table.name, seq, row, "it cannot be read any more")
        if fault := _fault(table, row, stored):
            return Break(table.name, seq, row, fault)
    return None


def covered(table: Table) -> Formats:
    """Format to the columns that a hash of it covers."""
    return _formats(table)


def _shown(value: object) -> str:
    """A part of a key in a line, whatever was put there."""
    text = str(value)
    plain = "".join(c if c.isprintable() else "?" for c in text[:_SHOWN])
    return plain + "..." if len(text) > _SHOWN else plain


def _formats(table: Table) -> Formats:
    found: Formats = table.info[_FORMATS]
    return found


def _newer(table: Table, number: int) -> str:
    return f"was written by a newer version of this program (format {number}, {max(_formats(table))} is known here)"


def _first_break(table: Table, rows: Iterable[Raw], also: Fault | None) -> Break | None:
    link = GENESIS
    for seq, row, stored in rows:
        if not row:
            return Break(table.name, seq, row, "it cannot be read any more")
        if row["prev_hash"] != link:
            return Break(
                table.name,
                seq,
                row,
                "it does not follow the row before it: a row was removed, added or moved",
            )
        number = row["format"]
        if isinstance(number, int) and number > max(_formats(table)):
            return Break(table.name, seq, row, f"it {_newer(table, number)}", "update the program")
        if fault := _fault(table, row, stored) or (also and also(seq, row)):
            return Break(table.name, seq, row, fault)
        link = stored
    return None


def _fault(table: Table, row: Mapping[str, Any], stored: str) -> str | None:
    """What is wrong with the content of a row."""
    own = _formats(table).get(row["format"])
    if own is None:
        return _EDITED
    for name, value in row.items():
        if name not in own and value is not None and name != "format":
            return f"it holds {name}, which rows of its format ({row['format']}) do not have"
    if said := odd(table, row):
        return f"{_EDITED}: {said}"
    content = {name: row[name] for name in own}
    return None if row_hash(content) == stored else _EDITED
