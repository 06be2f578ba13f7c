"""The database of a home, opened for whoever reads the record alone: what the rest of a home needs is not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import inspect, select

from forecaster import settings as configuration
from forecaster.records.migrations import HOME
from ingest.database import open_engine, reading

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Engine

    from forecaster.settings import Settings


def database(place: Path, settings: Settings) -> Engine:
    """The engine of a home; nothing is read or written yet.

    Args:
        place: The home's folder.
        settings: The home's.

    Raises:
        StoreError: Where its settings name no address of a database.
    """
    return open_engine(settings.data.database or f"sqlite:///{place / 'forecaster.db'}")


def open_record(folder: Path | None = None) -> Engine:
    """The engine of a home whose tables are prepared, made where it does not exist yet.

    Args:
        folder: Where; see `forecaster.settings.home`.

    Raises:
        HomeError: Where the folder cannot be used.
        SettingsError: Where its settings do not hold.
        StoreError: Where its database cannot be opened, or is of a newer program.
    """
    place = configuration.home(folder)
    settings = configuration.read(place)
    engine = database(place, settings)
    if not _prepared(engine):
        from forecaster.records.preparation import prepare  # noqa: PLC0415  # it knows, and loads, every table

        prepare(engine, settings)
    return engine


def _prepared(engine: Engine) -> bool:
    """Whether the tables are of the newest revision: whoever wrote that made them, in the same transaction."""
    with reading(engine) as connection:
        marked = inspect(connection).has_table(HOME.table)
        return marked and connection.execute(select(HOME.marks.c.version_num)).scalar() == HOME.newest
