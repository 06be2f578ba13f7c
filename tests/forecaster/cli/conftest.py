"""What the tests of the command line share: the real command, cheap settings, and homes made once."""

from __future__ import annotations

import io
import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from forecaster.cli import main
from tests.cheap_settings import TWO, write_cheap

if TYPE_CHECKING:
    from collections.abc import Callable

EXECUTABLE = Path(sys.executable).with_name("forecaster")
TABLES = ("asset", "vintage", "forecast", "outcome", "score")


@dataclass(frozen=True)
class Said:
    """What a command left: its exit code, standard output and standard error."""

    code: int
    out: str
    err: str

    def complaint(self, code: int = 1) -> str:
        """The one plain line of a failure, its exit code checked."""
        assert self.code == code, self
        assert "Traceback" not in self.out + self.err
        lines = self.err.splitlines()
        assert len(lines) == 1, self.err
        assert lines[0].startswith("forecaster: ")
        return lines[0].removeprefix("forecaster: ")


def in_process(*words: object) -> Said:
    """The command's own entry point, called here: everything but the process is real."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main([str(word) for word in words])
        except SystemExit as end:
            code = int(end.code or 0)
    return Said(code, out.getvalue(), err.getvalue())


def in_a_shell(*words: object, **environment: str) -> Said:
    """The installed command in a process of its own."""
    done = subprocess.run(
        [EXECUTABLE, *map(str, words)],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


def walk(path: Path, sessions: int = 200, seed: int = 0, last: str = "2018-01-21") -> Path:
    """Writes a seeded random walk with volume and tweets."""
    rng = np.random.default_rng(seed)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, sessions)))
    bars = {
        "Date": pd.date_range(end=last, periods=sessions).strftime("%Y-%m-%d"),
        "Open": close * 0.99,
        "High": close * 1.02,
        "Low": close * 0.97,
        "Close": close,
        "Volume": rng.lognormal(10, 0.5, sessions).round(),
        "Tweets": rng.integers(100, 1000, sessions),
    }
    pd.DataFrame(bars).to_csv(path, index=False)
    return path


def stored(home: Path) -> dict[str, list[tuple[object, ...]]]:
    """Every row of the market data and of the ledger, byte for byte."""
    with closing(sqlite3.connect(home / "forecaster.db")) as connection:
        return {t: connection.execute(f"SELECT * FROM {t} ORDER BY 1").fetchall() for t in TABLES}  # noqa: S608


@pytest.fixture(scope="session")
def command() -> Callable[..., Said]:
    """`command("run", "--home", home)` in this process."""
    return in_process


@pytest.fixture(scope="session")
def shell() -> Callable[..., Said]:
    """`shell("run", "--home", home, VARIABLE="value")` in a process of its own."""
    return in_a_shell


@pytest.fixture(scope="session")
def write_walk() -> Callable[..., Path]:
    """`write_walk(path, sessions, seed, last)`."""
    return walk


@pytest.fixture(scope="session")
def rows_of() -> Callable[[Path], dict[str, list[tuple[object, ...]]]]:
    """Everything that must not be lost in a home."""
    return stored


@pytest.fixture(scope="session")
def finished_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two runs of a random walk: two forecasts of each day, the first day's settled. Not to be changed."""
    home = tmp_path_factory.mktemp("finished")
    write_cheap(home, models=TWO)
    walk(home / "walk.csv")
    for words in (
        ("ingest", "csv", home / "walk.csv", "--symbol", "WALK", "--calendar", "24/7"),
        ("run", "--as-of", "2018-01-20"),
        ("run", "--as-of", "2018-01-21"),
    ):
        said = in_process(*words, "--home", home)
        assert said.code == 0, said
    return home


@pytest.fixture
def home(finished_home: Path, tmp_path: Path) -> Path:
    """A copy of the finished home, to be ill-treated."""
    return Path(shutil.copytree(finished_home, tmp_path / "home"))


@pytest.fixture
def new_home(tmp_path: Path) -> Path:
    """A home with cheap settings and nothing else."""
    (tmp_path / "new").mkdir()
    write_cheap(tmp_path / "new", models=TWO)
    return tmp_path / "new"
