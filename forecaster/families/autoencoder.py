"""A variational autoencoder of rows, trained by SVI in Pyro: how probable is a row like this one?

Of rows x of standardised inputs, with a few latent numbers z that no row tells,

    z ~ Normal(0, 1),    x ~ Normal(c + A z + B tanh(V z + v), s)

and a guide whose mean and log scale are such functions of x. Decoder and encoder start at the principal axes, where
without hidden units model and guide are probabilistic principal components and their exact posterior (Tipping and
Bishop 1999, doi:10.1111/1467-9868.00196): training has only to learn what is not linear. How probable a row is, is
estimated by importance weighting (Burda, Grosse and Salakhutdinov 2016, arXiv:1509.00519).

A network finds the rows that it was trained on more probable than new ones. So there are two: of blocks of rows in
turn, one learns from the even ones and the other from the odd ones, and each row is judged by the network that did not
see it. A new row is held against the rows of each half by the half's own judge (cross-conformal, Vovk 2015,
doi:10.1007/s10472-013-9368-4).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from math import log, pi
from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from pyro.infer import TraceMeanField_ELBO
from scipy.special import logsumexp
from torch import nn

from forecaster.inference.adam import Adam
from forecaster.inference.isolation import isolated
from forecaster.inference.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from forecaster.floats import Floats

BLOCK = 60
"""Rows that stay together: neighbours share six of seven days, so that single rows would not be new to anyone."""

DRAWS = 64
"""Importance draws of a row."""

AT_ONCE = 256
"""Rows that are judged together, for memory."""

START = 0.1
"""Standard deviation of the weights behind the hidden units at the start: small, but apart from each other."""

FLOOR = 0.05
"""No input is believed to be known better than this, in its own standard deviations: a repeated value is no law."""

EPSILON, CLIP = 1e-5, 10.0
"""Of `Adam`, in nats a row."""

SCHEDULE = Schedule(steps=400, learning_rate=0.02, minibatch=128)


@dataclass(frozen=True)
class Shape:
    """The network.

    Attributes:
        latents: Latent numbers of a row; at most one less than there are inputs are used.
        hidden: Hidden units of the decoder, and as many of the encoder.
    """

    latents: int = 4
    hidden: int = 24


class Mixed(nn.Module):
    """Some linear maps, with a hidden layer beside each: `c + A x + B tanh(V x + v)`."""

    def __init__(self, linear: Floats, constant: Floats, hidden: int) -> None:
        """Starts at linear maps `(networks, outputs, inputs)` and `(networks, outputs)`, and weak hidden units."""
        super().__init__()
        networks, outputs, inputs = linear.shape
        self.linear = nn.Parameter(torch.tensor(linear, dtype=torch.float32))
        self.constant = nn.Parameter(torch.tensor(constant, dtype=torch.float32))
        self.inner = nn.Parameter(torch.randn(networks, hidden, inputs) / max(1, inputs) ** 0.5)
        self.bias = nn.Parameter(torch.randn(networks, hidden))
        self.outer = nn.Parameter(START * torch.randn(networks, outputs, hidden) / hidden**0.5)

    def forward(self, x: Tensor) -> Tensor:
        """The map of `(networks, rows, inputs)`."""
        units = torch.tanh(torch.baddbmm(self.bias[:, None], x, self.inner.mT))
        return torch.baddbmm(self.constant[:, None], x, self.linear.mT) + units @ self.outer.mT


class Decoder(nn.Module):
    """The distribution of a row given its latents, of some networks."""

    def __init__(self, axes: Floats, noise: Floats, hidden: int) -> None:
        """Starts at principal axes `(networks, inputs, latents)` and the noise of all inputs `(networks,)`."""
        super().__init__()
        networks, inputs, _ = axes.shape
        self.location = Mixed(axes, np.zeros((networks, inputs)), hidden)
        self.log_scale = nn.Parameter(torch.tensor(np.log(noise), dtype=torch.float32)[:, None].repeat(1, inputs))


def model(decoder: Decoder, rows: Tensor, count: int) -> None:
    """The Pyro model of some networks, each with so many rows, some of which are seen: `(networks, rows, inputs)`."""
    pyro.module("decoder", decoder)
    networks, _, latents = decoder.location.linear.shape
    with pyro.plate("networks", networks, dim=-2), pyro.plate("rows", count, subsample_size=rows.shape[1], dim=-1):
        z = pyro.sample("z", dist.Normal(torch.zeros(latents), torch.ones(latents)).to_event(1))
        scale = (decoder.log_scale.exp() + FLOOR)[:, None]
        pyro.sample("x", dist.Normal(decoder.location(z), scale).to_event(1), obs=rows)


def guide(encoder: Mixed, rows: Tensor, count: int) -> None:
    """The Pyro guide of the same: what rows say of their latents."""
    pyro.module("encoder", encoder)
    with pyro.plate("networks", len(rows), dim=-2), pyro.plate("rows", count, subsample_size=rows.shape[1], dim=-1):
        mean, log_scale = encoder(rows).chunk(2, -1)
        pyro.sample("z", dist.Normal(mean, log_scale.exp()).to_event(1))


@dataclass(frozen=True, eq=False)
class Autoencoder:
    """A trained network.

    Attributes:
        mean: Of the inputs `(inputs,)`.
        sd: Their standard deviations `(inputs,)`, 1 where one never changes.
        decoder: Its parameters by name.
        encoder: Likewise.
        scale: Noise of each input, in standard deviations `(inputs,)`.
        noise: Of the importance draws `(draws, latents)`, the same for every row.
    """

    mean: Floats
    sd: Floats
    decoder: Mapping[str, Floats]
    encoder: Mapping[str, Floats]
    scale: Floats
    noise: Floats

    def log_prob(self, rows: Floats) -> Floats:
        """Log density of each row `(rows, inputs)`, in nats and in units of the rows: `(rows,)`."""
        apart = (rows - self.mean) / self.sd
        pieces = [self._log_prob(apart[first : first + AT_ONCE]) for first in range(0, len(rows), AT_ONCE)]
        found: Floats = np.concatenate(pieces) - np.log(self.sd).sum()
        return found

    def _log_prob(self, apart: Floats) -> Floats:
        mean, log_scale = np.split(_mixed(self.encoder, apart), 2, -1)
        z = mean[:, None] + np.exp(log_scale)[:, None] * self.noise
        prior, proposed = (z**2).sum(-1), (self.noise**2).sum(-1) + 2 * log_scale.sum(-1)[:, None]
        errors = (apart[:, None] - _mixed(self.decoder, z)) / self.scale
        seen = (errors**2).sum(-1) + 2 * np.log(self.scale).sum() + len(self.scale) * log(2 * pi)
        found: Floats = logsumexp((proposed - prior - seen) / 2, axis=1) - log(len(self.noise))
        return found

    def parts(self, row: Floats) -> Floats:
        """Nats that each input of a row adds by not being where its latents' mean puts it `(inputs,)`."""
        apart = ((row - self.mean) / self.sd)[None]
        mean, _ = np.split(_mixed(self.encoder, apart), 2, -1)
        part: Floats = ((apart - _mixed(self.decoder, mean)) / self.scale)[0] ** 2 / 2
        return part


