"""Many independent posteriors, fitted in one Pyro program.

A step of Pyro spends milliseconds on dispatch for microseconds of arithmetic. Here all fits take it together, in
`plate("fits", dim=-2)`, and share nothing else: the loss is a sum over fits, so that none appears in another's
gradient; Adam works entry by entry; noise comes from each fit's own seed. A single fit is a batch of one.

A fit whose loss stops being finite is trained once more at a tenth of the rate, apart from the others; failing again
it says so, and no other fit has noticed.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from forecaster.contract import Compute
from forecaster.inference import importance
from forecaster.inference.batch import Batch
from forecaster.inference.checks import check, proposals
from forecaster.inference.diagnostics import Fit, convergence
from forecaster.inference.isolation import isolated
from forecaster.inference.noise import BLOCK, TWINS, Noise, Purpose
from forecaster.inference.sites import packed_size
from forecaster.inference.svi import Training

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from forecaster.floats import Floats
    from forecaster.inference.schedule import Schedule


PROBE = 40
"""Steps at the full rate that follow training, to see whether it was at rest."""

SLOWER = 0.1
"""The rate of the second attempt, as a fraction of the first."""


def fit_many(
    batch: Batch, schedule: Schedule, draws: int, seeds: Sequence[int], compute: Compute | None = None
) -> tuple[Fit, ...]:
    """Trains every fit's guide towards its posterior and draws from it.

    Args:
        batch: Data and prior of each fit, and the guide.
        schedule: Steps and rates.
        draws: Posterior draws to return of each fit.
        seeds: One a fit. A fit is a function of its data and its seed, to the byte (`order`): of no other fit, nor of
            how many share a chunk.
        compute: Where, and how much memory the fits trained at once may take; it decides how many they are.

    Raises:
        ValueError: Where seeds and fits differ in number.
    """
    if len(seeds) != len(batch):
        raise ValueError(f"every fit needs a seed of its own: {len(batch)} fits, {len(seeds)} seeds")
    everyone, means = range(len(batch)), compute or Compute()
    fits = dict(zip(everyone, _in_chunks(batch, schedule, draws, seeds, means), strict=True))
    if failed := [i for i in everyone if fits[i].failure]:
        slower = replace(schedule, learning_rate=SLOWER * schedule.learning_rate)
        again = _in_chunks(batch.take(failed), slower, draws, [seeds[i] for i in failed], means)
        fits.update(zip(failed, again, strict=True))
    return tuple(fits[i] for i in everyone)


def _in_chunks(batch: Batch, schedule: Schedule, draws: int, seeds: Sequence[int], compute: Compute) -> list[Fit]:
    size, fits = chunk_size(batch, schedule, draws, compute.memory), []
    # On the processor no default is set: it would cost every call of torch a little.
    place = nullcontext() if compute.device == "cpu" else torch.device(compute.device)
    for first in range(0, len(batch), size):
        index = range(first, min(first + size, len(batch)))
        with isolated(0), place:
            fits += _together(batch.take(index), schedule, draws, [seeds[i] for i in index])
    return fits


def chunk_size(batch: Batch, schedule: Schedule, draws: int, memory: int) -> int:
    """How many fits may be trained at once within so many bytes, at least one."""
    latents, count = packed_size(batch.sites), TWINS * schedule.particles
    kept = TWINS * draws + schedule.checks * schedule.importance
    numbers = 2 * BLOCK * count * latents + 4 * kept * latents + 4 * schedule.checks
    # A step that keeps nothing for a gradient needs a third of one that does.
    step = batch.bytes_a_fit(max(count, TWINS * BLOCK // 3), schedule.minibatch)
    return max(1, memory // (step + 4 * numbers))


def _together(batch: Batch, schedule: Schedule, draws: int, seeds: Sequence[int]) -> list[Fit]:
    training = Training.of(batch, schedule, seeds)
    model, guide = training.model, training.guide
    losses = training.run(list(schedule.rates())) if schedule.steps else None
    with torch.no_grad():
        found = check(batch, proposals(model, guide, seeds, schedule.checks))
        drawn = guide(Noise(seeds, guide.numbers, Purpose.DRAWS).draw(draws))
        share = torch.tensor(found.elbo).T.contiguous().softmax(-1)
        fresh = {name: mixed(value, share[:, 0]) for name, value in drawn.items()}
        weighed = schedule.importance & (found.k_hat < importance.RELIABLE)
        better = (
            importance.choose(proposals(model, guide, seeds, schedule.checks), draws, seeds) if weighed.any() else fresh
        )
    # The probe may move the guide: its draws are taken already.
    probe = training.run([schedule.learning_rate] * PROBE) if schedule.steps else found.losses
    losses = found.losses if losses is None else losses
    fresh, better = batch.outside(fresh), batch.outside(better)
    return [
        Fit(
            draws={name: value[:, i].cpu() for name, value in (better if weighed[i] else fresh).items()},
            losses=losses[i],
            convergence=convergence(losses[i], probe[i]),
            elbo=float((share[i].numpy() * found.elbo[:, i]).sum()),
            k_hat=float(found.k_hat[i]),
            disagreement=float(found.disagreement[i]),
            contraction={name: value[i] for name, value in found.contraction.items()},
            spread={name: value[i] for name, value in found.spread.items()},
            short=0.0 if guide.short is None else float(guide.short[i]),
            weighed=bool(weighed[i]),
            failure=_failure(losses[i], probe[i]),
        )
        for i in range(len(batch))
    ]


def mixed(value: Tensor, share: Tensor) -> Tensor:
    """Draws of both twins, the first one's in the given share: `(draws, fits, *site shape)`.

    They come as `(draws, twins, fits, 1, *site shape)`. Shares `(fits,)` in proportion to exp(ELBO) make the mixture's
    own ELBO the largest where the two lie apart.

    >>> of_first, of_second = torch.zeros(10, 1, 2, 1), torch.ones(10, 1, 2, 1)
    >>> mixed(torch.cat([of_first, of_second], 1), torch.tensor([0.9, 0.5])).sum(0).tolist()
    [1.0, 5.0]
    """
    place = torch.arange(len(value), dtype=share.dtype)[:, None]
    first = ((place + 1) * share).floor() > (place * share).floor()
    first = first.to(value.device).reshape(*first.shape, *[1] * (value.ndim - 4))
    return torch.where(first, value[:, 0, :, 0], value[:, 1, :, 0])


def _failure(losses: Floats, probe: Floats) -> str:
    finite = np.isfinite(losses)
    if finite.all() and np.isfinite(probe).all():
        return ""
    where = f"step {int(np.argmin(finite))}" if not finite.all() else "the probe after training"
    return f"training diverged, at a slower rate too: the loss of {where} is not a finite number"
