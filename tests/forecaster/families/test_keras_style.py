"""The deterministic network is Keras's: same start and row order, same trajectory, in real Keras 3 on torch.

Four fits of different length are trained at once. They take 5, 4, 4 and 2 steps an epoch, the last of them over 2, 32,
64 and 56 rows; a fit that moved while others still step would leave Keras's trajectory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from forecaster.contract import Compute
from forecaster.families.keras_style import Schedule, Task, train

TRAINING, TAILS, INPUTS, HIDDEN, EPOCHS = (120, 258, 224, 256), (14, 32, 26, 64), 21, 25, 100
ROOT = Path(__file__).parents[3]

KERAS = """
import json, sys
import numpy as np, torch
from benchmarks.baseline import RealKeras
from forecaster.families.keras_style import Task
told = []
for path in sys.argv[1:]:
    data = np.load(path)
    task = Task(torch.from_numpy(data["x"]), torch.from_numpy(data["y"]), int(data["tail"]), 0)
    keras = RealKeras(task, tuple(torch.from_numpy(data[f"w{i}"]) for i in range(4)), data["orders"])
    history = keras.fit()
    keras.model.load_weights(keras.checkpoint)
    told.append({**history, "kernel": keras.model.get_weights()[0].tolist()})
print(json.dumps(told))
"""


def drawn(seed: int, training: int) -> dict[str, np.ndarray]:
    """What a seed stands for: the order of rows in each epoch, then Glorot uniform kernels."""
    rng = np.random.default_rng(seed)
    orders = np.stack([rng.permutation(training) for _ in range(EPOCHS)])
    kernels = [rng.uniform(-1, 1, (INPUTS, HIDDEN)), rng.uniform(-1, 1, (HIDDEN, 1))]
    first, second = (np.sqrt(6 / sum(kernel.shape)) * kernel for kernel in kernels)
    weights = {"w0": first, "w1": np.zeros(HIDDEN), "w2": second, "w3": np.zeros(1)}
    return {"orders": orders} | {name: w.astype(np.float32) for name, w in weights.items()}


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Trajectories of real Keras and of ours, and of ours at 0.1 % more of the rate."""
    folder, tasks, paths = tmp_path_factory.mktemp("keras"), [], []
    for seed, (training, tail) in enumerate(zip(TRAINING, TAILS, strict=True)):
        rng = np.random.default_rng([7, seed])
        x = rng.standard_normal((training + tail, INPUTS)).astype(np.float32)
        y = (x @ rng.normal(0, 0.1, INPUTS) + rng.standard_normal(len(x))).astype(np.float32)
        paths.append(str(folder / f"{seed}.npz"))
        np.savez(paths[-1], x=x, y=y, tail=tail, **drawn(seed, training))
        tasks.append(Task(torch.from_numpy(x), torch.from_numpy(y), tail, seed))
    env = {**os.environ, "KERAS_HOME": str(folder)}
    arguments = [sys.executable, "-c", KERAS, *paths]
    done = subprocess.run(arguments, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    def ours(rate):
        return train(tasks, HIDDEN, Schedule(EPOCHS, 64, rate, 0.9, 10, 1e-6), Compute())

    return json.loads(done.stdout.splitlines()[-1]), ours(1e-3), ours(1.001e-3)


@pytest.fixture(params=range(len(TRAINING)), ids=[f"{n}_rows" for n in TRAINING])
def each(both, request):
    """The same of one fit."""
    return tuple(side[request.param] for side in both)


def test_losses_agree_with_keras_over_a_hundred_epochs(each):
    theirs, ours, _ = each
    np.testing.assert_allclose(ours.losses, theirs["loss"], rtol=1e-5)
    np.testing.assert_allclose(ours.validation_losses, theirs["val_loss"], rtol=1e-5)


def test_the_plateau_acts_when_keras_says_so(each):
    """Keras tells the rate before each epoch, ours after it."""
    theirs, ours, _ = each
    np.testing.assert_allclose(ours.rates[:-1], theirs["learning_rate"][1:], rtol=1e-6)


def test_the_checkpoint_is_the_best_validation_epoch(each):
    theirs, ours, _ = each
    np.testing.assert_allclose(ours.weights[0].numpy(), theirs["kernel"], rtol=1e-3, atol=1e-5)


def test_plateau_and_checkpoint_had_something_to_do(both):
    """Else the two tests above would show nothing: rates fell in some fits, and not at the same epochs in all."""
    _, ours, _ = both
    assert sum(fit.rates[-1] < 1e-3 for fit in ours) >= 2
    assert len({fit.rates.tobytes() for fit in ours}) >= 3
    assert sum(np.argmin(fit.validation_losses) < EPOCHS - 1 for fit in ours) >= 2


def test_a_slightly_different_training_would_be_noticed(each):
    """The control: a rate of 0.1 % more must leave the tolerance."""
    theirs, _, again = each
    assert not np.allclose(again.losses, theirs["loss"], rtol=1e-5, atol=0)
