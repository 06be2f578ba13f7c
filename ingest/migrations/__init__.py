"""How tables of an older program become those of this one; `ingest.database.prepare` sees to it.

Each revision is a file ``versions/vNNNN_what.py`` with ``revision``, ``down_revision`` and ``upgrade(op)``, where
``op`` is Alembic's `Operations`. A revision that is out is never changed: the next change of the tables is a new file,
and it spells out its columns, since `ingest.tables` moves on. Nothing here imports Alembic before there is a step to
run.
"""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sqlalchemy import Column, MetaData, PrimaryKeyConstraint, String, Table

FIRST = "0001"
"""The revision of tables that bear none: they are from before migrations."""


@dataclass(frozen=True)
class Migrations:
    """The migrations of one part of the database; parts are migrated apart.

    Attributes:
        folder: holds ``versions``.
        table: name of the table that says which revision the part's tables are.

    >>> INGEST.known[:2]
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


INGEST = Migrations(Path(__file__).parent, "ingest_version")
"""Those of `ingest.tables`."""
