"""Append-only tables whose rows are chained by hash: an edit anywhere breaks every later link.

The hash of a row is `sha256(canonical JSON of its columns)`, the hash of the row before it among them; the first
row follows sixty-four zeros. Bytes enter as their own sha256, numbers as the shortest text that reads back the same.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Column, Integer, MetaData, String, Table, UniqueConstraint, insert, select
from sqlalchemy.exc import DBAPIError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from sqlalchemy import Connection

GENESIS = "0" * 64


def chained_table(name: str, metadata: MetaData, columns: Sequence[Column[Any]], key: Sequence[str]) -> Table:
    """A table with the chain's own columns; `key` is unique, and so is each link."""
    return Table(
        name,
        metadata,
        Column("seq", Integer, primary_key=True, autoincrement=True),
        *columns,
        Column("prev_hash", String(64), nullable=False, unique=True),
        Column("row_hash", String(64), nullable=False),
        UniqueConstraint(*key),
        sqlite_autoincrement=True,
    )


@dataclass(frozen=True)
class Break:
    """The first row that does not hold.

    Attributes:
        table: Its table.
        seq: Its number there.
        row: Its columns.
        fault: What is wrong with it.
    """

    table: str
    seq: int
    row: Mapping[str, Any]
    fault: str


def append(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Appends rows in order and returns how many the database confirms."""
    link = head(connection, table)
    confirmed = 0
    for row in rows:
        record = {**row, "prev_hash": link}
        link = row_hash(record)
        statement = insert(table).values(**record, row_hash=link).returning(table.c.seq)
        confirmed += connection.execute(statement).scalar_one() is not None
    return confirmed


def head(connection: Connection, table: Table) -> str:
    """Hash of the last row; zeros for an empty table."""
    last = select(table.c.row_hash).order_by(table.c.seq.desc()).limit(1)
    return connection.execute(last).scalar() or GENESIS


def verify(connection: Connection, table: Table) -> Break | None:
    """The first row whose link or content does not hold, None where all do."""
    try:
        return _first_break(table, _rows(connection, table))
    except DBAPIError:  # a text that is no text any more stops the driver, which does not say where
        return _first_break(table, _rows_one_by_one(connection, table))


def _first_break(table: Table, rows: Iterable[tuple[int, dict[str, Any], str]]) -> Break | None:
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
        if row_hash(row) != stored:
            return Break(table.name, seq, row, "its content is not what was recorded")
        link = stored
    return None


def row_hash(row: Mapping[str, Any]) -> str:
    """Hash of a row's columns, `seq` and `row_hash` left out.

    >>> row_hash({"a": 1.0, "prev_hash": GENESIS}) == row_hash({"prev_hash": GENESIS, "a": 1.0})
    True
    """
    plain = {k: hashlib.sha256(v).hexdigest() if isinstance(v, bytes) else v for k, v in row.items()}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _rows(connection: Connection, table: Table) -> Iterator[tuple[int, dict[str, Any], str]]:
    for found in connection.execute(select(table).order_by(table.c.seq)).mappings():
        row = dict(found)
        yield row.pop("seq"), row, row.pop("row_hash")


def _rows_one_by_one(connection: Connection, table: Table) -> Iterator[tuple[int, dict[str, Any], str]]:
    """The same, slower; a row that cannot be read is empty."""
    for seq in connection.execute(select(table.c.seq).order_by(table.c.seq)).scalars().all():
        try:
            row = dict(connection.execute(select(table).where(table.c.seq == seq)).mappings().one())
        except DBAPIError:
            yield seq, {}, ""
        else:
            yield row.pop("seq"), row, row.pop("row_hash")
