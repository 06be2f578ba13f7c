"""A day of a watchlist, whole processes: today's program beside a former one, in turns.

`python -m benchmarks.day --prices FILE` takes closes from a wide CSV, one column per asset; without one, random walks
do. An asset beyond the last column is an earlier one under another name: its fits have other seeds. Each round makes
fresh homes and runs `forecaster run` for a first day, for a second, and again with nothing to do. Told are processor
seconds an asset, children's included, and the most memory that a process tree held in parts of its own (PSS).
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from statistics import median

import numpy as np
import pandas as pd
import psutil

ROOT = Path(__file__).parents[1]
FORMER = "ac77a59"
"""The last commit whose daily run went from asset to asset."""
DAYS = ("first day", "second day", "nothing to do")
PROGRAM = "import sys; from forecaster.cli import main; main(sys.argv[1:])"
FILL = """
import sys
from pathlib import Path
import pandas as pd
from forecaster.cli import main
table, file = pd.read_parquet(sys.argv[2]), Path(sys.argv[2]).with_suffix(".csv")
for symbol in table:
    table[symbol].dropna().rename("Close").to_csv(file, index_label="Date")
    try:
        main(["ingest", "csv", str(file), "--symbol", symbol, "--home", sys.argv[1]])
    except SystemExit as end:
        assert not end.code, end.code
"""
"""By the command line, which any version has."""


def watchlist(prices: Path | None, assets: int) -> pd.DataFrame:
    """Closes of so many assets, a column each."""
    if prices is not None:
        table = pd.read_csv(prices, index_col=0, parse_dates=True)
    else:
        days, rng = pd.bdate_range("2003-01-02", "2022-12-28"), np.random.default_rng(0)
        steps = rng.standard_t(4, (len(days), 12)) * 0.01
        names = [f"WALK{i}" for i in range(12)]
        table = pd.DataFrame(100 * np.exp(steps.cumsum(0)), index=days, columns=names)
    columns = [table.columns[i % table.shape[1]] for i in range(assets)]
    named = [name if i < table.shape[1] else f"{name}.{i // table.shape[1]}" for i, name in enumerate(columns)]
    return table[columns].set_axis(named, axis=1)


def measured(tree: Path, *words: str) -> tuple[float, float]:
    """Processor seconds and most MiB of a process and its children."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-c", *words], env=environment, cwd=tree, stdout=subprocess.DEVNULL)
    most, done = [0.0], threading.Event()

    def watch() -> None:
        while not done.wait(0.5):
            with suppress(psutil.Error):
                own = psutil.Process(process.pid)
                tree = [own, *own.children(recursive=True)]
                most[0] = max(most[0], sum(one.memory_full_info().pss for one in tree) / 2**20)

    watcher = threading.Thread(target=watch)
    watcher.start()
    process.wait()
    done.set()
    watcher.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode not in {0, 3}:
        raise RuntimeError(f"{words} ended with {process.returncode}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, most[0]


def days(tree: Path, table: pd.DataFrame) -> list[tuple[float, float]]:
    """Seconds and MiB of each of `DAYS` for a watchlist in a fresh home."""
    last = [f"{day:%Y-%m-%d}" for day in table.index[-2:]]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "closes.parquet"
        table.to_parquet(file)
        measured(tree, FILL, f"{folder}/home", str(file))
        runs = (last[0], last[1], last[1])
        return [measured(tree, PROGRAM, "run", "--as-of", day, "--home", f"{folder}/home") for day in runs]


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])  # type: ignore[union-attr]  # it has one
    parser.add_argument("--prices", type=Path, help="a CSV file of closes: days down, assets across")
    parser.add_argument("--assets", type=int, nargs="+", default=[1, 10, 40], help="sizes of the watchlist")
    parser.add_argument("--former-assets", type=int, default=4, help="size for the former program; 0 leaves it out")
    parser.add_argument("--former", default=FORMER, help="its commit")
    parser.add_argument("--rounds", type=int, default=3)
    asked = parser.parse_args()
    found: dict[str, list[list[tuple[float, float]]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        former = Path(folder) / "former"
        sizes = [(ROOT, size) for size in asked.assets]
        if asked.former_assets:
            subprocess.run(["git", "worktree", "add", "--detach", former, asked.former], cwd=ROOT, check=True)
            sizes.insert(0, (former, asked.former_assets))
        try:
            for _ in range(asked.rounds):
                for tree, size in sizes:
                    name = f"{'today' if tree == ROOT else asked.former}, {size} assets"
                    found.setdefault(name, []).append(days(tree, watchlist(asked.prices, size)))
        finally:
            if asked.former_assets:
                subprocess.run(["git", "worktree", "remove", "--force", former], cwd=ROOT, check=True)
    for place, day in enumerate(DAYS):
        print(f"{day}: processor seconds an asset, times the first line, most MiB")
        reference = None
        for name, rounds in found.items():
            size = int(name.split(", ")[1].split()[0])
            seconds = median(one[place][0] for one in rounds) / size
            reference = reference or seconds
            memory = median(one[place][1] for one in rounds)
            print(f"  {name:<24} {seconds:9.3f} s   {seconds / reference:7.3f} x   {memory:7.0f} MiB")


if __name__ == "__main__":
    main()
