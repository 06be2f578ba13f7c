"""The rows of a chained table as the database has them, whatever they hold, in short transactions.

A type that SQLAlchemy expects would hide another that is there, so that none is asked for; a row that cannot be read
any more is empty.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Table, and_, select, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import NullType

from ingest.database import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import ColumnElement, Connection, Engine, Label, RowMapping, Select

    Raw = tuple[int, dict[str, Any], str]
    """A row's number, its columns and its hash."""

PIECE = 1_000
"""How many rows one read transaction takes; those of a table whose rows are long are read in about 20 ms."""


def _raw(table: Table) -> Select[Any]:
    """A row by its columns, none of them of a type."""
    raw: list[Label[Any]] = [type_coerce(column, NullType()).label(column.name) for column in table.columns]
    return select(*raw)


@cache
def _logical(table: Table) -> list[str]:
    return [column.name for column in table.columns if isinstance(column.type, Boolean)]


def _row(table: Table, found: RowMapping) -> Raw:
    row: dict[str, Any] = {**found}
    for name in _logical(table):  # SQLite has no truth of its own
        row[name] = {0: False, 1: True}.get(row[name], row[name])
    return row.pop("seq"), row, row.pop("row_hash")


def rows(engine: Engine, table: Table, upto: int) -> Iterator[Raw]:
    """The rows up to a number, one piece a transaction; one that cannot be read is empty.

    Args:
        engine: Whose database has the table.
        table: Any chained table.
        upto: The last number.

    Raises:
        StoreError: Where the database cannot be read.
    """
    after = None
    while upto:
        piece = table.c.seq <= upto if after is None else and_(table.c.seq > after, table.c.seq <= upto)
        with reading(engine) as connection:
            some = _piece(connection, table, piece)
        yield from some
        if len(some) < PIECE:
            return
        after = some[-1][0]


def _piece(connection: Connection, table: Table, piece: ColumnElement[bool]) -> list[Raw]:
    try:
        found = connection.execute(_raw(table).where(piece).order_by(table.c.seq).limit(PIECE)).mappings()
        return [_row(table, row) for row in found]
    except DBAPIError:  # a text that is no text any more stops the driver, which does not say where
        seqs = connection.execute(select(table.c.seq).where(piece).order_by(table.c.seq).limit(PIECE)).scalars()
        return [_alone(connection, table, seq) for seq in seqs.all()]


def _alone(connection: Connection, table: Table, seq: int) -> Raw:
    """One row; empty where it cannot be read."""
    try:
        return _row(table, connection.execute(_raw(table).where(table.c.seq == seq)).mappings().one())
    except DBAPIError:
        return seq, {}, ""


def those(connection: Connection, table: Table, piece: ColumnElement[bool]) -> list[Raw]:
    """At most `PIECE` rows, in order; one that cannot be read is empty.

    Args:
        connection: Of a read transaction.
        table: Any chained table.
        piece: Which.
    """
    return _piece(connection, table, piece)


def row(connection: Connection, table: Table, seq: int) -> Raw | None:
    """One row; None where it is not there.

    Args:
        connection: Of a read transaction.
        table: Any chained table.
        seq: Its number.
    """
    found = connection.execute(_raw(table).where(table.c.seq == seq)).mappings().one_or_none()
    return None if found is None else _row(table, found)
