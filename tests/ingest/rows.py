"""All that a database holds, in a form that two of them can be compared by."""

from typing import Any

from sqlalchemy import Engine, MetaData, select

from ingest.database import reading


def everything(engine: Engine) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, with the type of each value; numbers to the last bit."""
    metadata = MetaData()
    with reading(engine) as connection:
        metadata.reflect(connection)
        return {
            table.name: [
                {name: repr(value) for name, value in row.items()}
                for row in connection.execute(select(table).order_by(*table.primary_key.columns)).mappings()
            ]
            for table in metadata.sorted_tables
        }
