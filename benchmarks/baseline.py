"""64 networks trained at once, against real Keras 3 on torch for one: 100 epochs, plateau and checkpoint.

Of Keras only `model.fit` is counted: it is imported, and its model built and compiled, before. Of ours all is counted,
first weights and row orders included. `python -m benchmarks.baseline` prints the ratio per fit on one thread, and how
far the trajectories are apart, from the same first weights over the same row orders.
"""

from __future__ import annotations

import math
import os
import tempfile
from importlib import import_module
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from benchmarks.__main__ import ROUNDS, seconds
from forecaster.contract import Compute
from forecaster.families.keras_style import Schedule, Task, begin, train
from forecaster.inference.isolation import isolated

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor

    from forecaster.families.keras_style import Training

NAME = "64 networks at once on about 650 rows of 21 inputs each, against model.fit of real Keras for one"

FITS, HIDDEN = 64, 25
SCHEDULE = Schedule(epochs=100, batch=64, learning_rate=1e-3, factor=0.9, patience=10, minimum_rate=1e-6)


class RealKeras:
    """One network in Keras 3 on torch, built and compiled, ready for `fit`."""

    def __init__(self, task: Task, start: tuple[Tensor, ...], orders: NDArray[np.int32]) -> None:
        """Takes the place where training starts, and the rows' order in each epoch `(epochs, rows)`."""
        # Both are read when keras is imported: it writes a file of its own to its home.
        os.environ["KERAS_BACKEND"] = "torch"
        home = os.environ.setdefault("KERAS_HOME", str(Path(tempfile.gettempdir()) / "forecaster-bench-keras"))
        self.keras: Any = import_module("keras")
        layers = self.keras.layers
        self.model = self.keras.Sequential(
            [self.keras.Input(task.x.shape[1:]), layers.Dense(len(start[1])), layers.Dense(1)]
        )
        self.model.set_weights([part.numpy() for part in start])
        self.model.compile(optimizer=self.keras.optimizers.Adam(SCHEDULE.learning_rate), loss="mse")
        self.checkpoint = Path(home) / "best.weights.h5"
        x, y, training = task.x.numpy(), task.y.numpy(), task.training
        self.tail = x[training:], y[training:]

        class Rows(self.keras.utils.PyDataset):  # type: ignore[misc]
            """Batches of the epoch's order."""

            epoch = 0

            def __len__(self) -> int:
                return math.ceil(training / SCHEDULE.batch)

            def __getitem__(self, step: int) -> tuple[Any, Any]:
                rows = orders[self.epoch][SCHEDULE.batch * step :][: SCHEDULE.batch]
                return x[rows], y[rows]

        self.rows = Rows()

    def fit(self) -> dict[str, list[float]]:
        """`loss` and `val_loss` of each epoch, and `learning_rate` in it; writes the best weights to `checkpoint`."""
        of = self.keras.callbacks
        plateau = of.ReduceLROnPlateau(
            monitor="val_loss", factor=SCHEDULE.factor, patience=SCHEDULE.patience, min_lr=SCHEDULE.minimum_rate
        )
        best = of.ModelCheckpoint(self.checkpoint, monitor="val_loss", save_best_only=True, save_weights_only=True)
        turn = of.LambdaCallback(on_epoch_begin=lambda epoch, logs: setattr(self.rows, "epoch", epoch))
        with isolated(0):  # one thread, as ours
            history: dict[str, list[float]] = self.model.fit(
                self.rows,
                epochs=SCHEDULE.epochs,
                shuffle=False,
                verbose=0,
                validation_data=self.tail,
                validation_batch_size=len(self.tail[1]),
                callbacks=[turn, plateau, best],
            ).history
        return history


def tasks() -> list[Task]:
    """Standard normal inputs, weak effects, heavy-tailed errors; 614 to 686 rows, a tenth of them the tail."""
    made = []
    for seed in range(FITS):
        rng = np.random.default_rng([1, seed])
        rows = 650 + 9 * (seed % 9 - 4)
        x = rng.standard_normal((rows, 21))
        y = x @ rng.normal(0, 0.1, 21) + rng.standard_t(5, rows)
        made.append(Task(torch.tensor(x).float(), torch.tensor(y).float(), round(rows / 10), seed))
    return made


def keras_of(task: Task) -> RealKeras:
    """Keras at the same start and over the same row orders."""
    return RealKeras(task, *begin(task, HIDDEN, SCHEDULE.epochs))


def together(data: list[Task]) -> tuple[Training, ...]:
    """All of them."""
    return train(data, HIDDEN, SCHEDULE, Compute())


def cases() -> dict[str, Callable[[], object]]:
    """Keras on one task, afresh in each round, then ours on all."""
    data = tasks()
    ready = [keras_of(data[0]) for _ in range(ROUNDS)]
    return {"model.fit of Keras, one network": lambda: ready.pop().fit(), "64 networks at once": lambda: together(data)}


def main() -> None:
    """Prints what a fit costs in parts of Keras's, and the largest relative differences of trajectories."""
    data, rounds, trajectories = tasks(), [], []
    for i in range(ROUNDS):
        keras = keras_of(data[i])
        rounds.append((seconds(lambda k=keras: trajectories.append(k.fit())), seconds(lambda: together(data)) / FITS))
    theirs, ours = (median(column) for column in zip(*rounds[1:], strict=True))
    print(f"Keras {theirs:.2f} s a fit, ours {1000 * ours:.1f} ms a fit of {FITS}: {theirs / ours:.0f} times cheaper;")
    found = list(zip(trajectories, together(data), strict=False))
    losses = max(np.max(abs(fit.losses / told["loss"] - 1)) for told, fit in found)
    tail = max(np.max(abs(fit.validation_losses / told["val_loss"] - 1)) for told, fit in found)
    print(f"  {ROUNDS} trajectories apart by at most {losses:.1e} of training losses, {tail:.1e} of validation losses")


if __name__ == "__main__":
    main()
