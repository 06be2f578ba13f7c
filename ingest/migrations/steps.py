"""The steps from one revision to the newest, run by Alembic; imported only where there is one to run."""

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from ingest.migrations import Migrations


def run(connection: Connection, migrations: Migrations, revision: str | None) -> None:
    """Run every step after a revision, in the connection's own transaction; None is an empty database."""
    op = Operations(MigrationContext.configure(connection))
    later = ScriptDirectory(str(migrations.folder)).iterate_revisions("head", revision)
    for step in reversed(list(later)):
        step.module.upgrade(op)
