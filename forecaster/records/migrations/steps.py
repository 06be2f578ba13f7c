"""The steps from one revision to the newest, run by Alembic; imported only where there is one to run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from forecaster.records.migrations import Migrations
    from forecaster.settings import Settings


def run(connection: Connection, migrations: Migrations, revision: str | None, settings: Settings | None) -> None:
    """Runs every step after a revision, in the connection's own transaction.

    Args:
        connection: Of a write transaction.
        migrations: The history.
        revision: Of the tables; None for an empty database.
        settings: The home's, for steps that need to know them: they find them in `op.get_context().opts`.
    """
    op = Operations(MigrationContext.configure(connection, opts={"settings": settings}))
    later = ScriptDirectory(str(migrations.folder)).iterate_revisions("head", revision)
    for step in reversed(list(later)):
        step.module.upgrade(op)
