"""Normals that move together in a few directions.

    N(mode + unit a, unit (diag(exp(b))^2 + V V') unit)        a, b and V trained

`V'` starts at small numbers: at zero no gradient moves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyro
import torch
from torch.nn.functional import pad

from forecaster.inference.guide import INIT_SCALE, Guide, sample
from forecaster.inference.order import shared
from forecaster.inference.schedule import Schedule
from forecaster.inference.sites import packed_size
from forecaster.inference.triangular import standard

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.inference.guide import Beginning

SUMMARY = "the same as mean_field, and five directions in which latents move together"
NEEDS = "start"
SCHEDULE = Schedule(steps=800)
DIRECTIONS = 5

WHOLE = 8
"""Rows and columns of a matrix that is a whole number of lines of memory."""


def guide(begin: Beginning) -> Guide:
    """The guide, at its start."""
    sites, start, directions = begin.sites, begin.start(), INIT_SCALE * begin.directions(DIRECTIONS)
    latents = packed_size(sites)

    def program(noise: Tensor) -> dict[str, Tensor]:
        shape = (*noise.shape[1:-1], latents)
        shift = pyro.param("shift", lambda: torch.zeros(shape))
        log_scale = pyro.param("log_scale", lambda: start.log_scale.expand(shape).clone())
        factor = pyro.param("factor", directions.clone)
        # In units of the independent part: by Woodbury's formula all else is a matrix of the directions' products.
        scaled = factor * (-log_scale).exp()
        root, inverse = _roots(scaled)
        constant = root + (log_scale + start.unit.log()).sum(-1)
        shift, scale, scaled, inverse, constant = (
            shared(of, len(noise)) for of in (shift, log_scale.exp(), scaled, inverse, constant)
        )
        inner = noise[..., :latents]
        for place, direction in enumerate(scaled.unbind(-2), latents):
            inner = torch.addcmul(inner, noise[..., place : place + 1], direction[..., None, :])
        # Products are summed one by one: a multiplication of so few rows rounds otherwise in a small batch.
        along = (inverse * (inner * scaled).sum(-1)[..., None, :]).sum(-1)
        density = standard(inner) + along.square().sum(-1, keepdim=True) / 2 - constant
        return sample(sites, start.mode + start.unit * (shift + scale * inner), density)

    return Guide(program, latents + DIRECTIONS)


def _roots(factor: Tensor) -> tuple[Tensor, Tensor]:
    """Of `L L' = I + V' V`, for `V' (twins, fits, rank, latents)`: `log |L| (twins, fits, 1)` and the inverse of `L`.

    With three rows that do nothing beside the five, see `forecaster.inference.order`.
    """
    rank = factor.shape[-2]
    products, unit = (factor[..., None, :] * factor[..., None, :, :]).sum(-1), torch.eye(WHOLE)
    root = torch.linalg.cholesky(pad(products, (0, WHOLE - rank, 0, WHOLE - rank)) + unit)
    inverse = torch.linalg.solve_triangular(root, unit.expand_as(root), upper=False)
    return root.diagonal(dim1=-2, dim2=-1).log().sum(-1)[..., None], inverse[..., :rank, :rank].contiguous()
