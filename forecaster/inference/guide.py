"""What guides share: where they start, what they are, how they hand their draws to Pyro.

A guide takes standard normal noise `(draws, twins, fits, 1, numbers)`, makes its draws of it and returns the values of
the model's sites: randomness belongs to the fit, not to the batch. `forecaster.inference.guides` holds them, a file
each.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyro
import pyro.distributions as dist
import torch

from forecaster.inference.order import alone, product
from forecaster.inference.sites import unpack

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from forecaster.inference.laplace import Laplace
    from forecaster.inference.sites import Site, Start

INIT_SCALE = 0.02
"""Starting standard deviation of a latent: small, for a wide start costs nats that a decaying rate never regains."""


@dataclass(frozen=True, eq=False)
class Guide:
    """The guide of many fits.

    Attributes:
        program: The Pyro program, from noise to values by site `(draws, twins, fits, 1, *site shape)`.
        numbers: How many numbers of noise a draw takes.
        short: Nats that the search for its start fell short of a mode `(fits,)`; None where there was none.
    """

    program: Callable[[Tensor], dict[str, Tensor]]
    numbers: int
    short: Tensor | None = None

    def __call__(self, noise: Tensor) -> dict[str, Tensor]:
        """Runs the program."""
        return self.program(noise)


def _no_laplace() -> Laplace:
    raise ValueError("these fits have no Laplace approximation of all their latents: choose a guide that needs none")


@dataclass(frozen=True, eq=False)
class Beginning:
    """What a guide of many fits may start from; each is made when it is asked for.

    Attributes:
        sites: The latent sites, in the order in which they are packed.
        fits: How many.
        start: A point for independent latents to start at, and how far to look around it.
        directions: So many standard normal vectors of all latents, from each fit's own seed
            `(twins, fits, count, latents)`.
        laplace: The Laplace approximation of all latents; a ValueError where a model has none.
    """

    sites: tuple[Site, ...]
    fits: int
    start: Callable[[], Start]
    directions: Callable[[int], Tensor]
    laplace: Callable[[], Laplace] = _no_laplace


def sample(sites: tuple[Site, ...], latent: Tensor, log_density: Tensor) -> dict[str, Tensor]:
    """Gives Pyro the packed draws `(draws, twins, fits, 1, latents)` with their log density; what sites make of them.

    One site in place of many: in a step so small, each costs more than its arithmetic.
    """
    parts = list(unpack(sites, latent))
    jacobian: Any = sum(part.log_jacobian for part in parts)
    with pyro.plate("fits", latent.shape[-3], dim=-2):
        pyro.sample("latent", Drawn(latent, log_density - jacobian, event_dim=1))
    return {part.site.name: part.value for part in parts}


def along(found: Laplace) -> Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """What makes packed draws of a guide that is written in the coordinates of a Laplace approximation.

    Returns:
        A function of inner vectors `(fits, twins, draws, latents)`, standard normal at the approximation, and their log
        density `(fits, twins, draws)`: packed draws and theirs, `(draws, twins, fits, 1, latents)` and
        `(draws, twins, fits, 1)`.
    """
    of, device = found.coordinates, torch.get_default_device()
    lengths = alone(torch.linalg.slogdet, of.axes)[1] + found.root.diagonal(dim1=-2, dim2=-1).log().sum(-1)
    constant = lengths[:, None].to(device, torch.float32)
    funnel = of.funnel.facing(2, torch.float32) if of.funnel else None
    each = (found.mode, found.root, of.start, of.axes) if funnel else (found.latent, product(of.axes, found.root))
    mode, root, *others = (part.to(device, torch.float32) for part in each)

    def made(inner: Tensor, density: Tensor) -> tuple[Tensor, Tensor]:
        facing = density.permute(2, 1, 0)[..., None] - constant
        if funnel is None:
            return mode[:, None] + through(root, inner), facing
        start, axes = others
        stretched, grown = funnel(mode[:, None, None] + turned(root, inner))
        return start[:, None] + through(axes, stretched), facing - grown.permute(2, 1, 0)[..., None]

    return made


def through(root: Tensor, inner: Tensor) -> Tensor:
    """Each fit's root times its vectors `(fits, twins, draws, latents)`: `(draws, twins, fits, 1, latents)`."""
    return turned(root, inner).permute(2, 1, 0, 3)[..., None, :]


def turned(root: Tensor, inner: Tensor) -> Tensor:
    """Each fit's root times its vectors `(fits, twins, draws, latents)`, in their shape.

    One multiplication a fit for all its vectors; broadcasting would copy the root for each twin. The root stands on
    the left: on the right torch rounds more, and guides end a little further from posteriors that they could meet.
    """
    return product(root, inner.flatten(1, 2).mT).mT.reshape(inner.shape)


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
