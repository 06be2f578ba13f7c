"""Keras's training of the linear network `Dense(hidden)`, `Dense(1)`: many fits in one tensor program.

Without a nonlinearity the gradient has a closed form. Each fit's rows are `(x, 1, y)`; kernel and bias of the first
layer are one matrix `K`, those of the second `k` and `c`. With the errors `r` of the n rows of a batch,

    r = (x, 1) . (K k) + c - y,    g = 2 / n  sum_i r_i (x_i, 1),    dK = g k',    dk = K' g,    dc = g_last

Padding is rows of zeros, which make no error and no gradient. Fits stand in the order of their steps an epoch, most
first: those that have a step left are the first few, and the others are not touched. Every sum runs within a fit, so
that a fit is the same to the bit alone and in any company, and one whose loss is no number is alone in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import pad
from torch.nn.utils.rnn import pad_sequence

from forecaster.inference.isolation import isolated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from forecaster.contract import Compute
    from forecaster.floats import Floats


BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
IMPROVEMENT = 1e-4
"""What a loss must fall by, or `ReduceLROnPlateau` calls it a plateau: Keras's default."""


@dataclass(frozen=True)
class Schedule:
    """How every fit is trained.

    Attributes:
        epochs: Passes over the training rows.
        batch: Rows a gradient step.
        learning_rate: Adam's rate at the start.
        factor: What a plateau multiplies the rate by.
        patience: Epochs without improvement that make a plateau.
        minimum_rate: The rate never falls below this.
    """

    epochs: int
    batch: int
    learning_rate: float
    factor: float
    patience: int
    minimum_rate: float


@dataclass(frozen=True, eq=False)
class Task:
    """What one network is trained on.

    Attributes:
        x: Design matrix `(rows, inputs)`, float32.
        y: Response `(rows,)`, float32.
        tail: How many of the rows, the last, choose rate and best epoch; the others train.
        seed: Of its row orders and its first weights.
    """

    x: Tensor
    y: Tensor
    tail: int
    seed: int

    @property
    def training(self) -> int:
        """Number of rows that train."""
        return len(self.y) - self.tail


@dataclass(frozen=True, eq=False)
class Training:
    """A trained network and how it got there.

    Attributes:
        weights: Kernels and biases of the best epoch: `(inputs, hidden), (hidden,), (hidden, 1), (1,)`.
        losses: Mean training loss of each epoch, `(epochs,)`, as Keras reports it.
        validation_losses: Loss on the validation tail after each epoch, `(epochs,)`.
        rates: Learning rate after each epoch, `(epochs,)`.
        failure: Why there is no trained network, empty where there is one.
    """

    weights: tuple[Tensor, ...]
    losses: Floats
    validation_losses: Floats
    rates: Floats
    failure: str


def train(tasks: Sequence[Task], hidden: int, schedule: Schedule, compute: Compute) -> tuple[Training, ...]:
    """Trains a network on each task, as many at once as the memory allows.

    Args:
        tasks: Rows and seed of each fit; inputs are alike in number, rows may differ.
        hidden: Hidden units.
        schedule: Epochs, batches and rates.
        compute: Device, and bytes that fits trained at once may take beside their tasks, roughly.

    Returns:
        A training a task, in their order. One whose loss stops being finite says so in its `failure`.
    """
    order = sorted(range(len(tasks)), key=lambda i: -tasks[i].training)
    size = chunk_size(tasks, hidden, schedule, compute.memory)
    trained: dict[int, Training] = {}
    for first in range(0, len(order), size):
        chunk = order[first : first + size]
        with isolated(0):
            found = _together([tasks[i] for i in chunk], hidden, schedule, torch.device(compute.device))
        trained.update(zip(chunk, found, strict=True))
    return tuple(trained[i] for i in range(len(tasks)))


