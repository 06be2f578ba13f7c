"""One store, many processes: each row exactly once, on SQLite and on a real PostgreSQL."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
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
BINARIES = Path("/usr/lib/postgresql/15/bin")

WRITER = """
import sys, time
from datetime import UTC, datetime
import pandas as pd
from ingest.assets import Asset
from ingest.database import open_engine
from ingest.store import Store
url, path, start = sys.argv[1], sys.argv[2], float(sys.argv[3])
rows = pd.read_pickle(path)
asset = Asset("COIN", calendar="24/7", source="test", attention_kind="tweets a day")
time.sleep(max(0.0, start - time.time()))
counts = Store(open_engine(url)).append(asset, rows, datetime(2024, 6, 1, tzinfo=UTC))
print(counts.new, counts.unchanged)
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


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a throw-away PostgreSQL on a socket of its own; skips, saying so, without one."""
    if not (BINARIES / "initdb").exists():
        pytest.skip(f"no PostgreSQL 15 server is installed: {BINARIES}/initdb is absent")
    if os.geteuid() != 0 or not shutil.which("runuser"):
        pytest.skip("a throw-away PostgreSQL is started as the user nobody, which needs root and runuser")
    home = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))  # a socket's path must be short
    home.chmod(0o755)
    shutil.chown(home, "nobody")
    data = home / "data"

    def nobody(*command: str) -> None:
        subprocess.run(["runuser", "-u", "nobody", "--", *command], check=True, capture_output=True, cwd=home)

    nobody(str(BINARIES / "initdb"), "-D", str(data), "-A", "trust", "-U", "tester", "-N", "-E", "UTF8")
    options = f"-c listen_addresses='' -c unix_socket_directories={home} -c fsync=off"
    nobody(str(BINARIES / "pg_ctl"), "-D", str(data), "-w", "-l", str(home / "log"), "-o", options, "start")
    try:
        yield f"postgresql+psycopg://tester@/postgres?host={home}"
    finally:
        nobody(str(BINARIES / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(home)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'market.db'}"
    address: str = request.getfixturevalue("server")
    engine = open_engine(address)
    with writing(engine) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return address


def test_processes_that_append_the_same_rows_at_once_store_each_exactly_once(
    url: str, tmp_path: Path, make_panel: MakePanel
) -> None:
    """They create the tables at once too."""
    path = tmp_path / "rows.pickle"
    make_panel(100).to_pickle(path)
    start = time.time() + 3
    counts = processes(WRITER, 4, url, str(path), str(start))
    assert sorted(counts) == ["0 100"] * 3 + ["100 0"]
    frame = Store(open_engine(url)).history("COIN").frame
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
