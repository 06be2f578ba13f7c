"""Behind a transaction pooler, which gives every transaction another session, a home is what it is without one."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import DBAPIError

from forecaster.operation import daily
from forecaster.records.backup import backup, restore
from forecaster.records.home import open_home
from ingest.database import open_engine
from tests.cheap_settings import write_cheap
from tests.walk import NOW, WALK, walk

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

WRITERS, DAYS = 6, 10
RACE = f"""
import json, multiprocessing, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
import pandas as pd
from forecaster.distribution.predictive import Predictive
from forecaster.issuing.diagnostics import Diagnostics
from forecaster.issuing.forecast import Forecast
from forecaster.records.home import open_home

def write(folder, url, number, barrier, counts):
    home = open_home(Path(folder), {{"data": {{"database": url}}}})
    won = added = 0
    for day in pd.date_range("2018-01-01", periods={DAYS}):
        made = [
            Forecast(
                symbol, "climatology", day, 1, day + pd.Timedelta(days=1), "ok", "",
                Predictive.of(loc=[0.0], scale=[0.02], df=[5.0], skew=[0.0], weight=[1.0]), Diagnostics(),
                "a" * 64, "b" * 64, number, "test",
            )
            for symbol in ("A", "B", f"C{{number}}")
        ]
        barrier.wait()
        won += home.claims.claim("24/7", day, f"process {{number}}", timedelta(hours=1))
        added += home.ledger.record(made, datetime(2018, 1, 20, tzinfo=UTC))
        assert home.ledger.verify() is None
    counts.put((won, added))

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    barrier, counts = context.Barrier({WRITERS}, timeout=60), context.Queue()
    writers = [context.Process(target=write, args=(*sys.argv[1:], n, barrier, counts)) for n in range({WRITERS})]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    print(json.dumps([counts.get(timeout=5) for _ in writers]))
"""


def test_of_many_writers_at_once_each_forecast_is_recorded_once(pooled: str, tmp_path: Path) -> None:
    words = [sys.executable, "-c", RACE, str(tmp_path), pooled]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    won, added = (sum(parts) for parts in zip(*json.loads(done.stdout), strict=True))
    assert (won, added) == (DAYS, DAYS * (2 + WRITERS))
    ledger = open_home(tmp_path, {"data": {"database": pooled}}).ledger
    assert ledger.verify() is None
    record = ledger.forecasts()
    assert len(record) == added
    assert not record.duplicated(["symbol", "model", "as_of", "horizon"]).any()


def test_a_day_is_run_reported_and_backed_up(pooled: str, tmp_path: Path) -> None:
    write_cheap(tmp_path, models=["climatology", "ewma"])
    home = open_home(tmp_path, {"data": {"database": pooled}})
    home.store.append(WALK, walk(200), NOW)
    for day in ("2018-01-14", "2018-01-15"):
        summary = daily.run(home, pd.Timestamp(day))
        assert (summary.recorded, summary.withheld, summary.faults) == (2, {}, [])
    assert len(home.ledger.forecasts()) == 4
    heads = home.ledger.heads()
    backup(home.ledger.engine, tmp_path / "b.backup")
    copy = open_home(tmp_path / "copy")
    restore(copy.ledger.engine, tmp_path / "b.backup")
    assert copy.ledger.heads() == heads


def asked_by_three(connections: list[Connection]) -> None:
    """Each asks the same often enough for its driver to prepare it, and their transactions take turns."""
    for _ in range(30):
        for connection in connections:
            connection.exec_driver_sql("SELECT 1 + %s", (1,)).scalar()
            connection.commit()


def test_negative_control_prepared_statements_break_there(pooled: str) -> None:
    """What the driver does where nobody tells it otherwise: it prepares under a name that another client has taken."""
    with ExitStack() as stack:
        plain = create_engine(pooled, poolclass=NullPool)
        connections = [stack.enter_context(plain.connect()) for _ in range(3)]
        with pytest.raises(DBAPIError, match="prepared statement"):
            asked_by_three(connections)
    with ExitStack() as stack:
        engine = open_engine(pooled)
        asked_by_three([stack.enter_context(engine.connect()) for _ in range(3)])
