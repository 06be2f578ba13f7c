"""Independent normals, one for each latent.

    N(mode + unit a, (unit exp(b))^2)        a and b trained

It starts where latents are told to start. In these units the posterior is close to a standard normal, so that one
learning rate suits all latents.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyro
import torch

from forecaster.inference.diagonal import diagonal
from forecaster.inference.guide import Guide, sample
from forecaster.inference.schedule import Schedule
from forecaster.inference.sites import packed_size

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.inference.guide import Beginning

SUMMARY = "independent normals, started at a point with each latent's own spread"
NEEDS = "start"
SCHEDULE = Schedule(steps=800)


def guide(begin: Beginning) -> Guide:
    """The guide, at its start."""
    sites, start = begin.sites, begin.start()
    mode, unit = start.mode.float().contiguous(), start.unit.float().contiguous()
    constant = unit.log().sum(-1)

    def program(noise: Tensor) -> dict[str, Tensor]:
        shift = pyro.param("shift", lambda: torch.zeros(noise.shape[1:]))
        log_scale = pyro.param("log_scale", lambda: start.log_scale.expand(noise.shape[1:]).clone())
        inner, density = diagonal(shift, log_scale, noise)
        return sample(sites, torch.addcmul(mode, unit, inner), density - constant)

    return Guide(program, packed_size(sites))
