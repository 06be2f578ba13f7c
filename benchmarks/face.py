"""What a first forecast costs: processor seconds from a cold interpreter to a plotted forecast of 2,000 closes.

`python -m benchmarks.face [OTHER]` compares this checkout with another one, each time with the same interpreter. Runs
are interleaved, the first of each is dropped, and medians of five are told with their ratio.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from benchmarks.door import HERE, processor_seconds, ran

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "The face: a cold interpreter to a plotted forecast, against the libraries alone"

ROUNDS = 5
BARE = "import matplotlib.pyplot, pandas, pyro, torch"
PLOTTED = """\
import matplotlib
matplotlib.use("Agg")
import numpy as np, pandas as pd
from ingest.sessions import calendar
days = calendar("XNYS").sessions("2010-01-01", "2018-12-31")[-2000:]
closes = pd.Series(100 * np.exp(np.cumsum(np.random.default_rng(1).normal(0, 0.01, 2000))), index=days)
import forecaster
forecaster.forecast(closes, models={models!r}).plot().figure.canvas.draw()
"""
CODES = {
    "the libraries alone": BARE,
    "garch": PLOTTED.format(models=("garch",)),
    "bayesian_linear and garch": PLOTTED.format(models=("bayesian_linear", "garch")),
}


def cases() -> dict[str, Callable[[], object]]:
    """The reference, then a plotted forecast of one model and of two."""
    return {name: partial(ran, HERE, (), code) for name, code in CODES.items()}


def main() -> None:
    """Compares two checkouts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("other", nargs="?", type=Path, default=HERE, help="a checkout; this one where not given")
    other = parser.parse_args().other.resolve()
    print(f"{'processor seconds':<28} {'here':>7} {'there':>7} {'ratio':>7}")
    for name, code in CODES.items():
        rounds = [[processor_seconds(tree, (), code) for tree in (HERE, other)] for _ in range(1 + ROUNDS)]
        here, there = (median(seconds) for seconds in zip(*rounds[1:], strict=True))
        print(f"{name:<28} {here:>7.2f} {there:>7.2f} {here / there:>7.3f}", flush=True)


if __name__ == "__main__":
    main()
