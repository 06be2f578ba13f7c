"""One store, many processes: each row exactly once, on SQLite and on a real PostgreSQL."""

import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import text

from ingest.assets import Asset
from ingest.database import open_engine, reading, writing
from ingest.errors import StoreError
from ingest.store import Appended, Store, vintage_sha256

MakePanel = Callable[..., pd.DataFrame]
COIN = Asset("COIN", calendar="24/7", source="test", attention_kind="tweets a day")
NOW = datetime(2024, 6, 1, tzinfo=UTC)

SYMBOLS = ("AAA", "BBB", "CCC", "DDD", "EEE")

WRITER = """
import random, sys, time
from datetime import UTC, datetime
import pandas as pd
from ingest.assets import Asset
from ingest.database import open_engine
from ingest.store import Store
url, path, start, *symbols = sys.argv[1:]
rows = pd.read_pickle(path)
random.shuffle(symbols)
time.sleep(max(0.0, float(start) - time.time()))
store = Store(open_engine(url))
for symbol in symbols:
    asset = Asset(symbol, calendar="24/7", source="test", attention_kind="tweets a day")
    counts = store.append(asset, rows.assign(symbol=symbol), datetime(2024, 6, 1, tzinfo=UTC))
    print(symbol, counts.new, counts.unchanged)
"""

COUNTER = """
import sys
from sqlalchemy import text
from ingest.database import open_engine, writing
engine = open_engine(sys.argv[1])
for _ in range(50):
    with writing(engine) as connection:
        n = connection.execute(text("SELECT n FROM counter")).scalar_one()
        connection.execute(text("UPDATE counter SET n = :n"), {"n": n + 1})
"""


def processes(script: str, count: int, *arguments: str) -> list[str]:
    """What several processes print that run the script at once."""
    command = [sys.executable, "-c", script, *arguments]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(count)
    ]
    answers = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * count, answers
    return [out.strip() for out, _ in answers]


def test_processes_that_append_the_same_rows_at_once_store_each_exactly_once(
    url: str, tmp_path: Path, make_panel: MakePanel
) -> None:
    """They create the tables at once too, and take the symbols in different orders."""
    path = tmp_path / "rows.pickle"
    make_panel(100).to_pickle(path)
    start = time.time() + 3
    printed = processes(WRITER, 4, url, str(path), str(start), *SYMBOLS)
    lines = sorted(line for answer in printed for line in answer.splitlines())
    assert lines == sorted(f"{symbol} {counts}" for symbol in SYMBOLS for counts in ["0 100"] * 3 + ["100 0"])
    store = Store(open_engine(url))
    for symbol in SYMBOLS:
        frame = store.history(symbol).frame
        assert len(frame) == 100
        assert frame["session"].is_unique


def test_no_update_is_lost_between_processes(url: str) -> None:
    engine = open_engine(url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    processes(COUNTER, 3, url)
    with reading(engine) as connection:
        assert connection.execute(text("SELECT n FROM counter")).scalar_one() == 150


def test_both_databases_keep_the_same_vintages(url: str, make_panel: MakePanel) -> None:
    store = Store(open_engine(url))
    rows = make_panel(60)
    rows.loc[7, ["open", "volume"]] = float("nan")
    assert store.append(COIN, rows.drop(index=20), NOW) == Appended(new=59)
    corrected = rows.copy()
    corrected.loc[5, "close"] += 0.1
    assert store.append(COIN, corrected, NOW) == Appended(corrected=1, late=1, unchanged=58)
    twin = Store(open_engine("sqlite://"))
    twin.append(COIN, rows.drop(index=20), NOW)
    twin.append(COIN, corrected, NOW)
    history = store.history("COIN")
    pd.testing.assert_frame_equal(history.frame, twin.history("COIN").frame)
    assert vintage_sha256(history.read("2024-02-10")) == vintage_sha256(twin.read("COIN", "2024-02-10"))
    assert store.assets() == (COIN,)


def test_a_reader_sees_one_state_and_cannot_be_disturbed(url: str) -> None:
    engine, other = open_engine(url), open_engine(url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE counter (n INTEGER)"))
        connection.execute(text("INSERT INTO counter VALUES (0)"))
    with reading(other) as reader:
        seen = [reader.execute(text("SELECT n FROM counter")).scalar_one()]
        if url.startswith("postgresql"):
            with writing(engine) as connection:
                connection.execute(text("UPDATE counter SET n = 1"))
        seen.append(reader.execute(text("SELECT n FROM counter")).scalar_one())
    assert seen == [0, 0]


def test_a_server_that_refuses_is_one_clear_line(server: str) -> None:
    with (
        pytest.raises(StoreError, match=r"cannot be reached: check that the server runs") as fault,
        reading(open_engine(server.replace("/postgres?", "/nowhere?"))),
    ):
        pass
    assert "\n" not in str(fault.value)
