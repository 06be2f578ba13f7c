"""A backtest's fits, all origins of an asset at once, against one origin after the other.

`python -m benchmarks.backtest` trains three models at 50 origins of 20 simulated assets each, as a backtest does, and
prints seconds, the part of them without any fit, and the process's peak memory; then what a fit of each model costs
where 10, 100, 1,000 and 10,000 are trained at once. Names of models as arguments run those alone.
"""

from __future__ import annotations

import resource
import sys
from typing import TYPE_CHECKING

import numpy as np
import torch

from benchmarks.__main__ import seconds
from benchmarks.store import asset, panel
from forecaster import models
from forecaster.contract import Compute, Examples
from forecaster.issuing.training import train
from forecaster.replay.backtest import last_origins
from forecaster.settings import Settings
from forecaster.view.view import look
from ingest.covariates import COVARIATES
from ingest.history import History
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pandas as pd

NAME = "bayesian_linear at 8 origins of one asset, one after the other and at once, against one origin"

TRAINED = ("bayesian_linear", "bayesian_mlp", "baseline_mlp")
ASSETS, ORIGINS = 20, 50
COUNTS = (10, 100, 1000, 10_000)
DIFFERENT, ROWS = 10, 250


def history_of(number: int) -> History:
    """Twenty years of a simulated market, each row known at its close."""
    own, rows = asset(number), panel(number)
    closes = [calendar(own.calendar).close(day) for day in rows["session"]]
    return History(own, rows.assign(known_at=closes))


def days_of(history: History, count: int) -> list[pd.Timestamp]:
    """Origins a month apart, the latest last."""
    return last_origins(history, 20 * count)[::20]


def at_once(history: History, names: Sequence[str], settings: Settings, count: int) -> None:
    """Trains the models at so many origins together."""
    train([look(history, day, settings.forecast) for day in days_of(history, count)], names, settings)


def cases() -> dict[str, Callable[[], object]]:
    """The reference, one origin; then eight, in both ways."""
    history, settings, names = history_of(0), Settings.model_validate({"forecast": {"train_window": 650}}), TRAINED[:1]

    def one_by_one() -> None:
        for day in days_of(history, 8):
            train([look(history, day, settings.forecast)], names, settings)

    return {
        "one origin": lambda: at_once(history, names, settings, 1),
        "8 origins, one after the other": one_by_one,
        "8 origins at once": lambda: at_once(history, names, settings, 8),
    }


def a_fit(name: str, count: int, different: Sequence[Examples]) -> float:
    """Seconds a fit, of so many fits at once: a few sets of rows over and over, each fit with a seed of its own."""
    module, rows = models.load(name), [different[i % len(different)] for i in range(count)]
    return seconds(lambda: module.fit(rows, module.Settings(), range(count), Compute())) / count


def few() -> list[Examples]:
    """Rows of three series, without any effect."""
    rng, made = np.random.default_rng(0), []
    for _ in range(DIFFERENT):
        y = 0.02 * rng.standard_t(5, ROWS)
        x, z = rng.standard_normal((ROWS, 7, 3)), rng.standard_normal((ROWS, len(COVARIATES)))
        names = tuple(of.name for of in COVARIATES)
        made.append(Examples(("price", "volume", "tweets"), 0.02 * x, x, y, np.full(ROWS, 0.02), names, z, y))
    return made


def peak() -> str:
    """The process's peak memory so far, data and libraries included."""
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MiB at most"


def main(names: Sequence[str] = TRAINED) -> None:
    """Prints the whole backtest's cost, then what a fit costs by how many there are."""
    torch.set_num_threads(1)
    histories, settings = [history_of(number) for number in range(ASSETS)], Settings()
    for kind in ((), names):
        took = seconds(lambda kind=kind: [at_once(history, kind, settings, ORIGINS) for history in histories])
        told = ", ".join(kind) or "no model, views and rows alone"
        print(f"{ASSETS} assets x {ORIGINS} origins, {told}: {took:.1f} s, {peak()}", flush=True)
    different = few()
    for name in names:
        for count in COUNTS:
            print(f"{name}: {count} fits: {1000 * a_fit(name, count, different):.2f} ms a fit, {peak()}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:] or TRAINED)