def train(each: Sequence[Floats], shape: Shape, schedule: Schedule, seed: int) -> tuple[Autoencoder, ...]:
    """Trains a network on each of some tables `(rows, inputs)`: a function of them all and of the seed, to the byte."""
    means, spreads = np.stack([rows.mean(0) for rows in each]), np.stack([rows.std(0) for rows in each])
    sds = np.where(spreads > 0, spreads, 1.0)
    apart = [(rows - mean) / sd for rows, mean, sd in zip(each, means, sds, strict=True)]
    with isolated(seed):
        decoder, encoder = _started(apart, shape)
        _train(decoder, encoder, [torch.tensor(rows, dtype=torch.float32) for rows in apart], schedule)
    outer, inner = _numbers(decoder.location), _numbers(encoder)
    scales = decoder.log_scale.detach().double().exp().numpy() + FLOOR
    noise = np.random.default_rng(seed).standard_normal((DRAWS, outer["linear"].shape[-1]))
    return tuple(
        Autoencoder(means[i], sds[i], _of(outer, i), _of(inner, i), scales[i], noise) for i in range(len(each))
    )


def _started(each: Sequence[Floats], shape: Shape) -> tuple[Decoder, Mixed]:
    """Decoder and encoder at the principal axes: the posterior of these latents is exact, and independent."""
    found = [_principal(rows, max(1, min(shape.latents, rows.shape[1] - 1))) for rows in each]
    axes, variance = np.stack([of[0] for of in found]), np.array([of[1] for of in found])
    precision = (axes**2).sum(1) + variance[:, None]
    to_mean = axes.mT / precision[..., None]
    decoder = Decoder(axes, np.sqrt(variance) - FLOOR, shape.hidden)
    constant = np.concatenate([np.zeros_like(precision), np.log(variance[:, None] / precision) / 2], 1)
    return decoder, Mixed(np.concatenate([to_mean, np.zeros_like(to_mean)], 1), constant, shape.hidden)


