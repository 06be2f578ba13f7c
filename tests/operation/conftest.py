"""What the tests of the daily operation share: homes with a random walk, opened in this process, and a backup."""

from __future__ import annotations

import shutil
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import text

from forecaster.operation import daily
from forecaster.operation.backup import backup
from forecaster.operation.home import Home, open_home
from ingest.database import open_engine, writing
from ingest.panel import panel_rows
from tests.cheap_settings import TWO, write_cheap
from tests.operation.walk import NOW, WALK, walk

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that knows 200 days of a random walk up to 2018-01-21."""
    write_cheap(tmp_path, models=TWO)
    opened = open_home(tmp_path)
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, 200)))
    values = {"close": close, "volume": rng.lognormal(10, 0.5, 200), "tweets": rng.integers(100, 1000, 200)}
    days = pd.date_range(end="2018-01-21", periods=200, unit="us")
    opened.store.append(WALK, panel_rows("WALK", days, values, "csv_file"), NOW)
    return opened


@pytest.fixture(scope="session")
def source(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with two runs of a random walk, a claim, and one row a table of hard values. Not to be changed."""
    folder = tmp_path_factory.mktemp("source")
    write_cheap(folder, models=["climatology"])
    home = open_home(folder)
    home.store.append(WALK, walk(200), NOW)
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
