"""Guides by name: the families of posteriors that SVI may choose from, for many fits at once.

`mean_field` gives every latent a normal of its own. `full_rank` gives the latents of a fit one correlated normal. Both
are trained in the coordinates of a Laplace approximation: there the posterior is close to a standard normal whatever
the correlation of the features, so that one learning rate suits all directions. A third kind, `custom`, is written by
hand beside the model that it serves.

A guide takes standard normal noise `(draws, fits, 1, latents)`, makes its draws of it and returns the values of the
model's sites: randomness belongs to the fit, not to the batch.
"""

from __future__ import annotations

from math import log, pi
from typing import TYPE_CHECKING, Any

import pyro
import pyro.distributions as dist
import torch

from forecaster.inference.sites import packed_size, unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from forecaster.inference.laplace import Laplace
    from forecaster.inference.sites import Site

    Guide = Callable[[Tensor], dict[str, Tensor]]

INIT_SCALE = 0.02
"""Starting standard deviation of a latent: small, for a wide start costs nats that a decaying rate never regains."""


def mean_field(sites: tuple[Site, ...], start: Laplace) -> Guide:
    """Independent normals `N(mode + sd a, (sd exp(b))^2)` with `a` and `b` trained.

    They start at the mode with each latent's spread given the others, which is the answer for a normal posterior.
    """

    def guide(noise: Tensor) -> dict[str, Tensor]:
        shift = pyro.param("shift", torch.zeros_like(start.mode))
        log_scale = pyro.param("log_scale", torch.zeros_like(start.mode))
        latent = start.mode + start.sd * (shift + log_scale.exp() * noise)
        return _sample(sites, latent, _standard(noise) - (log_scale + start.sd.log()).sum(-1))

    return guide


def full_rank(sites: tuple[Site, ...], start: Laplace) -> Guide:
    """A correlated normal `N(mode + L a, (L T)(L T)')` for each fit, with `a` and the lower triangle `T` trained.

    At `a = 0, T = I` it is the Laplace approximation. Its own density is followed only through the draws, its
    parameters held: where the posterior is in the family, the gradient then has no noise at the answer (Roeder, Wu
    and Duvenaud 2017, arXiv:1703.09194).
    """
    latents = packed_size(sites)
    constant = start.root.diagonal(dim1=-2, dim2=-1).log().sum(-1)[:, None]

    def guide(noise: Tensor) -> dict[str, Tensor]:
        shift = pyro.param("shift", torch.zeros_like(start.mode))
        packed = pyro.param("triangle", torch.zeros_like(start.root))
        log_scale = packed.diagonal(dim1=-2, dim2=-1)
        triangle = packed.tril(-1) + torch.diag_embed(log_scale.exp())
        columns = noise.reshape(-1, len(packed), latents).permute(1, 2, 0)
        inner = shift.mT + torch.bmm(triangle, columns)
        latent = start.mode.mT + torch.bmm(start.root, inner)
        density = _standard(noise) - log_scale.detach().sum(-1)[:, None] - constant
        if torch.is_grad_enabled():
            slope = torch.linalg.solve_triangular(triangle.detach().mT, columns, upper=True)
            followed = ((inner.detach() - inner) * slope).sum(
                1
            )  # zero, with the gradient of the density along the draws
            density = density + followed.T[..., None]
        return _sample(sites, latent.permute(2, 0, 1)[:, :, None], density)

    return guide


def _standard(noise: Tensor) -> Tensor:
    """Log density of the standard normal at `(..., latents)`."""
    return -noise.square().sum(-1) / 2 - noise.shape[-1] * log(2 * pi) / 2


def _sample(sites: tuple[Site, ...], latent: Tensor, log_density: Tensor) -> dict[str, Tensor]:
    """Gives Pyro the packed draws `(draws, fits, 1, latents)` with their log density; what each site makes of them.

    One site in place of many: in a step so small, each costs more than its arithmetic.
    """
    parts = list(unpack(sites, latent))
    jacobian: Any = sum(part.log_jacobian for part in parts)
    with pyro.plate("fits", latent.shape[-3], dim=-2):
        pyro.sample("latent", dist.Delta(latent, log_density - jacobian, event_dim=1))
    return {part.site.name: part.value for part in parts}


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


BY_NAME: dict[str, Callable[[tuple[Site, ...], Laplace], Guide]] = {"mean_field": mean_field, "full_rank": full_rank}
