"""A throw-away PostgreSQL 15 in a temporary folder, on a socket of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine, text

from ingest.database import writing

BINARIES = Path("/usr/lib/postgresql/15/bin")


def lacking() -> str | None:
    """What this machine lacks to start one, in words; None where nothing is lacking."""
    if not (BINARIES / "initdb").exists():
        return f"no PostgreSQL 15 server is installed: {BINARIES}/initdb is absent"
    if os.geteuid() != 0 or not shutil.which("runuser"):
        return "a throw-away PostgreSQL is started as the user nobody, which needs root and runuser"
    return None


@contextmanager
def postgresql() -> Iterator[str]:
    """Its address, as long as the block runs; it is stopped and its folder removed afterwards."""
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


def emptied(engine: Engine) -> Engine:
    """Its database without any table, whoever made one."""
    with writing(engine) as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    return engine
