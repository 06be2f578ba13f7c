"""What the tests of the records share: a home with a random walk, its backup, and homes without anything."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from sqlalchemy import text

from forecaster.operation import daily
from forecaster.records.backup import backup
from forecaster.records.home import Home, open_home
from ingest.database import open_engine, writing
from ingest.own_series import GivenSeries
from tests.cheap_settings import write_cheap
from tests.walk import NOW, WALK, walk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with two runs of a random walk, a claim, and one row a table of hard values. Not to be changed."""
    folder = tmp_path_factory.mktemp("source")
    write_cheap(folder, models=["climatology"])
    home = open_home(folder)
    home.store.append(WALK, walk(200), NOW)
    values = pd.Series([0.5, 0.25], index=pd.DatetimeIndex(["2018-01-10", "2018-01-11"]))
    given = GivenSeries("implied_volatility", "implied_volatility", 15, values, "csv_file", "f" * 64)
    home.store.append_series("WALK", given, NOW)
    for day in ("2018-01-14", "2018-01-15"):
        daily.run(home, pd.Timestamp(day))
    home.claims.claim("24/7", pd.Timestamp("2018-01-15"), "me", timedelta(minutes=5))
    with writing(home.ledger.engine) as connection:
        connection.execute(text("CREATE TABLE odd (id INTEGER PRIMARY KEY, d DOUBLE, b BLOB, t TEXT, f BOOLEAN)"))
        connection.execute(
            text("INSERT INTO odd VALUES (7, :d, :b, :t, :f)"),
            {"d": 5e-324, "b": bytes(range(256)), "t": "é\n'\"", "f": True},
        )
        connection.execute(text("INSERT INTO odd VALUES (9, NULL, NULL, NULL, NULL), (11, 0.1, x'', '', 0)"))
    return home


@pytest.fixture(scope="session")
def saved(source: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of the home without the odd table. Not to be changed."""
    folder = tmp_path_factory.mktemp("saved")
    shutil.copy(source.folder / "forecaster.db", folder / "plain.db")
    plain = open_engine(f"sqlite:///{folder / 'plain.db'}")
    with writing(plain) as connection:
        connection.execute(text("DROP TABLE odd"))
    backup(plain, folder / "home.backup")
    return folder / "home.backup"


@pytest.fixture
def target(url: str, tmp_path: Path) -> Home:
    """An empty home on each kind of database."""
    write_cheap(tmp_path, models=["climatology"])
    return open_home(tmp_path, {"data": {"database": url}})


@pytest.fixture
def empty(tmp_path: Path) -> Home:
    """An empty home."""
    return open_home(tmp_path / "empty")
