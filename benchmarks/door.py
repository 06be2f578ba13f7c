"""What a command costs before it does anything: processor seconds of commands that are asked for often.

`python -m benchmarks.door [OTHER] [--home HOME]` compares this checkout with another one, command by command, each time
with the same interpreter and a copy of the same home: the demo's, as the other checkout leaves it, where none is given.
The runs of both are interleaved, the first of each is dropped, and medians of seven are told with their ratio.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NAME = "The door: commands that read or find nothing to do, against typer and rich alone"

HERE = Path(__file__).parents[1]
ROUNDS = 7
DAY = "2018-12-31"
"""The day of the demo; on a home of another day `run` finds it done too, once it was asked for."""
COMMANDS: dict[str, tuple[str, ...]] = {
    "--help": ("--help",),
    "--version": ("--version",),
    "models": ("models",),
    "data show": ("data", "show"),
    "ledger show": ("ledger", "show"),
    "schedule status": ("schedule", "status"),
    "run, nothing to do": ("run", "--as-of", DAY),
}
INSTEAD = {"--version": ("--help",)}
"""What the other checkout is asked where it has no such command."""
MAIN = "from forecaster.cli import main; main()"
BARE = "import typer, rich.console, rich.table"


def ran(tree: Path, words: Sequence[str], code: str = MAIN) -> str:
    """Standard output of a command of a checkout.

    Raises:
        SystemExit: Where it fails.
    """
    done = subprocess.run(  # commands of this file
        [sys.executable, "-c", code, *words],
        env={**os.environ, "PYTHONPATH": str(tree)},
        cwd=tree,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 3}:
        raise SystemExit(f"{' '.join(words)} in {tree}: {done.stderr}")
    return done.stdout


def processor_seconds(tree: Path, words: Sequence[str], code: str = MAIN) -> float:
    """User and system time of a command of a checkout, all its threads together."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran(tree, words, code)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def words_of(name: str, home: Path) -> tuple[str, ...]:
    """The words of a command, in a home where it needs one."""
    words = COMMANDS[name]
    return words if words[0].startswith("--") else (*words, "--home", str(home))


def demo(tree: Path, place: Path) -> Path:
    """A home as a checkout's `demo` leaves it."""
    ran(tree, ("demo", "--home", str(place)))
    return place / "demo"


def cases() -> dict[str, Callable[[], object]]:
    """The reference, then each command in a home of the demo."""
    home = demo(HERE, Path(tempfile.mkdtemp(prefix="forecaster-bench-")))
    commands = {name: partial(ran, HERE, words_of(name, home)) for name in COMMANDS}
    return {"typer and rich alone": partial(ran, HERE, (), BARE), **commands}


def compared(other: Path, home: Path, place: Path) -> None:
    """Prints a row a command: seconds here and there, and their ratio."""
    ours, theirs = (Path(shutil.copytree(home, place / name)) for name in ("here", "there"))
    print(f"{'processor seconds':<22} {'here':>7} {'there':>7} {'ratio':>7}")
    for name in COMMANDS:
        words = words_of(name, ours), INSTEAD.get(name, words_of(name, theirs))
        rounds = [
            [processor_seconds(tree, own) for tree, own in zip((HERE, other), words, strict=True)]
            for _ in range(1 + ROUNDS)
        ]
        here, there = (median(seconds) for seconds in zip(*rounds[1:], strict=True))
        print(f"{name:<22} {here:>7.2f} {there:>7.2f} {here / there:>7.3f}", flush=True)


def main() -> None:
    """Compares two checkouts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", nargs="?", type=Path, default=HERE, help="a checkout; this one where not given")
    parser.add_argument("--home", type=Path, help="a home, which is copied; the demo's where not given")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="forecaster-bench-") as folder:
        place, other = Path(folder), given.other.resolve()
        compared(other, given.home or demo(other, place / "made"), place)


if __name__ == "__main__":
    main()
