"""A guide written site by site, as one would by hand: Normal for real latents, LogNormal for positive ones.

A learned scale whose prior has an upper bound is covered as well: its guide is a LogNormal whose mass the data keep far
below that bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyro
import pyro.distributions as dist
import torch
from torch.distributions import ExpTransform, constraints

from forecaster.inference.guide import INIT_SCALE, Given, Guide
from forecaster.inference.order import shared
from forecaster.inference.schedule import Schedule
from forecaster.inference.sites import packed_size

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.inference.guide import Beginning
    from forecaster.inference.sites import Site

SUMMARY = "written by hand, independent normals and lognormals started at the ridge solution"
NEEDS = "nothing"
SCHEDULE = Schedule(steps=1500, learning_rate=0.05)
"""From there, at a scale of one, it has further to go than from the mode."""


def guide(begin: Beginning) -> Guide:
    """The guide, narrow, where its latents are zero: the coefficients at what they are counted from."""

    def law(site: Site, noise: Tensor) -> Any:  # noqa: ANN401  # a Pyro distribution
        start = torch.zeros(noise.shape[1:])
        loc = pyro.param(f"{site.name}_loc", start)
        scale = pyro.param(f"{site.name}_scale", start + INIT_SCALE, constraint=constraints.positive)
        base = Given(shared(loc, len(noise)), shared(scale, len(noise)), noise)
        if site.support is constraints.real:
            return base.to_event(len(site.shape))
        return dist.TransformedDistribution(base, [ExpTransform()])

    def program(noise: Tensor) -> dict[str, Tensor]:
        values, place = {}, 0
        with pyro.plate("fits", begin.fits, dim=-2):
            for site in begin.sites:
                part = noise[..., place : place + site.size].reshape(*noise.shape[:-1], *site.shape)
                values[site.name] = pyro.sample(site.name, law(site, part))
                place += site.size
        return values

    return Guide(program, packed_size(begin.sites))
