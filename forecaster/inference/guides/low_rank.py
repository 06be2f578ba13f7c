"""Normals that move together in a few directions.

    N(mode + unit a, unit (diag(exp(b))^2 + V V') unit)        a, b and V trained

`V'` starts at small numbers: at zero no gradient moves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyro
import torch

from forecaster.inference.guide import INIT_SCALE, Guide, sample
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
        inner = noise[..., :latents] + noise[..., latents:] @ scaled
        density = _low_rank(inner, scaled) - (log_scale + start.unit.log()).sum(-1)
        return sample(sites, start.mode + start.unit * (shift + log_scale.exp() * inner), density)

    return Guide(program, latents + DIRECTIONS)


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
