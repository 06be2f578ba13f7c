"""Guides by name: the families of posteriors that SVI may choose from, for many fits at once.

`mean_field` gives every latent a normal of its own, `low_rank` adds a few directions in which they move together,
`full_rank` gives all latents of a fit one correlated normal. `laplace` is the Laplace approximation itself, with
nothing to train. Where there is one, the others start from it: in its coordinates the posterior is close to a standard
normal whatever the correlation of the features, so that one learning rate suits all directions. A further kind,
`custom`, is written by hand beside the model that it serves.

A guide takes standard normal noise `(draws, twins, fits, 1, numbers)`, makes its draws of it and returns the values of
the model's sites: randomness belongs to the fit, not to the batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyro
import pyro.distributions as dist
import torch

from forecaster.inference.noise import TWINS
from forecaster.inference.sites import Start, packed_size, unpack
from forecaster.inference.triangular import standard, triangular

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from forecaster.inference.laplace import Laplace
    from forecaster.inference.sites import Site

INIT_SCALE = 0.02
"""Starting standard deviation of a latent: small, for a wide start costs nats that a decaying rate never regains."""

RANK = 5
"""Directions of a low-rank guide."""


@dataclass(frozen=True, eq=False)
class Guide:
    """The guide of many fits.

    Attributes:
        program: The Pyro program, from noise to values by site `(draws, twins, fits, 1, *site shape)`.
        numbers: How many numbers of noise a draw takes.
    """

    program: Callable[[Tensor], dict[str, Tensor]]
    numbers: int

    def __call__(self, noise: Tensor) -> dict[str, Tensor]:
        """Runs the program."""
        return self.program(noise)


def mean_field(sites: tuple[Site, ...], start: Start) -> Guide:
    """Independent normals `N(mode + unit a, (unit exp(b))^2)` with `a` and `b` trained."""

    def program(noise: Tensor) -> dict[str, Tensor]:
        shift = pyro.param("shift", lambda: torch.zeros(noise.shape[1:]))
        log_scale = pyro.param("log_scale", lambda: start.log_scale.expand(noise.shape[1:]).clone())
        latent = start.mode + start.unit * (shift + log_scale.exp() * noise)
        return _sample(sites, latent, standard(noise) - (log_scale + start.unit.log()).sum(-1))

    return Guide(program, packed_size(sites))


def low_rank(sites: tuple[Site, ...], start: Start, directions: Tensor) -> Guide:
    """Normals `N(mode + unit a, unit (diag(exp(b))^2 + V V') unit)` with `a`, `b` and `V` trained.

    `directions (twins, fits, rank, latents)` are small numbers where `V'` starts: at zero no gradient moves it.
    """
    latents, rank = packed_size(sites), directions.shape[-2]

    def program(noise: Tensor) -> dict[str, Tensor]:
        shape = (*noise.shape[1:-1], latents)
        shift = pyro.param("shift", lambda: torch.zeros(shape))
        log_scale = pyro.param("log_scale", lambda: start.log_scale.expand(shape).clone())
        factor = pyro.param("factor", directions.clone)
        # In units of the independent part: by Woodbury's formula all else is a matrix of the directions' products.
        scaled = factor * (-log_scale).exp()
        inner = noise[..., :latents] + noise[..., latents:] @ scaled
        density = _low_rank(inner, scaled) - (log_scale + start.unit.log()).sum(-1)
        return _sample(sites, start.mode + start.unit * (shift + log_scale.exp() * inner), density)

    return Guide(program, latents + rank)


def full_rank(sites: tuple[Site, ...], start: Laplace) -> Guide:
    """A correlated normal `N(mode + L a, (L T)(L T)')` for each fit, with `a` and the lower triangle `T` trained.

    At `a = 0, T = I` it is the Laplace approximation.
    """
    constant = start.root.diagonal(dim1=-2, dim2=-1).log().sum(-1)[:, None]
    fits, latents = start.root.shape[:2]

    def program(noise: Tensor) -> dict[str, Tensor]:
        shift = pyro.param("shift", lambda: torch.zeros(fits, TWINS, latents))
        log_scale = pyro.param("log_scale", lambda: torch.zeros(fits, TWINS, latents))
        below = pyro.param("below", lambda: torch.zeros(fits, TWINS, latents * (latents - 1) // 2))
        inner, density = triangular(shift, log_scale, below, noise.squeeze(-2).permute(2, 1, 0, 3))
        latent = start.mode + _through(start.root, inner)
        return _sample(sites, latent, density.permute(2, 1, 0)[..., None] - constant)

    return Guide(program, packed_size(sites))


def laplace(sites: tuple[Site, ...], start: Laplace) -> Guide:
    """The Laplace approximation `N(mode, L L')` of each fit, as it is."""
    constant = start.root.diagonal(dim1=-2, dim2=-1).log().sum(-1)[:, None]

    def program(noise: Tensor) -> dict[str, Tensor]:
        latent = start.mode + _through(start.root, noise.squeeze(-2).permute(2, 1, 0, 3))
        return _sample(sites, latent, standard(noise) - constant)

    return Guide(program, packed_size(sites))


def _through(root: Tensor, inner: Tensor) -> Tensor:
    """Each fit's root times its vectors `(fits, twins, draws, latents)`: `(draws, twins, fits, 1, latents)`.

    One multiplication a fit for all its vectors; broadcasting would copy the root for each twin. The root stands on
    the left: on the right torch rounds more, and guides end a little further from posteriors that they could meet.
    """
    product: Tensor = torch.bmm(root, inner.flatten(1, 2).mT).mT.reshape(inner.shape)
    return product.permute(2, 1, 0, 3)[..., None, :]


def _low_rank(inner: Tensor, factor: Tensor) -> Tensor:
    """Log density of `N(0, I + V V')` at `(draws, twins, fits, 1, latents)`, for `V' (twins, fits, rank, latents)`.

    Products are summed one by one: a multiplication of so few rows rounds otherwise in a small batch than in a large.
    """
    products = (factor[..., None, :] * factor[..., None, :, :]).sum(-1)
    root = torch.linalg.cholesky(products + torch.eye(factor.shape[-2]))
    along = torch.linalg.solve_triangular(root, (inner * factor).sum(-1)[..., None], upper=False)
    log_root = root.diagonal(dim1=-2, dim2=-1).log().sum(-1)[..., None]
    density: Tensor = standard(inner) + along.square().sum(-2) / 2 - log_root
    return density


def _sample(sites: tuple[Site, ...], latent: Tensor, log_density: Tensor) -> dict[str, Tensor]:
    """Gives Pyro the packed draws `(draws, twins, fits, 1, latents)` with their log density; what sites make of them.

    One site in place of many: in a step so small, each costs more than its arithmetic.
    """
    parts = list(unpack(sites, latent))
    jacobian: Any = sum(part.log_jacobian for part in parts)
    with pyro.plate("fits", latent.shape[-3], dim=-2):
        pyro.sample("latent", Drawn(latent, log_density - jacobian, event_dim=1))
    return {part.site.name: part.value for part in parts}


class Drawn(dist.Delta):
    """A point with a density, asked for at this point alone.

    Pyro's own compares every number with itself, which takes a tenth of a step.
    """

    def log_prob(self, _: Tensor) -> Any:  # noqa: ANN401  # Pyro's own signature
        """The density given."""
        return self.log_density


class Given(dist.Normal):
    """A normal whose draw is made of given noise: what a guide written by hand samples from."""

    def __init__(self, loc: Tensor, scale: Tensor, noise: Tensor) -> None:
        """Takes the noise beside the parameters, in the shape of the draws."""
        super().__init__(loc, scale)
        self._noise = noise

    def expand(self, batch_shape: Any, _instance: Any = None) -> Given:  # noqa: ANN401  # Pyro's own signature
        """The same law, seen in another shape."""
        return Given(self.loc.expand(batch_shape), self.scale.expand(batch_shape), self._noise)

    def rsample(self, *_: Any) -> Tensor:  # noqa: ANN401  # Pyro's own signature
        """The draw that the noise makes."""
        result: Tensor = self.loc + self.scale * self._noise
        return result
