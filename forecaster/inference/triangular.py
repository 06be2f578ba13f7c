"""Draws of many correlated normals `N(a, T T')`, and their density, with the gradient in closed form.

The density is followed only through the draws, the parameters that it has held: where a posterior is in the family,
the gradient of its ELBO then has no noise at the answer (Roeder, Wu and Duvenaud 2017, arXiv:1703.09194).

Written by hand because a step is small: autograd goes through the triangles three times as often.
"""

from __future__ import annotations

from math import log, pi
from typing import TYPE_CHECKING, Any

import torch

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
        latents = shift.shape[-1]
        row, column = torch.tril_indices(latents, latents, -1, device=below.device)
        places = (row * latents + column).expand_as(below)
        flat = below.new_zeros(*shift.shape[:-1], latents**2).scatter_(-1, places, below)
        triangle = flat.unflatten(-1, (latents, latents))
        triangle.diagonal(dim1=-2, dim2=-1).copy_(log_scale.exp())
        ctx.save_for_backward(triangle, noise, places)
        return shift[..., None, :] + noise @ triangle.mT, standard(noise) - log_scale.sum(-1, keepdim=True)

    @staticmethod
    def backward(ctx: Any, *slopes: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:  # noqa: ANN401  # torch's own
        """Gradients; that of the log density at a draw is `-T'^-1 noise`."""
        of_draws, of_density = slopes
        triangle, noise, places = ctx.saved_tensors
        slope = torch.linalg.solve_triangular(triangle.mT, noise.mT, upper=True)
        total = of_draws.mT - of_density[..., None, :] * slope
        of_triangle = total @ noise
        own, of_own = (of.diagonal(dim1=-2, dim2=-1) for of in (triangle, of_triangle))
        return total.sum(-1), own * of_own, of_triangle.flatten(-2).gather(-1, places), None
