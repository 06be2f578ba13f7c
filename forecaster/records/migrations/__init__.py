"""The history of a home's tables: how those of an older program become those of this one.

`versions` has one file per revision. A table of the database holds the number of the newest one applied; it
is called after `ingest`, whose tables once had this history alone, so that a program of that time sees it, and refuses
what it does not know. Nothing here imports Alembic before there is a step to run.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table

FIRST = "0001"
"""The revision of tables that bear none: they are from before migrations."""


@dataclass(frozen=True)
class Migrations:
    """The revisions of a database.

    Attributes:
        folder: Holds `versions`.
        table: Name of the table that says which revision the tables are.

    >>> HOME.known[:2]
    ('0001', '0002')
    """

    folder: Path
    table: str

    @cached_property
    def known(self) -> tuple[str, ...]:
        """Every revision, oldest first."""
        return tuple(sorted(file.stem[1:5] for file in (self.folder / "versions").glob("v[0-9]*.py")))

    @property
    def newest(self) -> str:
        """The revision that this program's tables are."""
        return self.known[-1]

    @cached_property
    def marks(self) -> Table:
        """The table of the revision, as Alembic lays it out."""
        number = Column("version_num", String(32), nullable=False)
        return Table(self.table, MetaData(), number, PrimaryKeyConstraint("version_num", name=f"{self.table}_pkc"))


HOME = Migrations(Path(__file__).parent, "ingest_version")
"""Those of a home."""
