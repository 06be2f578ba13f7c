"""The deterministic network of the original study: Dense(25, linear), Dense(1), trained as Keras trains it.

Glorot uniform weights, mean squared error, Adam with Keras's epsilon, `ReduceLROnPlateau` and the checkpoint of the
best epoch. What the study chose on its test days is chosen here on a validation tail of the training rows. A point
forecast is given an honest distribution: its own training residuals, centred, around the point.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from forecaster.contract import Failed, Fitted, ModelSettings, Weights
from forecaster.families.settings import LAYERS, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from forecaster.contract import Compute, Examples, Origin
    from forecaster.distribution.predictive import Predictive
    from forecaster.families.keras_style import Task, Training

LABEL = "baseline MLP"
SUMMARY = "the deterministic Keras-style network of the original study, with its training residuals"
ASSUMPTIONS = (
    "The next change is linear in the window, plus an error that does not depend on it.",
    "The errors to come are like those of the rows that it was fitted to, in units of volatility.",
)


class Settings(ModelSettings):
    """How the network is trained.

    Attributes:
        hidden: Hidden units.
        epochs: Passes over the training rows.
        batch: Rows a gradient step.
        learning_rate: Adam's rate at the start.
        factor: What a plateau multiplies the rate by.
        patience: Epochs without improvement that make a plateau.
        minimum_rate: The rate never falls below this.
        validation: Fraction of the training rows, the latest, that choose rate and checkpoint.
        scaling: `volatility`, or `none` for raw changes.
    """

    hidden: int = Field(25, ge=1)
    epochs: int = Field(100, ge=1)
    batch: int = Field(64, ge=1)
    learning_rate: float = Field(1e-3, gt=0)
    factor: float = Field(0.9, gt=0, lt=1)
    patience: int = Field(10, ge=1)
    minimum_rate: float = Field(1e-6, gt=0)
    validation: float = Field(0.1, gt=0, lt=0.5)
    scaling: Kind = "volatility"


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains a network on each set of rows, from its own seed; the latest tenth of them is its validation tail.

    Raises:
        ValueError: Where seeds and sets of rows differ in number.
    """
    from forecaster.families.keras_style import Schedule, Task, train
    from forecaster.families.scaling import inputs, response
    from forecaster.inference.isolation import isolated

    tasks = [
        Task(
            x=inputs(each, settings.scaling),
            y=response(each, settings.scaling),
            tail=max(1, round(len(each.y) * settings.validation)),
            seed=seed,
        )
        for each, seed in zip(examples, seeds, strict=True)
    ]
    schedule = Schedule(
        epochs=settings.epochs,
        batch=settings.batch,
        learning_rate=settings.learning_rate,
        factor=settings.factor,
        patience=settings.patience,
        minimum_rate=settings.minimum_rate,
    )
    trained = train(tasks, settings.hidden, schedule, compute)
    with isolated(0):  # one thread here too
        return tuple(_fitted(*each, settings.scaling) for each in zip(examples, tasks, trained, strict=True))


def _fitted(examples: Examples, task: Task, training: Training, scaling: Kind) -> Fitted | Failed:
    import numpy as np

    from forecaster.distribution.predictive import Predictive

    if training.failure:
        return Failed(training.failure)
    residuals = (task.y - output(training.weights, task.x)).double().numpy()
    errors = Predictive.of_sample(residuals - residuals.mean())
    kernel = (training.weights[0] @ training.weights[2]).double().numpy().reshape(examples.x.shape[1:])
    return Fitted(
        predict=partial(_predict, scaling, training.weights, errors),
        weights=Weights(kernel, np.full_like(kernel, np.nan)),
        diagnostics={"validation_loss": float(training.validation_losses.min())},
        layers={name: part.double().numpy()[None] for name, part in zip(LAYERS, training.weights, strict=True)},
    )


def _predict(scaling: Kind, weights: tuple[Tensor, ...], errors: Predictive, origin: Origin) -> Predictive:
    from forecaster.families.scaling import input_of, unit

    size = float(unit(origin.volatility, scaling))
    return errors.moved(shift=size * float(output(weights, input_of(origin, scaling)[None])[0]), factor=size)


def output(weights: tuple[Tensor, ...], x: Tensor) -> Tensor:
    """The network's point forecasts `(rows,)` for `x (rows, inputs)`."""
    kernel, bias, out_kernel, out_bias = weights
    return ((x @ kernel + bias) @ out_kernel + out_bias)[:, 0]
