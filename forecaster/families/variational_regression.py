"""Two networks for mean and variance of y given x, trained by an ELBO against a prior on y.

`forecaster.families.variational_objective` has the objective and what it recovers. Any number of fits are trained in
one tensor program, by Adam on minibatches; the rows at the end choose which step is kept. Where much is to be learnt
keep the last (`Plan.every` as large as `Plan.steps`): before the rate has fallen, weights still move.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from forecaster.contract import Compute
from forecaster.families.relu_networks import PAIR, Shape, backward, forward, outputs
from forecaster.families.variational_objective import Objective, losses, slopes
from forecaster.inference.adam import Adam
from forecaster.inference.isolation import isolated
from forecaster.inference.noise import TWINS, Noise, Purpose, minibatches
from forecaster.inference.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike
    from torch import Tensor

    from forecaster.floats import Floats

EPSILON, CLIP = 1e-8, 10.0
"""Of Adam; slopes are means over rows, of a response in units of the prior."""


@dataclass(frozen=True)
class Plan:
    """How every fit is trained.

    Attributes:
        steps: Gradient steps.
        learning_rate: Adam's rate at the first step; it falls along half a cosine to 1 % of that.
        batch: Rows of a step, a multiple of 32.
        draws: Draws f of each of them.
        tail: Fraction of the rows, the last, on which the kept step is chosen: that with the highest objective.
        every: Steps between two looks at them.
        noise_start: The sd that training starts from at every x, as a part of the sd of the response. Where there are
            no rows, nothing moves it far from there.
    """

    steps: int = 600
    learning_rate: float = 0.01
    batch: int = 128
    draws: int = 1
    tail: float = 0.1
    every: int = 20
    noise_start: float = 1.0


@dataclass(frozen=True, eq=False)
class Trained:
    """Mean and noise of y given x.

    Attributes:
        weights: Of both networks, layer by layer, doubles (`forecaster.families.relu_networks`).
        scale: What outputs are in units of: the prior scale.
        validation: Minus the objective on the validation tail at each look `(looks,)`, nats per row.
        kept: The step that was kept.
        failure: Why there is no trained pair, empty where there is one.
    """

    weights: tuple[Floats, ...]
    scale: float
    validation: Floats
    kept: int
    failure: str = ""

    def at(self, x: ArrayLike) -> tuple[Floats, Floats]:
        """Mean and standard deviation of y, each `(rows,)`, at `x (rows, inputs)`."""
        mean, log_variance = outputs(self.weights, np.asarray(x, np.float64))
        return self.scale * mean, self.scale * np.exp(log_variance / 2)

    def bands(
        self, x: ArrayLike, levels: Sequence[float] = (0.05, 0.5, 0.95), draws: int = 1000, seed: int = 0
    ) -> Floats:
        """Quantiles `(levels, rows)` of that many draws of y at each of `x (rows, inputs)`."""
        mean, sd = self.at(x)
        noise = np.random.default_rng(seed).standard_normal((draws, len(mean)))
        found: Floats = np.quantile(mean + sd * noise, levels, axis=0)
        return found


def fit_regressions(
    data: Sequence[tuple[ArrayLike, ArrayLike]],
    seeds: Sequence[int],
    objective: Objective,
    plan: Plan | None = None,
    hidden: Sequence[int] = (40, 20, 10),
    *,
    constant_noise: bool = False,
    compute: Compute | None = None,
) -> tuple[Trained, ...]:
    """Trains any number of fits, each the same to the byte alone and in any company.

    Args:
        data: `x (rows, inputs)` and `y (rows,)` of each; inputs of the order of 1, alike in number.
        seeds: One a fit.
        objective: The same for all; `Objective(p, prior_weight=0)` with `hidden=(20,)` is the maximum-likelihood twin.
        plan: Steps and rates.
        hidden: Relu units of each hidden layer, of both networks.
        constant_noise: Whether the variance is one number for all rows.
        compute: Where, and in how much memory.

    Raises:
        ValueError: Where shapes do not match, numbers are not finite, or the batch is no multiple of 32.
    """
    plan, means = plan or Plan(), compute or Compute()
    if plan.batch % 32 or len(seeds) != len(data):
        raise ValueError(f"batch {plan.batch} must be a multiple of 32, and {len(data)} fits need that many seeds")
    tasks = [_Task.of(*rows, seed, objective, plan) for rows, seed in zip(data, seeds, strict=True)]
    if not tasks:
        return ()
    if len({task.x.shape[1] for task in tasks}) > 1:
        raise ValueError(f"fits must have the same inputs, not {sorted({task.x.shape[1] for task in tasks})}")
    shape = Shape(tasks[0].x.shape[1], tuple(hidden), constant_noise)
    size, found = _chunk(tasks, shape, plan, means.memory), []
    for first in range(0, len(tasks), size):
        with isolated(0), torch.no_grad():
            found.extend(_together(tasks[first : first + size], shape, plan, torch.device(means.device)))
    return tuple(replace(each, scale=objective.prior_scale) for each in found)


@dataclass(frozen=True, eq=False)
class _Task:
    """Rows of one fit in units of the prior `x (rows, inputs), y (rows,)`, float32; the last `tail` do not train."""

    x: Tensor
    y: Tensor
    tail: int
    seed: int
    weight: float
    noise_start: float

    @classmethod
    def of(cls, x: ArrayLike, y: ArrayLike, seed: int, objective: Objective, plan: Plan) -> _Task:
        rows, response = (np.array(part, np.float32) for part in (x, y))
        if rows.ndim != PAIR or response.shape != rows.shape[:1] or len(rows) < 2:  # noqa: PLR2004  # one row to each end
            raise ValueError(
                f"x must be (rows, inputs) and y (rows,) of 2 rows or more: {rows.shape}, {response.shape}"
            )
        if not (np.isfinite(rows).all() and np.isfinite(response).all()):
            raise ValueError("rows hold numbers that are not finite: leave them out")
        tail = max(1, round(len(rows) * plan.tail))
        scaled = torch.from_numpy(response / np.float32(objective.prior_scale))
        return cls(torch.from_numpy(rows), scaled, tail, seed, objective.weight(len(rows) - tail), plan.noise_start)

    @property
    def training(self) -> int:
        """Rows that train."""
        return len(self.y) - self.tail

    @property
    def ends(self) -> tuple[float, float]:
        """Mean and log variance that training starts from."""
        known = self.y[: self.training].double().numpy()
        return float(known.mean()), float(np.log(max(known.var(), 1e-12) * self.noise_start**2))


def _chunk(tasks: Sequence[_Task], shape: Shape, plan: Plan, memory: int) -> int:
    """How many fits may be trained at once within so many bytes, at least one."""
    rows = max(len(task.y) for task in tasks)
    step = 3 * PAIR * plan.batch * sum(shape.rooms) + 60 * plan.batch * (plan.draws + 3)
    return max(1, memory // (4 * (step + rows * (shape.rooms[0] + 1) + 6 * shape.numbers)))


def _together(tasks: Sequence[_Task], shape: Shape, plan: Plan, device: torch.device) -> list[Trained]:
    seeds, most = [task.seed for task in tasks], max(task.training for task in tasks)
    rows, response = torch.zeros(len(tasks) * most, shape.rooms[0]), torch.zeros(len(tasks) * most)
    for i, task in enumerate(tasks):
        own = slice(i * most, i * most + task.training)
        rows[own], response[own] = shape.rows(task.x[: task.training]), task.y[: task.training]
    rows, response = rows.to(device), response.to(device)
    starts = zip(*(shape.start(task.seed, task.ends) for task in tasks), strict=True)
    weights = [torch.cat(each).to(device) for each in starts]
    masks = [mask.to(device) for mask in shape.masks()]
    prior = torch.tensor([task.weight for task in tasks], device=device)[:, None]
    adam, best = Adam(weights, EPSILON, CLIP), _Best(tasks, shape, weights)
    orders = minibatches(seeds, [task.training for task in tasks], plan.batch // TWINS)
    noises = Noise(seeds, plan.batch // TWINS, Purpose.TRAINING).steps(plan.steps, plan.draws)
    offsets = most * torch.arange(len(tasks))[:, None]
    rates = Schedule(steps=plan.steps, learning_rate=plan.learning_rate).rates()
    for step, (rate, noise, order) in enumerate(zip(rates, noises, orders, strict=False), 1):
        place = (order.movedim(0, 1).reshape(len(tasks), -1) + offsets).flatten().to(device)
        seen = rows.index_select(0, place).view(len(tasks), 1, plan.batch, -1).expand(-1, PAIR, -1, -1)
        out, layers = forward(weights, seen.reshape(-1, plan.batch, rows.shape[1]))
        e = noise[..., 0, :].permute(0, 2, 1, 3).reshape(plan.draws, len(tasks), plan.batch).to(device)
        by_output = slopes(out.view(len(tasks), PAIR, -1), response[place].view(len(tasks), -1), e, prior)
        for weight, slope, mask in zip(weights, backward(weights, layers, by_output), masks, strict=True):
            weight.grad = slope.unflatten(0, (-1, PAIR)).mul(mask).flatten(0, 1)
        adam.step(rate)
        if step % plan.every == 0 or step == plan.steps:
            best.look(weights, step)
    return best.found()


class _Best:
    """The weights of each fit with the highest objective on its own validation tail."""

    def __init__(self, tasks: Sequence[_Task], shape: Shape, weights: Sequence[Tensor]) -> None:
        """Looks at the start first."""
        self.tasks, self.step = tasks, [0] * len(tasks)
        self.rows = [shape.rows(task.x[task.training :]).expand(PAIR, -1, -1).contiguous() for task in tasks]
        self.lowest, self.curves = [np.inf] * len(tasks), [list[float]() for _ in tasks]
        self.kept: list[list[Tensor]] = [[] for _ in tasks]
        self.look(weights, 0)

    def look(self, weights: Sequence[Tensor], step: int) -> None:
        """One fit after another: rows differ in number, and a mean over them must not follow the longest."""
        for i, task in enumerate(self.tasks):
            own = [weight[PAIR * i : PAIR * (i + 1)].cpu().clone() for weight in weights]
            out = forward(own, self.rows[i])[0].double()
            loss = float(losses(out, task.y[task.training :].double(), task.weight).mean())
            self.curves[i].append(loss)
            if loss < self.lowest[i]:
                self.lowest[i], self.step[i], self.kept[i] = loss, step, own

    def found(self) -> list[Trained]:
        """Losses in nats of a response in its own units come with the prior scale."""
        return [self._one(i) for i in range(len(self.tasks))]

    def _one(self, i: int) -> Trained:
        curve = np.array(self.curves[i])
        bad = ~np.isfinite(curve)
        failure = (
            f"training diverged: look {int(np.argmax(bad))} at the validation rows is not finite" if bad.any() else ""
        )
        weights = tuple(of.double().numpy() for of in self.kept[i])
        return Trained(weights, 1.0, curve, self.step[i], failure)
