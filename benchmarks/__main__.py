"""Runs every benchmark of this folder and prints its table.

Cases of one benchmark are interleaved, the first round is dropped, and the median of the others is told as a ratio
to the first case, the reference: the machine may be busy, but it is busy for all of them.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from statistics import median
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import benchmarks

if TYPE_CHECKING:
    from collections.abc import Callable

ROUNDS = 4


def seconds(case: Callable[[], object]) -> float:
    """Wall-clock seconds of one call."""
    start = perf_counter()
    case()
    return perf_counter() - start


def cpu(case: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = process_time()
    case()
    return process_time() - start


def main() -> None:
    """Prints a table a benchmark."""
    for found in iter_modules(benchmarks.__path__):
        if found.ispkg or found.name == "__main__":
            continue
        module = import_module(f"benchmarks.{found.name}")
        cases = module.cases()
        rounds = [{name: seconds(case) for name, case in cases.items()} for _ in range(ROUNDS)]
        medians = {name: median(r[name] for r in rounds[1:]) for name in cases}
        reference = next(iter(medians.values()))
        print(f"{module.NAME}")
        for name, value in medians.items():
            print(f"  {name:<52} {value:9.4f} s   {value / reference:8.3f} x")


if __name__ == "__main__":
    main()
