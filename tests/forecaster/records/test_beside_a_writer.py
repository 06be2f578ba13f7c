"""Another process that records all the time, and waits a second at most, never fails beside whoever reads for long."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from benchmarks.record import fill
from forecaster.records.backup import backup
from forecaster.records.export import export
from forecaster.records.home import Home, open_home
from forecaster.records.ledger import Ledger
from forecaster.records.reading import EVERYTHING, pieces
from forecaster.records.tables import FORECASTS
from ingest.database import reading
from ingest.snapshot import still

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ASSETS = 40
WRITER = """
import sys, threading
import numpy as np
from benchmarks.record import forecasts
from forecaster.records import chain
from forecaster.records.tables import FORECASTS
from ingest import database
from ingest.errors import StoreError

database.BUSY_SECONDS = 1
engine, rng, over = database.open_engine(sys.argv[1]), np.random.default_rng(0), threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
number = 0
while not over.is_set():
    try:
        with database.writing(engine) as connection:
            chain.append(connection, FORECASTS, list(forecasts("BESIDE", 100 + number, rng)))
    except StoreError as fault:
        sys.exit(f"after {number}: {fault}")
    number += 1
    if number == 1:
        print("begun", flush=True)
    over.wait(0.02)
print(number)
"""


class Writer:
    """The other process.

    Args:
        home: Where it records.
    """

    def __init__(self, home: Home) -> None:
        """Starts it, and waits for its first row; see the class."""
        words = [sys.executable, "-c", WRITER, str(home.ledger.engine.url)]
        pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        self.process = subprocess.Popen(words, text=True, **pipes)
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "begun\n"

    def end(self) -> tuple[str, str]:
        """Has it end, and returns what it said: how often it wrote, and what went wrong."""
        out, err = self.process.communicate()
        return out.strip(), err


@pytest.fixture
def home(tmp_path: Path, request: pytest.FixtureRequest) -> Home:
    """A home with 3,200 forecasts, or 400 for each day that a test names."""
    home = open_home(tmp_path / "home")
    fill(home.ledger.engine, ASSETS, getattr(request, "param", 8))
    return home


@pytest.fixture
def writer(home: Home) -> Iterator[Writer]:
    """At work already."""
    writer = Writer(home)
    yield writer
    writer.process.kill()
    writer.end()


@pytest.mark.parametrize("home", [8, pytest.param(250, marks=pytest.mark.campaign)], indirect=True)
def test_nobody_who_reads_for_long_makes_a_writer_fail(home: Home, writer: Writer, tmp_path: Path) -> None:
    ledger = home.ledger
    for _ in range(2):
        assert ledger.verify() is None
        assert sum(map(len, pieces(ledger.engine))) > 8 * ASSETS * 10
        for name in ("record.csv", "record.parquet"):
            assert export(ledger.engine, tmp_path / name, EVERYTHING) > 8 * ASSETS * 10
    written, fault = writer.end()
    assert fault == ""
    assert int(written) > 1
    assert ledger.verify() is None
    assert len(ledger.keys("BESIDE")) == 10 * int(written)


def test_negative_control_one_long_read_makes_it_fail(home: Home, writer: Writer) -> None:
    with reading(home.ledger.engine) as connection:
        found = connection.execute(select(FORECASTS), execution_options={"yield_per": 10})
        next(found.partitions())
        assert writer.process.wait(timeout=60) == 1
        found.close()
    _, fault = writer.end()
    assert "keeps" in fault
    assert "busy: waited 1 seconds" in fault


def test_a_still_copy_is_one_state_beside_a_writer(home: Home, writer: Writer, tmp_path: Path) -> None:
    """Larger steps are taken where somebody writes between two of them; in the end it is whole, and a backup is."""
    place = tmp_path / "place"
    place.mkdir()
    for _ in range(2):
        with still(home.ledger.engine, place) as copy:
            assert Ledger(copy).verify() is None
            with reading(copy) as connection:
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert list(place.iterdir()) == []
    assert backup(home.ledger.engine, place / "backup").forecasts > 8 * ASSETS * 10
    written, fault = writer.end()
    assert fault == ""
    assert int(written) > 1
