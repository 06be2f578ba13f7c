"""Bayes by Backprop of many small networks at once: what is trained, how, and the draws that come of it.

Every network gives the location and the log scale of its rows' Student-t errors,

    y = m(x) + exp(l(x)) e,    e ~ t_nu,    log(nu - 2.1) ~ N(log 5, 0.7^2)

through Bayesian layers (`layers`): a hidden layer of tanh units, or an LSTM over the steps of a window, and a linear
layer that gives m and l. All its weights, and log(nu - 2.1), are independent normals. Each gradient step draws them
twice, and each of the two sees rows of its own.

All fits take a step together and share nothing: each has random numbers of its own, and sums go through `order`.
"""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence

from forecaster.families.layers import START_SD, affine, kl_weights, recurrent
from forecaster.families.scale_mixture import ScaleMixture, normal_kl
from forecaster.inference.adam import Adam
from forecaster.inference.diagnostics import Convergence, convergence
from forecaster.inference.isolation import isolated
from forecaster.inference.many import PROBE
from forecaster.inference.noise import TWINS, Noise, Purpose, minibatches
from forecaster.inference.svi import CLIP, FLOOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from forecaster.contract import Compute
    from forecaster.families.layers import Weighting
    from forecaster.floats import Floats
    from forecaster.inference.schedule import Schedule

LEAST_DF, DF_CENTRE, DF_SD = 2.1, log(5.0), 0.7
"""Degrees of freedom are above the first; the logarithm of what they are above it is normal with the others."""

OUTPUTS = 2
"""Location and log scale."""


