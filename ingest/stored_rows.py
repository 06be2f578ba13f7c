"""The rows of one asset in a table of the store: read as a frame, and added to."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
from sqlalchemy import Connection, Table, func, insert, or_, select, union_all

from ingest.panel import COLUMNS
from ingest.tables import ATTENTION, COUNTED, HELD, OWN, QUARANTINE, SERIES_VINTAGE, VINTAGE, frame, records

_CONTENTS = {
    VINTAGE: (COLUMNS, VINTAGE.c.session),
    ATTENTION: (COUNTED, ATTENTION.c.day),
    QUARANTINE: (HELD, QUARANTINE.c.session),
    SERIES_VINTAGE: (OWN, SERIES_VINTAGE.c.session),
}
"""Table -> what is read of it, and the day by which it is sorted, before known_at."""


def rows_of(connection: Connection, table: Table, symbol: str, until: pd.Timestamp | None = None) -> pd.DataFrame:
    """A symbol's rows of a table, by day, then known_at; with until those up to it, and of the first and last day."""
    columns, day = _CONTENTS[table]
    own = table.c.symbol == symbol
    wanted = select(*(table.c[name] for name in columns)).where(own).order_by(day, table.c.known_at)
    if until is not None:
        ends = union_all(*(select(end(day)).where(own) for end in (func.min, func.max)))
        wanted = wanted.where(or_(day <= f"{until:%Y-%m-%d}", day.in_(ends)))
    return frame(columns, connection.execute(wanted).all())


def add(connection: Connection, table: Table, columns: Sequence[str], rows: pd.DataFrame) -> None:
    """Adds the rows of a frame to a table."""
    if len(rows):
        connection.execute(insert(table), records(columns, rows))
