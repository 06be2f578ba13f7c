"""The database of a home, opened for whoever reads the record alone: what the rest of a home needs is not loaded.

Who reads makes nothing: where there is no home, no database or no table of a record, that is a fault, not an empty
record. A home that may not be written, such as a copy on a disk mounted read-only, is read as it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, inspect, select

from forecaster import settings as configuration
from forecaster.errors import HomeError, SettingsError
from forecaster.privacy import narrow_file
from forecaster.records.migrations import HOME
from forecaster.records.tables import METADATA
from ingest.database import kept_in, open_engine, place, reading
from ingest.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from sqlalchemy import Engine

    from forecaster.settings import Settings

DATABASE = "forecaster.db"
_LEAST = 512
"""Bytes of the smallest database of SQLite."""
_REMEDY = (
    "name the home that has one with --home DIR or FORECASTER_HOME, put a backup back with `forecaster restore FILE`, "
    "or begin one with `forecaster ingest csv FILE --symbol S` and `forecaster run`"
)


def enter(
    folder: Path | None = None, overrides: Mapping[str, Mapping[str, Any]] | None = None, *, make: bool = True
) -> tuple[Path, Settings, Engine]:
    """A home's folder, its settings and its database.

    Args:
        folder: Where; see `forecaster.settings.located`.
        overrides: Section to keys, over forecaster.toml.
        make: Whether what is not there is made. Else it must be there, and may be what can only be read.

    Raises:
        HomeError: Where the folder cannot be used, or there is no record and none may be made.
        SettingsError: Where its settings do not hold.
        StoreError: Where its database cannot be read.
    """
    place = configuration.home(folder) if make else _there(configuration.located(folder))
    settings = configuration.read(place, overrides)
    engine = database(place, settings, make=make)
    if not make:
        _require_record(place, engine)
    return place, settings, engine


def database(place: Path, settings: Settings, *, make: bool = True) -> Engine:
    """The engine of a home; nothing is read or written yet.

    Args:
        place: The home's folder.
        settings: The home's.
        make: Whether a file that is not there may be made.

    Raises:
        SettingsError: Where they name a database that is nowhere for certain, or keeps nothing.
        StoreError: Where they name no address of a database, or the file is too short to be one.
    """
    named = settings.data.database
    engine = open_engine(named or place / DATABASE, make=make)
    if engine.dialect.name == "sqlite":
        file = _require_lasting(engine, place) if named else place / DATABASE
        _refuse_a_stump(file)
        if make:
            narrow_file(file)
    return engine


def open_record(folder: Path | None = None) -> Engine:
    """The engine of a home whose record is read; nothing is made where there is none.

    Args:
        folder: Where; see `forecaster.settings.located`.

    Raises:
        HomeError: Where there is no record.
        SettingsError: Where its settings do not hold.
        StoreError: Where its database cannot be read, is of a newer program, or is of an older one and may not be
            written.
    """
    _, settings, engine = enter(folder, make=False)
    if not _prepared(engine):
        from forecaster.records.preparation import prepare  # noqa: PLC0415  # it knows, and loads, every table

        prepare(engine, settings)
    return engine


def _there(folder: Path) -> Path:
    """A home that is there.

    Raises:
        HomeError: Where it is not, or may not be entered.
    """
    try:
        if not folder.is_dir():
            raise HomeError(f"there is no home at {folder}, and so no record: {_REMEDY}")
        next(folder.iterdir(), None)  # it may be entered
    except OSError as fault:
        raise HomeError(f"the home {folder} cannot be read ({fault.strerror}): ask its owner for a backup") from fault
    return folder


def _require_record(home: Path, engine: Engine) -> None:
    """Refuses what holds no record.

    Raises:
        HomeError: Naming the file, where there is one.
    """
    file = kept_in(engine)
    if file is not None:
        lacks = _lacks(file)
        if lacks:
            raise HomeError(f"the home {home} holds no record: its database {file} {lacks}: {_REMEDY}")
    with reading(engine) as connection:
        found = inspect(connection)
        if not (found.has_table(HOME.table) or found.has_table("forecast")):
            raise HomeError(
                f"the home {home} holds no record: its database {place(engine)} has no table of one: {_REMEDY}"
            )


def _lacks(file: Path) -> str:
    """What a file lacks to be a database, in words; empty where nothing is seen to be lacking.

    Raises:
        HomeError: Where it may not be read.
    """
    try:
        with file.open("rb") as found:
            return "" if found.read(1) else "is empty (0 bytes)"
    except FileNotFoundError:
        return "is not there"
    except OSError as fault:
        raise HomeError(f"{file} cannot be read ({fault.strerror}): check its permissions") from fault


def _refuse_a_stump(file: Path) -> None:
    """Refuses a file that has something in it, and less than any database: SQLite would begin a new one there.

    Raises:
        StoreError: Naming it.
    """
    try:
        size = file.stat().st_size
    except OSError:  # whoever opens it is told
        return
    if 0 < size < _LEAST and file.is_file():
        raise StoreError(f"{file} is damaged or is not a database: restore a copy, or choose another home")


def _require_lasting(engine: Engine, home: Path) -> Path:
    """Refuses a database in memory, and one whose place depends on the folder that one stands in.

    Raises:
        SettingsError: Saying how to write it.
    """
    file = kept_in(engine)
    if file is None:
        raise SettingsError(
            "setting data.database: a database in memory keeps nothing: write sqlite:////FOLDER/FILE, or leave it "
            f"empty for {home / DATABASE}"
        )
    if not file.is_absolute() or "uri" in engine.url.query:
        whole = file.absolute() if file.exists() else (home / file).absolute()
        example = URL.create("sqlite", database=str(whole)).render_as_string()
        raise SettingsError(
            f"setting data.database: where the file {file} lies depends on the folder that the program is started in: "
            f"write the whole path, such as {example}"
        )
    return file


def _prepared(engine: Engine) -> bool:
    """Whether the tables are of the newest revision, and none of the record's was dropped since they were made."""
    with reading(engine) as connection:
        whole = {HOME.table, *METADATA.tables} <= {*inspect(connection).get_table_names()}
        return whole and connection.execute(select(HOME.marks.c.version_num)).scalar() == HOME.newest
