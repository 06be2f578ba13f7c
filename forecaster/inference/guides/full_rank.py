"""One correlated normal for all latents of a fit, in the coordinates of its Laplace approximation.

    N(mode + L a, (L T)(L T)')        a and the lower triangle T trained

At `a = 0, T = I` it is the Laplace approximation. In its coordinates the posterior is close to a standard normal
whatever the correlation of the features, so that one learning rate suits all directions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyro
import torch

from forecaster.inference.guide import Guide, sample, through
from forecaster.inference.noise import TWINS
from forecaster.inference.schedule import Schedule
from forecaster.inference.sites import packed_size
from forecaster.inference.triangular import triangular

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.inference.guide import Beginning

SUMMARY = "one normal over all latents, trained in the coordinates of a Laplace approximation"
NEEDS = "laplace"
SCHEDULE = Schedule(steps=240)


def guide(begin: Beginning) -> Guide:
    """The guide, at its start."""
    sites, start = begin.sites, begin.laplace()
    constant = start.root.diagonal(dim1=-2, dim2=-1).log().sum(-1)[:, None]
    fits, latents = start.root.shape[:2]

    def program(noise: Tensor) -> dict[str, Tensor]:
        shift = pyro.param("shift", lambda: torch.zeros(fits, TWINS, latents))
        log_scale = pyro.param("log_scale", lambda: torch.zeros(fits, TWINS, latents))
        below = pyro.param("below", lambda: torch.zeros(fits, TWINS, latents * (latents - 1) // 2))
        inner, density = triangular(shift, log_scale, below, noise.squeeze(-2).permute(2, 1, 0, 3))
        latent = start.mode + through(start.root, inner)
        return sample(sites, latent, density.permute(2, 1, 0)[..., None] - constant)

    return Guide(program, packed_size(sites))
