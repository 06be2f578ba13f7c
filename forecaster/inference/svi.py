"""Stochastic variational inference: gradient steps that bring guides towards their posteriors, many fits at once.

Every fit is trained twice, from two streams of noise, as one would run two chains of a sampler. Where the twins end
apart the posterior is not known well enough, and the fit can say so; draws come from both.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import torch
from pyro import poutine

from forecaster.inference.adam import Adam
from forecaster.inference.noise import Noise, Purpose, minibatches
from forecaster.inference.order import mean
from forecaster.inference.sites import log_density

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from forecaster.inference.batch import Batch
    from forecaster.inference.guide import Guide
    from forecaster.inference.schedule import Schedule
    from forecaster.inference.sites import Program

FLOOR = 1e-3
"""Adam's epsilon, nats per unit of a coordinate: gradients of mere rounding must not move a fit that has arrived."""

CLIP = 10.0
"""Largest derivative that a step believes, in the same units: entry by entry, for a common norm would couple fits."""


@dataclass(frozen=True, eq=False)
class Training:
    """Fits on their way, within an isolation: the guide's parameters live in Pyro's store.

    Attributes:
        model: The Pyro program of all fits, float32.
        guide: Their guide, where its training starts.
        schedule: Of which the rates are given step by step.
        noise: Normals for each fit's steps, from its seed.
        rows: Which rows each step looks at, None for all.
    """

    model: Program
    guide: Guide
    schedule: Schedule
    noise: Noise
    rows: Iterator[Tensor | None]

    @classmethod
    def of(cls, batch: Batch, schedule: Schedule, seeds: Sequence[int]) -> Training:
        """Of a batch, a seed a fit; nothing is trained yet."""
        guide = batch.guide(seeds)
        rows = minibatches(seeds, batch.rows, schedule.minibatch) if schedule.minibatch else repeat(None)
        noise = Noise(seeds, guide.numbers, Purpose.TRAINING)
        return cls(batch.model(torch.float32), guide, schedule, noise, rows)

    def run(self, rates: Sequence[float]) -> NDArray[np.float64]:
        """Takes a step for each rate; see `train`."""
        noise = self.noise.steps(len(rates), self.schedule.particles)
        return train(self.model, self.guide, zip(rates, noise, self.rows, strict=False))


def train(model: Program, guide: Guide, steps: Iterable[tuple[float, Tensor, Tensor | None]]) -> NDArray[np.float64]:
    """Takes a gradient step for each rate, noise and choice of rows.

    Args:
        model: The Pyro program of all fits; it may be given rows.
        guide: Their guide; its parameters live in Pyro's store.
        steps: Adam's rate, noise `(particles, twins, fits, 1, numbers)` and rows `(twins, fits, minibatch)`, None for
            all.

    Returns:
        Minus the ELBO of each fit at each step, the mean of its twins, `(fits, steps)`, in nats; not finite where
        either's is not.
    """
    losses: list[Tensor] = []
    adam = None
    for rate, noise, rows in steps:
        loss = -mean(log_weights(model, guide, noise, rows)[0])
        if adam is None:  # the guide's parameters exist once it has run
            adam = Adam([value for _, value in pyro.get_param_store().named_parameters()], FLOOR, CLIP)
        loss.sum().backward()
        adam.step(rate)
        losses.append(loss.detach().mean(0))
    return torch.stack(losses, 1).double().cpu().numpy()


def log_weights(
    model: Program, guide: Guide, noise: Tensor, rows: Tensor | None = None
) -> tuple[Tensor, dict[str, Tensor]]:
    """Log joint of the model minus log density of the guide at the draws that the noise makes, and those draws.

    Its mean is the ELBO of each fit, its exponential the importance weight of each draw: `(draws, twins, fits)`.
    """
    proposed = poutine.trace(guide).get_trace(noise)
    values: Any = proposed.nodes["_RETURN"]["value"]
    joint = poutine.trace(poutine.condition(model, values)).get_trace(rows)
    weights: Tensor = log_density(joint) - log_density(proposed)
    return weights.squeeze(-1), values
