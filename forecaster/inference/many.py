"""Stochastic variational inference of many independent posteriors in one Pyro program.

A step of Pyro spends milliseconds on dispatch for microseconds of arithmetic. Here all fits take it together, in
`plate("fits", dim=-2)`, and share nothing else: the loss is a sum over fits, so that none appears in another's
gradient; Adam works entry by entry; noise comes from each fit's own seed. A single fit is a batch of one.

A fit whose loss stops being finite is trained once more at a tenth of the rate, apart from the others; failing again
it says so, and no other fit has noticed.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np
import pyro
import torch
from pyro import poutine
from pyro.optim.clipped_adam import ClippedAdam

from forecaster.inference import psis
from forecaster.inference.diagnostics import Convergence, convergence
from forecaster.inference.isolation import isolated
from forecaster.inference.noise import Noise, Purpose
from forecaster.inference.sites import log_density, packed_size
from forecaster.inference.svi import PROBE, Fit

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from forecaster.inference.guides import Guide
    from forecaster.inference.sites import Site
    from forecaster.inference.svi import Schedule

MEMORY = 2**28
"""Bytes that a chunk of fits may take, roughly, beside their data. Four times as much was no faster."""

BLOCK = 25
"""Steps whose noise is drawn at once."""

FLOOR = 1e-3
"""Adam's epsilon, nats per unit of a coordinate: gradients of mere rounding must not move a fit that has arrived."""

SLOWER = 0.1
"""The rate of the second attempt, as a fraction of the first."""


class Batch(Protocol):
    """Data and prior of many posteriors of one kind."""

    @property
    def sites(self) -> tuple[Site, ...]:
        """The latent sites, in the order in which they are packed."""

    def __len__(self) -> int:
        """Number of fits."""

    def bytes_a_fit(self, draws: int) -> int:
        """Memory that the data of a fit and a gradient step of so many draws take, roughly."""

    def take(self, index: Sequence[int]) -> Self:
        """Some of the fits."""

    def model(self, dtype: torch.dtype) -> Callable[[], None]:
        """The Pyro program, all fits in `plate("fits", dim=-2)`; it broadcasts over draws to the left of it."""

    def guide(self) -> Guide:
        """The guide of the same fits: a Pyro program of given noise `(draws, fits, 1, latents)`."""


def fit_many(
    batch: Batch, schedule: Schedule, draws: int, seeds: Sequence[int], memory: int = MEMORY
) -> tuple[Fit, ...]:
    """Trains every fit's guide towards its posterior and draws from it.

    Args:
        batch: Data and prior of each fit, and the guide.
        schedule: Steps and rates; `particles` counts both halves of antithetic pairs and is rounded up to a whole one.
        draws: Posterior draws to return of each fit.
        seeds: One a fit. A fit is a function of its data and its seed, up to rounding: of no other fit, nor of how
            many share a chunk.
        memory: Bytes that the fits trained at once may take; it decides how many they are.

    Raises:
        ValueError: Where seeds and fits differ in number.
    """
    if len(seeds) != len(batch):
        raise ValueError(f"every fit needs a seed of its own: {len(batch)} fits, {len(seeds)} seeds")
    everyone = range(len(batch))
    fits = dict(zip(everyone, _in_chunks(batch, schedule, draws, seeds, memory), strict=True))
    if failed := [i for i in everyone if fits[i].failure]:
        slower = replace(schedule, learning_rate=SLOWER * schedule.learning_rate)
        again = _in_chunks(batch.take(failed), slower, draws, [seeds[i] for i in failed], memory)
        fits.update(zip(failed, again, strict=True))
    return tuple(fits[i] for i in everyone)


def _in_chunks(batch: Batch, schedule: Schedule, draws: int, seeds: Sequence[int], memory: int) -> list[Fit]:
    size, fits = chunk_size(batch, schedule, draws, memory), []
    for first in range(0, len(batch), size):
        index = range(first, min(first + size, len(batch)))
        fits += _together(batch.take(index), schedule, draws, [seeds[i] for i in index])
    return fits


