"""Finds the row that a hash is of, by indexes alone: every row but the last is named by the one after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select

from forecaster.records import chain
from forecaster.records.tables import TABLES
from ingest.database import reading

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection, Engine, Table


def find(engine: Engine, row_hash: str, upto: Mapping[str, int]) -> tuple[str, int] | None:
    """Table and number of the row that has a hash, None where none has.

    Args:
        engine: Of a home whose chains hold.
        row_hash: 64 hexadecimal digits.
        upto: The state that is looked at.

    Raises:
        StoreError: Where the database cannot be read.
    """
    with reading(engine) as connection:
        for table in TABLES:
            last = upto[table.name]
            seq = (
                last
                if last and chain.head(connection, table, last) == row_hash
                else _before(connection, table, row_hash)
            )
            if seq is not None and seq <= last:
                return table.name, seq
    return None


def _before(connection: Connection, table: Table, row_hash: str) -> int | None:
    """The number of the row that the one with this link follows."""
    after = select(table.c.seq).where(table.c.prev_hash == row_hash).scalar_subquery()
    return connection.execute(select(func.max(table.c.seq)).where(table.c.seq < after)).scalar()
