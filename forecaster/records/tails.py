"""Whether the end of a chain was cut off: a chain alone cannot show it, the database's own counter may.

SQLite counts the rows that a table was ever given, in a table of its own that belongs to the same transactions. Where
the counter stands beyond the last row, rows were removed. Whoever knows of it sets it back, and a head that is kept
elsewhere is what then shows it. PostgreSQL's counters run ahead whenever a transaction is undone, and show nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import text

from forecaster.records import chain

if TYPE_CHECKING:
    from sqlalchemy import Connection, Table

_COUNTERS = "sqlite_sequence"


def cut(connection: Connection, table: Table) -> chain.Break | None:
    """The first row that was cut off at the end of a chain, None where nothing shows that one was.

    Args:
        connection: In one transaction.
        table: From `chain.chained_table`.
    """
    if connection.dialect.name != "sqlite":
        return None
    counted, last = _counted(connection, table), chain.last(connection, table)
    if counted is None or counted == last:
        return None
    if not isinstance(counted, int) or counted < last:
        return chain.Break(
            table.name, last, {}, f"the database counted to {counted}: it was renumbered, or the counter set back"
        )
    removed = f"row {counted} was" if counted == last + 1 else f"rows {last + 1} to {counted} were"
    return chain.Break(table.name, last + 1, {}, f"the database counted to {counted}: {removed} removed")


def _counted(connection: Connection, table: Table) -> object:
    """How far SQLite has counted; None where it does not count the table."""
    counts = text("SELECT count(*) FROM sqlite_master WHERE name = :name")
    if not connection.execute(counts, {"name": _COUNTERS}).scalar():
        return None
    return connection.execute(text(f"SELECT seq FROM {_COUNTERS} WHERE name = :name"), {"name": table.name}).scalar()  # noqa: S608  # a fixed name