def chunk_size(batch: Batch, schedule: Schedule, draws: int, memory: int) -> int:
    """How many fits may be trained at once within so many bytes, at least one."""
    latents, count = packed_size(batch.sites), 2 * _pairs(schedule)
    numbers = 2 * BLOCK * count * latents + 4 * draws * latents + 30 * latents**2 + psis.DRAWS
    return max(1, memory // (batch.bytes_a_fit(count) + 4 * numbers))


def _pairs(schedule: Schedule) -> int:
    return (schedule.particles + 1) // 2


def _together(batch: Batch, schedule: Schedule, draws: int, seeds: Sequence[int]) -> list[Fit]:
    with isolated(0):
        model, guide, latents = batch.model(torch.float32), batch.guide(), packed_size(batch.sites)
        noise = Noise(seeds, latents, Purpose.TRAINING)
        decay = schedule.final_fraction ** (1 / schedule.steps)
        losses = _train(model, guide, noise, schedule, schedule.steps, decay)
        posterior = _draw(guide, Noise(seeds, latents, Purpose.DRAWS).draw(draws))
        checks = Noise(seeds, latents, Purpose.CHECKS)
        weights = _log_weights(model, guide, checks, 2 * _pairs(schedule))
        # The probe may move the guide: its draws are taken already.
        probe = _train(model, guide, noise, schedule, PROBE, 1.0)
    shapes = psis.k_hat(weights)
    return [
        _fit({name: value[:, i] for name, value in posterior.items()}, losses[i], probe[i], float(shapes[i]))
        for i in range(len(batch))
    ]


def _fit(draws: dict[str, Tensor], losses: NDArray[np.float64], probe: NDArray[np.float64], k_hat: float) -> Fit:
    finite = np.isfinite(losses)
    if finite.all() and np.isfinite(probe).all():
        return Fit(draws, losses, convergence(losses, probe), k_hat)
    where = f"step {int(np.argmin(finite))}" if not finite.all() else "the probe after training"
    failure = f"training diverged, at a slower rate too: the loss of {where} is not a finite number"
    return Fit(draws, losses, Convergence(np.nan, np.nan), k_hat, failure)


def log_weights(model: Callable[[], Any], guide: Guide, noise: Tensor) -> Tensor:
    """Log joint of the model minus log density of the guide at the draws that the noise makes: `(draws, fits)`.

    Its mean is the ELBO of each fit, its exponential the importance weight of each draw.
    """
    proposed = poutine.trace(guide).get_trace(noise)
    values: Any = proposed.nodes["_RETURN"]["value"]
    joint = poutine.trace(poutine.condition(model, values)).get_trace()
    weights: Tensor = log_density(joint) - log_density(proposed)
    return weights.squeeze(-1)


def _train(
    model: Callable[[], Any], guide: Guide, noise: Noise, schedule: Schedule, steps: int, decay: float
) -> NDArray[np.float64]:
    """Minus the ELBO of each fit at each step, `(fits, steps)`, in nats."""
    losses: list[Tensor] = []
    adam = None
    for first in range(0, steps, BLOCK):
        for step in noise.pairs(min(BLOCK, steps - first), _pairs(schedule)):
            loss = -log_weights(model, guide, step).mean(0)
            adam = adam or _adam(schedule, decay)  # the guide's parameters exist once it has run
            adam.zero_grad()
            loss.sum().backward()
            adam.step()
            losses.append(loss.detach())
    return torch.stack(losses, 1).double().numpy()


def _adam(schedule: Schedule, decay: float) -> ClippedAdam:
    parameters = [value for _, value in pyro.get_param_store().named_parameters()]
    return ClippedAdam(parameters, lr=schedule.learning_rate, lrd=decay, betas=(0.9, 0.99), eps=FLOOR)


def _draw(guide: Guide, noise: Tensor) -> dict[str, Tensor]:
    """Draws of each site `(draws, fits, *site shape)`."""
    with torch.no_grad():
        return {name: value.squeeze(2) for name, value in guide(noise).items()}


def _log_weights(model: Callable[[], Any], guide: Guide, noise: Noise, block: int) -> NDArray[np.float64]:
    """Log importance weights at fresh draws, `(fits, draws)`, a block of draws at a time."""
    with torch.no_grad():
        blocks = [log_weights(model, guide, noise.draw(block)) for _ in range(-(-psis.DRAWS // block))]
    return torch.cat(blocks)[: psis.DRAWS].T.double().numpy()
