"""Draws of many correlated normals `N(a, T T')`, and their density, with the gradient in closed form.

The density is followed only through the draws, the parameters that it has held: where a posterior is in the family,
the gradient of its ELBO then has no noise at the answer (Roeder, Wu and Duvenaud 2017, arXiv:1703.09194).

Written by hand because a step is small: autograd goes through the triangles three times as often.
"""

from __future__ import annotations

from math import log, pi
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import pad

from forecaster.inference.order import room

if TYPE_CHECKING:
    from torch import Tensor


def triangular(shift: Tensor, log_scale: Tensor, below: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """The draws `shift + T noise` and their log density.

    Args:
        shift: `(*batch, latents)`.
        log_scale: Logarithms of the diagonal of `T`, as `shift`.
        below: What stands below it, row by row, `(*batch, latents * (latents - 1) / 2)`.
        noise: Standard normals `(*batch, draws, latents)`; no gradient goes to them.

    Returns:
        Draws `(*batch, draws, latents)` and densities `(*batch, draws)`.
    """
    draws, density = _Triangular.apply(shift, log_scale, below, noise)
    return draws, density


def standard(noise: Tensor) -> Tensor:
    """Log density of the standard normal at `(..., latents)`."""
    return -noise.square().sum(-1) / 2 - noise.shape[-1] * log(2 * pi) / 2


class _Triangular(torch.autograd.Function):
    """See `triangular`."""

    @staticmethod
    def forward(ctx: Any, *given: Tensor) -> tuple[Tensor, Tensor]:  # noqa: ANN401  # torch's own signature
        """Draws and densities."""
        shift, log_scale, below, noise = given
        latents, size = shift.shape[-1], room(shift.shape[-1])  # of latents that do nothing beyond theirs
        row, column = torch.tril_indices(latents, latents, -1, device=below.device)
        places = (row * size + column).expand_as(below)
        flat = below.new_zeros(*shift.shape[:-1], size**2).scatter_(-1, places, below)
        triangle = flat.unflatten(-1, (size, size))
        triangle.diagonal(dim1=-2, dim2=-1).copy_(pad(log_scale, (0, size - latents)).exp())
        more = pad(noise, (0, size - latents)).contiguous()
        ctx.save_for_backward(triangle, more, places)
        draws = shift[..., None, :] + (more @ triangle.mT)[..., :latents]
        return draws, standard(noise) - log_scale.sum(-1, keepdim=True)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # noqa: ANN401  # torch's own
        """Gradients; that of the log density at a draw is `-T'^-1 noise`."""
        of_draws, of_density = slopes
        triangle, noise, places = ctx.saved_tensors
        latents = of_draws.shape[-1]
        slope = torch.linalg.solve_triangular(triangle.mT, noise.mT, upper=True)
        total = pad(of_draws, (0, noise.shape[-1] - latents)).mT - of_density[..., None, :] * slope
        of_triangle = total @ noise
        own, of_own = (of.diagonal(dim1=-2, dim2=-1)[..., :latents] for of in (triangle, of_triangle))
        return total.sum(-1)[..., :latents], own * of_own, of_triangle.flatten(-2).gather(-1, places), None
