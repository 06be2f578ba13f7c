"""A throw-away PgBouncer before a throw-away PostgreSQL: each transaction may get another session of the server."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url

if TYPE_CHECKING:
    from collections.abc import Iterator

SESSIONS = 4
"""How many sessions of the server all clients share."""
_SETTINGS = """
[databases]
* = host={server} port=5432
[pgbouncer]
pool_mode = transaction
default_pool_size = {sessions}
max_client_conn = 200
listen_addr =
listen_port = 6432
unix_socket_dir = {home}
auth_type = trust
auth_file = {home}/users
logfile = {home}/log
pidfile = {home}/pid
"""


def program() -> str | None:
    """The pooler's program, None where it is absent."""
    return shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def lacking() -> str | None:
    """What this machine lacks to start one, in words; None where nothing is lacking."""
    if program() is None:
        return "no PgBouncer is installed: there is no pgbouncer on the path"
    return None


@contextmanager
def pooler(server: str) -> Iterator[str]:
    """The address of the same database behind it, as long as the block runs."""
    home = Path(tempfile.mkdtemp(prefix="pgb", dir="/tmp"))  # a socket's path must be short
    home.chmod(0o755)
    url = make_url(server)
    (home / "users").write_text('"tester" ""\n')
    (home / "ini").write_text(_SETTINGS.format(server=url.query["host"], home=home, sessions=SESSIONS))
    shutil.chown(home, "nobody")
    words = ["runuser", "-u", "nobody", "--", str(program()), "-q", str(home / "ini")]
    process = subprocess.Popen(words, cwd=home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (home / ".s.PGSQL.6432").exists():
            if process.poll() is not None:
                raise RuntimeError((home / "log").read_text())
            time.sleep(0.02)
        yield url.update_query_dict({"host": str(home), "port": "6432"}).render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(home)