@dataclass(frozen=True)
class Shape:
    """What kind of network.

    Attributes:
        inputs: Numbers a row, or a step of its window.
        hidden: Hidden units, or numbers of the LSTM's state.
        steps: Steps of a window; 0 for rows without steps, and a layer in place of the LSTM.
    """

    inputs: int
    hidden: int
    steps: int = 0

    @property
    def matrices(self) -> tuple[tuple[int, int], tuple[int, int]]:
        """Rows and columns of the two layers' weights."""
        first = (self.hidden + self.inputs + 1, 4 * self.hidden) if self.steps else (self.inputs + 1, self.hidden)
        return first, (self.hidden + 1, OUTPUTS)

    @property
    def size(self) -> int:
        """Number of weights, and one for the degrees of freedom, which comes last."""
        return sum(rows * columns for rows, columns in self.matrices) + 1

    def forward(self, x: Tensor, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Location and log scale `(networks, rows)`.

        Args:
            x: `(networks, rows, inputs)`, or `(networks, rows, steps, inputs)`.
            latents: Packed weights `(networks, size)`.
        """
        (rows, columns), (below, outputs) = self.matrices
        first, second, _ = latents.split([rows * columns, below * outputs, 1], -1)
        weights = first.reshape(-1, rows, columns)
        units = recurrent(x, weights)[:, :, -1] if self.steps else affine(x, weights).tanh()
        found = affine(units, second.reshape(-1, below, outputs))
        return found[..., 0], found[..., 1]

    def bytes_a_fit(self, rows: int) -> int:
        """Memory that a gradient step on so many rows takes, roughly."""
        a_row = 16 * 4 * self.hidden * self.steps if self.steps else 8 * (self.inputs + self.hidden)
        return 4 * (rows * (a_row + 16 * OUTPUTS) + 16 * self.size)


@dataclass(frozen=True, eq=False)
class Outcome:
    """A trained network.

    Attributes:
        draws: Posterior draws of its packed latents `(draws, size)`.
        losses: Minus the ELBO at each step `(steps,)`, in nats, each on a minibatch.
        convergence: Whether training was at rest.
        kl: Divergence of the posterior from the prior in nats, as the draws estimate it.
        failure: Why there is none, empty where there is one.
    """

    draws: Tensor
    losses: Floats
    convergence: Convergence
    kl: float
    failure: str = ""

    @property
    def df(self) -> float:
        """Mean degrees of freedom."""
        return LEAST_DF + float(np.exp(self.draws[:, -1].double().numpy()).mean())


def fit_all(
    data: Sequence[tuple[Tensor, Tensor]],
    seeds: Sequence[int],
    shape: Shape,
    prior: ScaleMixture,
    schedule: Schedule,
    weighting: Weighting,
    draws: int,
    compute: Compute,
) -> tuple[Outcome, ...]:
    """Trains a network on each set of rows, as many at once as the memory allows.

    Args:
        data: Inputs `(rows, inputs)` or `(rows, steps, inputs)`, and responses `(rows,)`, float32; rows may differ.
        seeds: One a fit. A fit is a function of its data and its seed, to the byte.
        shape: Of every network.
        prior: Of each weight.
        schedule: Steps, rates and rows a step; an even number of rows.
        weighting: How the KL is spread over the minibatches of an epoch.
        draws: Posterior draws of each.
        compute: Where, and in how much memory.

    Raises:
        ValueError: Where seeds and sets of rows differ in number.
    """
    if len(seeds) != len(data):
        raise ValueError(f"every fit needs a seed of its own: {len(data)} fits, {len(seeds)} seeds")
    longest = max((x[0].numel() * len(x) for x, _ in data), default=0)
    size = max(1, compute.memory // (shape.bytes_a_fit(schedule.minibatch) + 8 * longest))
    # On the processor no default is set: it would cost every call of torch a little.
    place = nullcontext() if compute.device == "cpu" else torch.device(compute.device)
    found: list[Outcome] = []
    for first in range(0, len(data), size):
        some = slice(first, first + size)
        with isolated(0), place:
            found += _Together(data[some], seeds[some], shape, prior, weighting, schedule).outcomes(draws)
    return tuple(found)


class _Together:
    """Fits that are trained together."""

    def __init__(
        self,
        data: Sequence[tuple[Tensor, Tensor]],
        seeds: Sequence[int],
        shape: Shape,
        prior: ScaleMixture,
        weighting: Weighting,
        schedule: Schedule,
    ) -> None:
        self.seeds, self.shape, self.prior, self.schedule = list(seeds), shape, prior, schedule
        place = torch.get_default_device()
        self.x, self.y = (pad_sequence(list(each), batch_first=True).to(place) for each in zip(*data, strict=True))
        self.half = schedule.minibatch // TWINS
        counts = [len(y) for _, y in data]
        self.rows = minibatches(self.seeds, counts, self.half)
        self.times = torch.tensor(counts) / self.half
        epochs = [kl_weights(-(-count // schedule.minibatch), weighting) for count in counts]
        self.parts = [torch.tensor(parts * len(parts), dtype=torch.float32) for parts in epochs]
        self.mean = self._start().requires_grad_()
        self.log_sd = torch.full_like(self.mean, log(START_SD)).requires_grad_()
        self.noise = Noise(self.seeds, shape.size, Purpose.TRAINING)
        self.adam = Adam([self.mean, self.log_sd], FLOOR, CLIP)
        self.taken = 0

    def _start(self) -> Tensor:
        """Means at draws with one over the root of their layer's inputs as standard deviation; none for the last."""
        drawn = Noise(self.seeds, self.shape.size, Purpose.START).draw()[0, :, 0]
        (rows, columns), (below, outputs) = self.shape.matrices
        spread = torch.cat([torch.full((rows * columns,), (rows - 1) ** -0.5), torch.zeros(below * outputs + 1)])
        start = drawn * spread
        start[:, -1] = DF_CENTRE
        return start

    def outcomes(self, draws: int) -> list[Outcome]:
        losses = self._train(list(self.schedule.rates()))
        with torch.no_grad():
            noise = Noise(self.seeds, self.shape.size, Purpose.DRAWS).draw(-(-draws // TWINS))
            drawn = self._latents(noise.squeeze(-2).flatten(0, 1)[:draws])
            kl = self._kl(drawn).reshape(-1, len(self.seeds)).mT.contiguous().mean(-1)
        kept = drawn.movedim(1, 0).cpu()
        probe = self._train([self.schedule.learning_rate] * PROBE)  # it moves the posterior: draws are taken already
        return [
            Outcome(kept[i].clone(), losses[i], convergence(losses[i], probe[i]), float(kl[i]), _failure(losses[i]))
            for i in range(len(self.seeds))
        ]

    def _train(self, rates: list[float]) -> Floats:
        """Takes a step at each rate; gives minus the ELBO of each fit at each, `(fits, steps)`."""
        losses = []
        for rate, noise in zip(rates, self.noise.steps(len(rates), 1), strict=True):
            loss = self._loss(noise[0].squeeze(-2), next(self.rows))
            loss.sum().backward()
            self.adam.step(rate)
            losses.append(loss.detach())
            self.taken += 1
        found: Floats = torch.stack(losses, 1).double().cpu().numpy()
        return found

    def _loss(self, noise: Tensor, rows: Tensor) -> Tensor:
        """Minus the ELBO of each fit `(fits,)`; of noise `(twins, fits, size)` and rows `(twins, fits, half)`."""
        fits = len(self.seeds)
        latents, place = self._latents(noise), torch.arange(fits)[:, None]
        x, y = self.x[place, rows].flatten(0, 1), self.y[place, rows].flatten(0, 1)
        mean, log_scale = self.shape.forward(x, latents.flatten(0, 1))
        df = latents.flatten(0, 1)[:, -1:].exp() + LEAST_DF
        each = student_t((y - mean) * (-log_scale).exp(), df) + log_scale
        fit = each.sum(-1).reshape(TWINS, fits) * self.times
        part = torch.stack([parts[self.taken % len(parts)] for parts in self.parts])
        found: Tensor = (fit + part * self._kl(latents)).sum(0) / TWINS
        return found

    def _latents(self, noise: Tensor) -> Tensor:
        return self.mean + self.log_sd.exp() * noise

    def _kl(self, latents: Tensor) -> Tensor:
        """Of all weights, and of the degrees of freedom `(..., fits)`."""
        weights = self.prior.kl(self.mean[:, :-1], self.log_sd[:, :-1], latents[..., :-1])
        return weights + normal_kl(self.mean[:, -1:], self.log_sd[:, -1:], DF_CENTRE, DF_SD)


def student_t(e: Tensor, df: Tensor) -> Tensor:
    """Minus the log density of standard Student-t errors, number by number."""
    constant = torch.lgamma(df / 2) - torch.lgamma((df + 1) / 2) + 0.5 * (df * torch.pi).log()
    return constant + (df + 1) / 2 * (1 + e.square() / df).log()


def _failure(losses: Floats) -> str:
    finite = np.isfinite(losses)
    return (
        "" if finite.all() else f"training diverged: the loss of step {int(np.argmin(finite))} is not a finite number"
    )


def predictions(shape: Shape, latents: Tensor, x: Tensor) -> Iterator[Floats]:
    """Locations, scales and degrees of freedom of one row `x`, each `(draws,)`, float64."""
    with isolated(0), torch.no_grad():
        row = x.expand(len(latents), 1, *x.shape).contiguous()
        mean, log_scale = shape.forward(row, latents)
    yield mean[:, 0].double().numpy()
    yield np.exp(log_scale[:, 0].double().numpy())
    yield LEAST_DF + np.exp(latents[:, -1].double().numpy())
