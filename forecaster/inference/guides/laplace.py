"""The Laplace approximation `N(mode, L L')` of each fit along its axes, as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.inference.guide import Guide, along, sample
from forecaster.inference.schedule import Schedule
from forecaster.inference.sites import packed_size
from forecaster.inference.triangular import standard

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.inference.guide import Beginning

SUMMARY = "the Laplace approximation along the same axes as it is, nothing to train"
NEEDS = "laplace"
SCHEDULE = Schedule(steps=0)


def guide(begin: Beginning) -> Guide:
    """The guide, which is never trained."""
    sites, found = begin.sites, begin.laplace()
    placed = along(found)

    def program(noise: Tensor) -> dict[str, Tensor]:
        inner = noise.squeeze(-2).permute(2, 1, 0, 3)
        return sample(sites, *placed(inner, standard(inner)))

    return Guide(program, packed_size(sites))
