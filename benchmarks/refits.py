"""A backtest that is trained anew at every origin, against a plain loop at each: what an origin costs, in CPU seconds.

`python -m benchmarks.refits` prints the ratio for each trained forecaster on the embedded S&P 500, at most 2,000 rows,
one thread: 64 origins through the backtest's own code, views, forecasts and scores included, against the loop alone for
one of them. Whoever refits 64 origins pays the loop 64 times; that is the extrapolation. Then the time of a backtest by
the number of origins, and of assets.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import torch

from benchmarks.__main__ import cpu
from benchmarks.backtest import history_of, peak
from benchmarks.baseline import keras_of
from benchmarks.many import HEAVY
from benchmarks.many import plain as plain_regression
from benchmarks.networks import DAILY, LOOP
from benchmarks.networks import plain as plain_network
from benchmarks.study import blocks
from forecaster.families.keras_style import Task
from forecaster.replay.backends import Means
from forecaster.replay.backtest import last_origins, replay
from forecaster.replay.parts import Parts
from forecaster.replay.run import Request
from forecaster.settings import Settings
from forecaster.view.arrays import training
from forecaster.view.view import look

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.contract import Examples
    from ingest.history import History

NAME = "a backtest of 8 origins, each refitted, against its reference of one"
REFITTED, SAMPLED = 64, 2
ORIGINS, ASSETS, DAYS = (50, 200, 1000), (1, 10, 100), 50


def backtested(history: History, name: str, count: int) -> None:
    """So many origins, each refitted, with forecasts and scores."""
    for item in replay(history, last_origins(history, count), (name,), Settings(), refit_every=1):
        _ = item.row()


def cases() -> dict[str, Callable[[], object]]:
    """One origin, then eight."""
    history = blocks.history("^GSPC")
    return {f"{n} origins": lambda n=n: backtested(history, "bayesian_linear", n) for n in (1, 8)}


def loops(known: Examples) -> dict[str, Callable[[], object]]:
    """The plain loop of each forecaster: Pyro's own for the Bayesian ones, real Keras for the network."""
    x, y = known.standard.reshape(len(known.y), -1), known.y / known.volatility
    return {
        "bayesian_linear": lambda: plain_regression(x, y, known.z, HEAVY),
        "bayesian_mlp": lambda: plain_network((x, y, x, known.z), DAILY, LOOP),
        "baseline_mlp": lambda: keras(x, y),
    }


def keras(x: np.ndarray, y: np.ndarray) -> None:
    """Real Keras on the same rows, over as many epochs, built and compiled as well."""
    rows = [torch.tensor(part).float() for part in (x, y)]
    keras_of(Task(*rows, tail=round(len(y) / 10), seed=0)).fit()


def whole(count: int, days: int) -> float:
    """CPU seconds of a whole backtest of some simulated assets, refitted every 20 sessions."""
    histories = {history.asset.symbol: history for history in map(history_of, range(count))}
    as_ofs: dict[str, list[pd.Timestamp]] = {symbol: last_origins(h, days) for symbol, h in histories.items()}
    request = Request(histories, as_ofs, ("bayesian_linear",), Settings(), 20)
    with tempfile.TemporaryDirectory() as folder:
        return cpu(lambda: request.run("serial", Means(), Parts(Path(folder)), lambda *_: None))


def main() -> None:
    """Prints ratios, then growth."""
    torch.set_num_threads(1)
    history = blocks.history("^GSPC")
    known = training(look(history, history.last, Settings().forecast)).examples
    for name, loop in loops(known).items():
        alone = min(cpu(loop) for _ in range(SAMPLED))
        ours = cpu(lambda name=name: backtested(history, name, REFITTED)) / REFITTED
        print(f"{name}: loop {alone:.2f} s, an origin {1000 * ours:.0f} ms: {alone / ours:.0f} times", flush=True)
    for days in ORIGINS:
        print(f"1 asset, {days} origins: {whole(1, days):.1f} s, {peak()}", flush=True)
    for count in ASSETS:
        print(f"{count} assets, {DAYS} origins each: {whole(count, DAYS):.1f} s, {peak()}", flush=True)


if __name__ == "__main__":
    main()
