"""The Laplace approximation `N(mode, L L')` of each fit, as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.inference.guide import Guide, sample, through
from forecaster.inference.schedule import Schedule
from forecaster.inference.sites import packed_size
from forecaster.inference.triangular import standard

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.inference.guide import Beginning

SUMMARY = "the Laplace approximation as it is, nothing to train"
NEEDS = "laplace"
SCHEDULE = Schedule(steps=0)


def guide(begin: Beginning) -> Guide:
    """The guide, which is never trained."""
    sites, start = begin.sites, begin.laplace()
    constant = start.root.diagonal(dim1=-2, dim2=-1).log().sum(-1)[:, None]

    def program(noise: Tensor) -> dict[str, Tensor]:
        latent = start.mode + through(start.root, noise.squeeze(-2).permute(2, 1, 0, 3))
        return sample(sites, latent, standard(noise) - constant)

    return Guide(program, packed_size(sites))
