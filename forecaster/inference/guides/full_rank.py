"""One correlated normal for all latents of a fit, along axes on which their posterior lies round.

    v ~ N(mode + L a, (L T)(L T)')        a and the lower triangle T trained

At `a = 0, T = I` it is the Laplace approximation along the axes. There the posterior is close to a standard normal,
whatever the units and the correlation of the features, so that one learning rate suits all directions. Where axes
stretch with a learnt scale, latents are no longer normal: they have the scale's doubt in their tails.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyro
import torch

from forecaster.inference.guide import Guide, along, sample
from forecaster.inference.noise import TWINS
from forecaster.inference.schedule import Schedule
from forecaster.inference.triangular import triangular

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.inference.guide import Beginning

SUMMARY = "one normal over all latents, along axes that suit the posterior, trained from its Laplace approximation"
NEEDS = "laplace"
SCHEDULE = Schedule(steps=240)


def guide(begin: Beginning) -> Guide:
    """The guide, at its start."""
    sites, found = begin.sites, begin.laplace()
    placed, (fits, latents) = along(found), found.mode.shape

    def program(noise: Tensor) -> dict[str, Tensor]:
        shift = pyro.param("shift", lambda: torch.zeros(fits, TWINS, latents))
        log_scale = pyro.param("log_scale", lambda: torch.zeros(fits, TWINS, latents))
        below = pyro.param("below", lambda: torch.zeros(fits, TWINS, latents * (latents - 1) // 2))
        inner = triangular(shift, log_scale, below, noise.squeeze(-2).permute(2, 1, 0, 3))
        return sample(sites, *placed(*inner))

    return Guide(program, latents)
