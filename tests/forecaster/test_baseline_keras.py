"""The deterministic network is Keras's: same start and row order, same trajectory, in real Keras 3 on torch."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from forecaster.inference.isolation import isolated
from forecaster.models import baseline_mlp

ROWS, TAIL, INPUTS, EPOCHS = 290, 32, 21, 100

KERAS = """
import json, sys
import numpy as np, torch
torch.set_num_threads(1)
import keras
data = np.load(sys.argv[1])
weights = [data[f"w{i}"] for i in range(4)]
model = keras.Sequential([keras.Input((weights[0].shape[0],)), keras.layers.Dense(25), keras.layers.Dense(1)])
model.set_weights(weights)
model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
plateau = keras.callbacks.ReduceLROnPlateau(monitor="val_loss", factor=0.9, patience=10, min_lr=1e-6)
best = keras.callbacks.ModelCheckpoint(sys.argv[2], monitor="val_loss", save_best_only=True, save_weights_only=True)
losses, validation, rates = [], [], []
callbacks = keras.callbacks.CallbackList([plateau, best], model=model)
callbacks.on_train_begin()
for epoch, order in enumerate(data["orders"]):
    got = model.fit(data["x"][order], data["y"][order], batch_size=64, epochs=1, shuffle=False, verbose=0,
                    validation_data=(data["vx"], data["vy"]), validation_batch_size=1000)
    losses.append(got.history["loss"][0]); validation.append(got.history["val_loss"][0])
    callbacks.on_epoch_end(epoch, {"loss": losses[-1], "val_loss": validation[-1]})
    rates.append(float(model.optimizer.learning_rate.value))
model.load_weights(sys.argv[2])
print(json.dumps({"losses": losses, "validation": validation, "rates": rates,
                  "kernel": model.get_weights()[0].tolist()}))
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Trajectories of real Keras and of ours from the same weights, over the same row orders."""
    rng = np.random.default_rng(7)
    x = rng.standard_normal((ROWS, INPUTS)).astype(np.float32)
    y = (x @ rng.normal(0, 0.1, INPUTS) + rng.standard_normal(ROWS)).astype(np.float32)
    start = baseline_mlp.glorot(INPUTS, 25, rng)
    orders = [rng.permutation(ROWS - TAIL) for _ in range(EPOCHS)]
    folder = tmp_path_factory.mktemp("keras")
    arrays = {f"w{i}": w.numpy() for i, w in enumerate(start)}
    head, tail = slice(None, -TAIL), slice(-TAIL, None)
    np.savez(folder / "data.npz", x=x[head], y=y[head], vx=x[tail], vy=y[tail], orders=np.stack(orders), **arrays)
    env = {**os.environ, "KERAS_BACKEND": "torch", "KERAS_HOME": str(folder)}
    arguments = [sys.executable, "-c", KERAS, str(folder / "data.npz"), str(folder / "best.weights.h5")]
    done = subprocess.run(arguments, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    theirs = json.loads(done.stdout.splitlines()[-1])
    rows, held_out = ((torch.tensor(x[part]), torch.tensor(y[part])) for part in (head, tail))

    def ours(settings):
        with isolated(0):
            return baseline_mlp.train(start, rows, held_out, orders, settings)

    return theirs, ours(baseline_mlp.Settings()), ours(baseline_mlp.Settings(learning_rate=1.001e-3))


def test_losses_agree_with_keras_over_a_hundred_epochs(both):
    theirs, ours, _ = both
    np.testing.assert_allclose(ours.losses, theirs["losses"], rtol=1e-5)
    np.testing.assert_allclose(ours.validation_losses, theirs["validation"], rtol=1e-5)


def test_the_plateau_acts_when_keras_says_so(both):
    theirs, ours, _ = both
    np.testing.assert_allclose(ours.rates, theirs["rates"], rtol=1e-6)
    assert ours.rates[-1] < 1e-3, "the plateau must act at least once for this to show anything"


def test_the_checkpoint_is_the_best_validation_epoch(both):
    theirs, ours, _ = both
    np.testing.assert_allclose(ours.weights[0].numpy(), theirs["kernel"], rtol=1e-3, atol=1e-5)
    assert int(np.argmin(ours.validation_losses)) < EPOCHS - 1, "the last epoch would be the best without any choice"


def test_a_slightly_different_training_would_be_noticed(both):
    """The control: a rate of 0.1 % more must leave the tolerance."""
    theirs, _, again = both
    assert not np.allclose(again.losses, theirs["losses"], rtol=1e-5)