def _principal(apart: Floats, latents: int) -> tuple[Floats, float]:
    """Principal axes `(inputs, latents)` as long as their latents' effect, and the variance of what they leave."""
    values, vectors = np.linalg.eigh(apart.T @ apart / len(apart))
    values, vectors = values[::-1], vectors[:, ::-1]
    vectors = vectors * np.where(vectors.sum(0) < 0, -1.0, 1.0)  # their signs mean nothing
    left = values[latents:]
    variance = max(float(left.mean()) if left.size else 0.0, 4 * FLOOR**2)
    axes: Floats = vectors[:, :latents] * np.sqrt(np.maximum(values[:latents] - variance, 1e-4))
    return axes, variance


def _train(decoder: Decoder, encoder: Mixed, each: Sequence[Tensor], schedule: Schedule) -> None:
    count, elbo = min(map(len, each)), TraceMeanField_ELBO()
    size = min(schedule.minibatch or count, count)
    adam = Adam([*decoder.parameters(), *encoder.parameters()], EPSILON, CLIP)
    for rate in schedule.rates():
        seen = torch.stack([rows[torch.randint(len(rows), (size,))] for rows in each])
        loss: Any = elbo.differentiable_loss(partial(model, decoder), partial(guide, encoder), seen, count)
        (loss / count).backward()
        adam.step(rate)


def _numbers(module: Mixed) -> dict[str, Floats]:
    return {name: value.detach().double().numpy() for name, value in module.named_parameters()}


def _of(parameters: Mapping[str, Floats], place: int) -> dict[str, Floats]:
    return {name: value[place] for name, value in parameters.items()}


def _mixed(of: Mapping[str, Floats], x: Floats) -> Floats:
    """What `Mixed` makes of `(..., inputs)`, in double precision."""
    units = np.tanh(x @ of["inner"].T + of["bias"])
    found: Floats = x @ of["linear"].T + units @ of["outer"].T + of["constant"]
    return found


@dataclass(frozen=True, eq=False)
class Halves:
    """Two networks, each the judge of the rows that the other learnt from.

    Attributes:
        judges: The two.
        own: Minus the log density of the rows of each, in rising order.
    """

    judges: tuple[Autoencoder, Autoencoder]
    own: tuple[Floats, Floats]

    def below(self, row: Floats) -> int:
        """How many of the rows are more probable than this one `(inputs,)` is."""
        return sum(
            int(own.searchsorted(-judge.log_prob(row[None])[0]))
            for judge, own in zip(self.judges, self.own, strict=True)
        )

    def parts(self, row: Floats) -> Floats:
        """Nats that each input adds, see `Autoencoder.parts`, the mean of both."""
        part: Floats = np.mean([judge.parts(row) for judge in self.judges], axis=0)
        return part


def halves(rows: Floats, seed: int, shape: Shape = Shape(), schedule: Schedule | None = None) -> Halves:  # frozen
    """Trains both networks on rows `(rows, inputs)`, at least four, oldest first; as `SCHEDULE` says where None."""
    size = min(BLOCK, len(rows) // 4)
    odd = np.arange(len(rows)) // size % 2 == 1
    first, second = rows[~odd], rows[odd]
    of_first, of_second = train((first, second), shape, schedule or SCHEDULE, seed)
    return Halves((of_first, of_second), (np.sort(-of_first.log_prob(second)), np.sort(-of_second.log_prob(first))))
