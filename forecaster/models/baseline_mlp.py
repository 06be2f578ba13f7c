"""The deterministic network of the original study: Dense(25, linear), Dense(1), trained as Keras trains it.

Glorot uniform weights, mean squared error, Adam with Keras's epsilon, `ReduceLROnPlateau` and the checkpoint of the
best epoch. What the study chose on its test days is chosen here on a validation tail of the training rows. A point
forecast is given an honest distribution: its own training residuals, centred, around the point.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import torch
from pydantic import Field

from forecaster.inference.isolation import isolated
from forecaster.predictive import Predictive
from forecaster.problem import Compute, Examples, Failed, Fitted, ModelSettings, Origin, Weights
from forecaster.scaling import Kind, Scaling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    Floats = NDArray[np.float64]

SUMMARY = "the deterministic Keras-style network of the original study, with its training residuals"
BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7


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


@dataclass(frozen=True, eq=False)
class Training:
    """A trained network and how it got there.

    Attributes:
        weights: Kernels and biases of the best epoch: `(inputs, hidden), (hidden,), (hidden, 1), (1,)`.
        losses: Mean training loss of each epoch, `(epochs,)`, as Keras reports it.
        validation_losses: Loss on the validation tail after each epoch, `(epochs,)`.
        rates: Learning rate after each epoch, `(epochs,)`.
    """

    weights: tuple[Tensor, ...]
    losses: Floats
    validation_losses: Floats
    rates: Floats


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains one fit after the other; the latest tenth of its rows is the validation tail."""
    return tuple(_fitted(rows, settings, seed) for rows, seed in zip(examples, seeds, strict=True))


def _fitted(examples: Examples, settings: Settings, seed: int) -> Fitted | Failed:
    scaling = Scaling.learn(examples, settings.scaling)
    x, y = scaling.inputs(examples), scaling.response(examples)
    tail = max(1, round(len(y) * settings.validation))
    rng = np.random.default_rng(seed)
    orders = [rng.permutation(len(y) - tail) for _ in range(settings.epochs)]
    start = glorot(x.shape[1], settings.hidden, rng)
    with isolated(seed):
        training = train(start, (x[:-tail], y[:-tail]), (x[-tail:], y[-tail:]), orders, settings)
    if not np.isfinite(training.losses).all():
        return Failed("training diverged: the loss is not a finite number")
    residuals = (y - output(training.weights, x)).double().numpy()
    errors = Predictive.of_sample(residuals - residuals.mean())
    kernel = (training.weights[0] @ training.weights[2]).double().numpy().reshape(examples.x.shape[1:])
    return Fitted(
        predict=partial(_predict, scaling, training.weights, errors),
        weights=Weights(kernel, np.full_like(kernel, np.nan)),
        diagnostics={"validation_loss": float(training.validation_losses.min())},
    )


def _predict(scaling: Scaling, weights: tuple[Tensor, ...], errors: Predictive, origin: Origin) -> Predictive:
    unit = float(scaling.unit(origin.volatility))
    return errors.moved(shift=unit * float(output(weights, scaling.input(origin)[None])[0]), factor=unit)


def glorot(inputs: int, hidden: int, rng: np.random.Generator) -> tuple[Tensor, ...]:
    """Glorot uniform kernels (Glorot and Bengio 2010) and zero biases, as Keras's Dense starts."""

    def kernel(rows: int, columns: int) -> Tensor:
        limit = np.sqrt(6 / (rows + columns))
        return torch.tensor(rng.uniform(-limit, limit, (rows, columns)), dtype=torch.float32)

    return kernel(inputs, hidden), torch.zeros(hidden), kernel(hidden, 1), torch.zeros(1)


def output(weights: tuple[Tensor, ...], x: Tensor) -> Tensor:
    """The network's point forecasts `(rows,)` for `x (rows, inputs)`."""
    kernel, bias, out_kernel, out_bias = weights
    return ((x @ kernel + bias) @ out_kernel + out_bias)[:, 0]


def train(
    start: tuple[Tensor, ...],
    rows: tuple[Tensor, Tensor],
    tail: tuple[Tensor, Tensor],
    orders: list[NDArray[np.int64]],
    settings: Settings,
) -> Training:
    """Trains from `start` on `rows (x, y)`, one epoch for each row order, validated on `tail (x, y)`."""
    weights = [w.clone().requires_grad_() for w in start]
    moments = [(torch.zeros_like(w), torch.zeros_like(w)) for w in start]
    best, best_loss = start, float("inf")
    plateau = _Plateau(settings)
    losses, validation, rates = [], [], []
    step = 0
    for order in orders:
        total = 0.0
        for rows_now in torch.from_numpy(order).split(settings.batch):
            step += 1
            loss = (output(tuple(weights), rows[0][rows_now]) - rows[1][rows_now]).square().mean()
            gradients = torch.autograd.grad(loss, weights)
            _adam(weights, gradients, moments, plateau.rate, step)
            total += float(loss.detach()) * len(rows_now)
        losses.append(total / len(order))
        with torch.no_grad():
            validation.append(float((output(tuple(weights), tail[0]) - tail[1]).square().mean()))
        if validation[-1] < best_loss:
            best, best_loss = tuple(w.detach().clone() for w in weights), validation[-1]
        plateau.after_epoch(validation[-1])
        rates.append(plateau.rate)
    return Training(best, np.array(losses), np.array(validation), np.array(rates))


def _adam(
    weights: list[Tensor],
    gradients: tuple[Tensor, ...],
    moments: list[tuple[Tensor, Tensor]],
    rate: float,
    step: int,
) -> None:
    """One step of Adam (Kingma and Ba 2015, end of section 2): Keras adds epsilon before the bias correction."""
    size = rate * float(np.sqrt(1 - BETA_2**step)) / (1 - BETA_1**step)
    with torch.no_grad():
        for weight, gradient, (first, second) in zip(weights, gradients, moments, strict=True):
            first.add_((gradient - first) * (1 - BETA_1))
            second.add_((gradient.square() - second) * (1 - BETA_2))
            weight.sub_(size * first / (second.sqrt() + EPSILON))


class _Plateau:
    """Keras's ReduceLROnPlateau on the validation loss, with its default minimum improvement of 1e-4."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.rate = settings.learning_rate
        self.best = float("inf")
        self.waited = 0

    def after_epoch(self, loss: float) -> None:
        if loss < self.best - 1e-4:
            self.best, self.waited = loss, 0
            return
        self.waited += 1
        if self.waited >= self.settings.patience:
            self.rate = max(self.rate * self.settings.factor, self.settings.minimum_rate)
            self.waited = 0