def chunk_size(tasks: Sequence[Task], hidden: int, schedule: Schedule, memory: int) -> int:
    """How many fits may be trained at once within so many bytes, at least one."""
    rows = schedule.batch + max((len(task.y) for task in tasks), default=0)
    inputs = max((task.x.shape[1] for task in tasks), default=0)
    # Row orders of all epochs, rows, errors and places; rows of a step three times; weights, moments, gradients.
    a_fit = 4 * (rows * (schedule.epochs + inputs + 8) + 3 * schedule.batch * (inputs + 2) + 10 * (inputs + 3) * hidden)
    return max(1, memory // a_fit)


def begin(task: Task, hidden: int, epochs: int) -> tuple[tuple[Tensor, ...], NDArray[np.int32]]:
    """First weights, as in `Training`, and the order of training rows in each epoch `(epochs, rows)`.

    Weights are Glorot uniform kernels (Glorot and Bengio 2010) and zero biases, as Keras's Dense starts.
    """
    rng = np.random.default_rng(task.seed)

    def kernel(rows: int, columns: int) -> Tensor:
        limit = np.sqrt(6 / (rows + columns))
        return torch.tensor(rng.uniform(-limit, limit, (rows, columns)), dtype=torch.float32)

    orders = np.array([rng.permutation(task.training) for _ in range(epochs)], np.int32)
    return (kernel(task.x.shape[1], hidden), torch.zeros(hidden), kernel(hidden, 1), torch.zeros(1)), orders


def _together(tasks: Sequence[Task], hidden: int, schedule: Schedule, device: torch.device) -> list[Training]:
    """Trains tasks that come with the most training rows first."""
    start, orders = _begin_all(tasks, hidden, schedule)
    weights = torch.stack([torch.cat([part.flatten() for part in each]) for each in start]).to(device)
    rows = _padded([_rows(task)[: task.training] for task in tasks]).to(device)
    tail = _padded([_rows(task)[task.training :] for task in tasks]).to(device)
    counts, tails = (torch.tensor(n, device=device) for n in zip(*((t.training, t.tail) for t in tasks), strict=True))
    adam, plateau, best = _Adam(weights, hidden, counts, schedule.batch), _Plateau(schedule, counts), _Best(weights)
    told = []
    for order in orders:
        loss = (adam.epoch(rows, order.to(device), plateau.rate) / counts).float()
        validation = (_squares(_errors(weights, tail, hidden)) / tails).float()  # rounded as Keras reports it
        best.after_epoch(validation, weights)
        plateau.after_epoch(validation)
        told.append(torch.stack([loss.double(), validation.double(), plateau.rate]))
    curves = torch.stack(told, -1).cpu().numpy()
    shapes = [part.shape for part in start[0]]
    return [_training(packed, shapes, *curves[:, i]) for i, packed in enumerate(best.weights.cpu())]


def _begin_all(tasks: Sequence[Task], hidden: int, schedule: Schedule) -> tuple[list[tuple[Tensor, ...]], Tensor]:
    """First weights of each fit, and rows in the order in which steps see them `(epochs, steps, fits, batch)`."""
    padding = tasks[0].training
    steps = -(-padding // schedule.batch)
    orders = np.full((schedule.epochs, steps, len(tasks), schedule.batch), padding, np.int32)
    weights = []
    for i, task in enumerate(tasks):
        start, own = begin(task, hidden, schedule.epochs)
        weights.append(start)
        filled = np.pad(own, ((0, 0), (0, steps * schedule.batch - task.training)), constant_values=padding)
        orders[:, :, i] = filled.reshape(schedule.epochs, steps, schedule.batch)
    return weights, torch.from_numpy(orders)


def _training(packed: Tensor, shapes: Sequence[torch.Size], losses: Floats, tail: Floats, rates: Floats) -> Training:
    parts = packed.split([shape.numel() for shape in shapes])
    weights = tuple(part.reshape(shape).clone() for part, shape in zip(parts, shapes, strict=True))
    finite = np.isfinite(losses) & np.isfinite(tail)
    failure = f"training diverged: the loss of epoch {np.argmin(finite) + 1} is not a finite number"
    return Training(weights, losses, tail, rates, "" if finite.all() else failure)


def _rows(task: Task) -> Tensor:
    return torch.cat([pad(task.x, (0, 1), value=1.0), task.y[:, None]], 1)


def _padded(rows: list[Tensor]) -> Tensor:
    """Rows `(fits, most rows + 1, inputs + 2)`; the last of each fit is padding."""
    return pad(pad_sequence(rows, batch_first=True), (0, 0, 0, 1))


def _layers(packed: Tensor, hidden: int) -> tuple[Tensor, Tensor, Tensor]:
    """Views of `K (fits, inputs + 1, hidden)`, `k (fits, hidden)` and `c (fits,)`."""
    return packed[:, : -hidden - 1].unflatten(1, (-1, hidden)), packed[:, -hidden - 1 : -1], packed[:, -1]


def _errors(weights: Tensor, rows: Tensor, hidden: int) -> Tensor:
    """Forecasts minus responses `(fits, rows)`."""
    first, second, constant = _layers(weights, hidden)
    line = (first * second[:, None]).sum(2)
    line[:, -1] += constant
    return (rows * pad(line, (0, 1), value=-1.0)[:, None]).sum(2)


def _squares(errors: Tensor) -> Tensor:
    """Sum of squared errors `(fits, rows)`, row after row: padding adds nothing, however much there is."""
    return errors.double().square().cumsum(1)[:, -1]


def _gradient(weights: Tensor, rows: Tensor, errors: Tensor, hidden: int) -> Tensor:
    """Gradient of half the sum of squared errors by each weight."""
    first, second, _ = _layers(weights, hidden)
    g = (rows[..., :-1] * errors[..., None]).sum(1)
    return torch.cat([(g[..., None] * second[:, None]).flatten(1), (first * g[..., None]).sum(1), g[:, -1:]], 1)


class _Adam:
    """Adam (Kingma and Ba 2015, end of section 2) on the mean squared error; Keras adds epsilon before the correction.

    It changes `weights` in place.
    """

    def __init__(self, weights: Tensor, hidden: int, counts: Tensor, batch: int) -> None:
        self.weights, self.hidden = weights, hidden
        self.first, self.second = torch.zeros_like(weights), torch.zeros_like(weights)
        steps = torch.arange(-(-int(counts.max()) // batch), device=counts.device)[:, None]
        self.sizes = (counts - steps * batch).clamp(0, batch)
        self.acting = (self.sizes > 0).sum(1).tolist()
        self.taken = 1 + steps.repeat(1, len(counts))

    def epoch(self, rows: Tensor, order: Tensor, rate: Tensor) -> Tensor:
        """Steps over the rows that `order (steps, fits, batch)` names; gives each fit's sum of squared errors."""
        length = rate.float() * (1 - _power(BETA_2, self.taken)).sqrt() / (1 - _power(BETA_1, self.taken))
        self.taken += (self.sizes > 0).sum(0)
        errors = rows.new_zeros(order.shape)
        places, flat = order + torch.arange(len(rows), device=rows.device)[:, None] * rows.shape[1], rows.flatten(0, 1)
        for step, acting in enumerate(self.acting):
            weights, place = self.weights[:acting], places[step, :acting]
            now = flat.index_select(0, place.flatten()).unflatten(0, place.shape)
            found = errors[step, :acting] = _errors(weights, now, self.hidden)
            gradient = _gradient(weights, now, found * (2 / self.sizes[step, :acting, None]), self.hidden)
            first = self.first[:acting].lerp_(gradient, 1 - BETA_1)
            second = self.second[:acting].lerp_(gradient.square(), 1 - BETA_2)
            weights.sub_(length[step, :acting, None] * first / (second.sqrt() + EPSILON))
        return _squares(errors.transpose(0, 1).flatten(1))


def _power(beta: float, taken: Tensor) -> Tensor:
    """In float32 as Keras has it: `1 - 0.999 ** step` is off by 3e-5 in the first steps, and the trajectory knows.

    Found in float64, since powers in float32 depend in the last bit on where in its tensor a number stands.
    """
    return (float(np.float32(beta)) ** taken.double()).float()


class _Plateau:
    """Keras's ReduceLROnPlateau on the validation loss, for each fit."""

    def __init__(self, schedule: Schedule, counts: Tensor) -> None:
        self.schedule = schedule
        self.rate = torch.full_like(counts, schedule.learning_rate, dtype=torch.float64)
        self.best = torch.full_like(self.rate, torch.inf)
        self.waited = torch.zeros_like(counts)

    def after_epoch(self, loss: Tensor) -> None:
        better = loss < self.best - IMPROVEMENT
        self.best = loss.where(better, self.best)
        self.waited = (self.waited + 1).where(~better, 0)
        plateau = self.waited >= self.schedule.patience
        lower = (self.rate * self.schedule.factor).clamp(min=self.schedule.minimum_rate)
        self.rate = lower.minimum(self.rate).where(plateau, self.rate)
        self.waited = self.waited.where(~plateau, 0)


class _Best:
    """Keras's ModelCheckpoint of the best validation loss, for each fit."""

    def __init__(self, weights: Tensor) -> None:
        self.weights = weights.clone()
        self.loss = torch.full_like(weights[:, 0], torch.inf)

    def after_epoch(self, loss: Tensor, weights: Tensor) -> None:
        better = loss < self.loss
        self.loss = loss.where(better, self.loss)
        self.weights = weights.where(better[:, None], self.weights)
