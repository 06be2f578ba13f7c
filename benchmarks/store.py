"""Importing twenty years of an asset, against SQLite's own executemany; run alone, a store of 500 assets.

`python -m benchmarks.store` imports 500 assets of 20 years into SQLite and PostgreSQL, in a process of their own each,
and prints rows a second, the process's peak memory, and the time of one read with 50 and with 500 assets stored.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from sqlalchemy import URL

from ingest.assets import Asset
from ingest.database import open_engine
from ingest.panel import COLUMNS, VALUES, panel_rows
from ingest.sessions import calendar
from ingest.sources.simulated import Market, simulate
from ingest.store import Store
from tests.ingest.postgres import lacking, postgresql

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "Importing 5,031 sessions of one asset, against sqlite3's executemany of the same rows"

NOW = datetime(2026, 1, 2, tzinfo=UTC)
SESSIONS = calendar("XNYS").sessions("2006-01-01", "2025-12-31")
MANY, FEW = 500, 50
READS = 40


def panel(number: int) -> pd.DataFrame:
    """Twenty years of a simulated market, on the sessions of New York."""
    path = simulate(Market(seed=number), len(SESSIONS))
    return panel_rows(f"SIM{number:03}", SESSIONS, {name: path[name].to_numpy() for name in VALUES}, "simulated")


def asset(number: int) -> Asset:
    """The asset of a number."""
    return Asset(f"SIM{number:03}", calendar="XNYS", source="simulated", simulated=True)


def cases() -> dict[str, Callable[[], object]]:
    """The reference, then a first import into an empty store, then the same import again, which adds nothing."""
    folder = Path(tempfile.mkdtemp(prefix="forecaster-bench-"))
    rows = panel(0)
    texts = rows.astype({"session": "str", "known_at": "str"})
    records = list(texts.itertuples(index=False, name=None))
    filled = Store(open_engine(folder / "filled.db"))
    filled.append(asset(0), rows, NOW)

    def fresh() -> Path:
        return Path(tempfile.mkdtemp(dir=folder)) / "store.db"

    def plain() -> None:
        with sqlite3.connect(fresh()) as connection:
            connection.execute(f"CREATE TABLE vintage ({', '.join(COLUMNS)}, UNIQUE (symbol, session, known_at))")
            places = ", ".join("?" * len(COLUMNS))
            connection.executemany(f"INSERT INTO vintage VALUES ({places})", records)  # noqa: S608  # question marks
        connection.close()

    return {
        "sqlite3 executemany": plain,
        "store.append into an empty store": lambda: Store(open_engine(fresh())).append(asset(0), rows, NOW),
        "store.append of rows that are stored": lambda: filled.append(asset(0), rows, NOW),
    }


def measure(url: str) -> dict[str, float]:
    """Imports every asset into an empty store; figures of the import and of reading on the way.

    Returns:
        `rows`, `rows a second` within `Store.append` alone, `peak MB` of this process; for each number of
        assets `read N`, the median seconds of `Store.read` at random assets and days, and `worst N`.
    """
    rng, store, figures = np.random.default_rng(0), Store(open_engine(url)), {"rows": 0.0}
    spent = 0.0
    for number in range(MANY):
        rows = panel(number)
        start = perf_counter()
        figures["rows"] += store.append(asset(number), rows, NOW).new
        spent += perf_counter() - start
        if number + 1 in {FEW, MANY}:
            taken = [one_read(store, rng, number + 1) for _ in range(READS)][READS // 4 :]
            figures |= {f"read {number + 1}": median(taken), f"worst {number + 1}": max(taken)}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return figures | {"rows a second": figures["rows"] / spent, "peak MB": peak}


def one_read(store: Store, rng: np.random.Generator, assets: int) -> float:
    """Seconds of one read of a random asset at a random session."""
    symbol, as_of = asset(int(rng.integers(assets))).symbol, SESSIONS[rng.integers(len(SESSIONS))]
    start = perf_counter()
    store.read(symbol, as_of)
    return perf_counter() - start


def main() -> None:
    """Prints a row a database."""
    print(f"{MANY} assets of {len(SESSIONS):,} sessions")
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="forecaster-bench-"))
        addresses = {"SQLite": URL.create("sqlite", database=f"{folder}/store.db").render_as_string()}
        if lacks := lacking():
            print(f"without PostgreSQL: {lacks}")
        else:
            addresses["PostgreSQL"] = stack.enter_context(postgresql())
        print(f"{'':<12}{'rows':>11}{'rows/s':>9}{'peak MB':>9}", end="")
        print("".join(f"{f'read at {n}':>13}{'worst':>9}" for n in (FEW, MANY)))
        for name, url in addresses.items():
            command = [sys.executable, "-m", "benchmarks.store", url]
            said = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout  # ourselves
            of = json.loads(said)
            print(f"{name:<12}{of['rows']:>11,.0f}{of['rows a second']:>9,.0f}{of['peak MB']:>9.0f}", end="")
            reads = ((of[f"read {n}"], of[f"worst {n}"]) for n in (FEW, MANY))
            print("".join(f"{1000 * usual:>10.1f} ms{1000 * worst:>6.1f} ms" for usual, worst in reads))


if __name__ == "__main__":
    if sys.argv[1:]:
        print(json.dumps(measure(sys.argv[1])))
    else:
        main()
