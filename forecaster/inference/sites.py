"""The latent sites of a model, and the packed vector of real numbers in which guides see them.

Each site takes its place in one vector, unconstrained: `value = transform(part)`, with the log of the transform's
Jacobian so that densities can be carried from one to the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

import torch
from torch.distributions import biject_to, constraints

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from torch import Tensor

    Program = Callable[[Tensor | None], None]


@dataclass(frozen=True, eq=False)
class Site:
    """A latent site of a model.

    Attributes:
        name: As in the Pyro program.
        shape: Of one value.
        support: Where its values lie.
        start: A sensible value, in the support: where a search for the mode begins.
    """

    name: str
    shape: tuple[int, ...] = ()
    support: Any = constraints.real
    start: float = 0.0

    @property
    def size(self) -> int:
        """Places in the packed vector."""
        return prod(self.shape)


@dataclass(frozen=True, eq=False)
class Unpacked:
    """A site's part of packed latents.

    Attributes:
        site: The site.
        value: `(..., *site.shape)`.
        log_jacobian: Log of the transform's Jacobian determinant `(...)`, zero on the real line.
    """

    site: Site
    value: Tensor
    log_jacobian: Tensor


def packed_size(sites: tuple[Site, ...]) -> int:
    """Length of the packed vector."""
    return sum(site.size for site in sites)


def places(sites: tuple[Site, ...]) -> dict[str, list[int]]:
    """Where each site stands in the packed vector."""
    found, first = {}, 0
    for site in sites:
        found[site.name] = list(range(first, first + site.size))
        first += site.size
    return found


def packed_start(sites: tuple[Site, ...]) -> Tensor:
    """The sites' starts, packed and unconstrained, float64: `(latents,)`."""
    parts = [
        biject_to(site.support).inv(torch.full((site.size,), site.start, dtype=torch.float64)).expand(site.size)
        for site in sites
    ]
    return torch.cat(parts)


def packed_reach(sites: tuple[Site, ...]) -> Tensor:
    """How far a step of a search may go in each packed latent `(latents,)`.

    A positive value may change e squared times: ten steps away its density may have no digits left. On the real line
    units are not known, and steps are not bounded.
    """
    return torch.cat([torch.full((s.size,), torch.inf if s.support is constraints.real else 2.0) for s in sites])


def unpack(sites: tuple[Site, ...], latent: Tensor) -> Iterator[Unpacked]:
    """The values of each site at packed latents `(..., latents)`."""
    for site, part in zip(sites, latent.split([site.size for site in sites], -1), strict=True):
        if site.support is constraints.real:
            jacobian = latent.new_zeros(())
            value = part
        else:
            transform = biject_to(site.support)
            value = transform(part)
            jacobian = transform.log_abs_det_jacobian(part, value).sum(-1)
        yield Unpacked(site, value.reshape(*value.shape[:-1], *site.shape), jacobian)


def unconstrained(sites: tuple[Site, ...], values: dict[str, Tensor]) -> dict[str, Tensor]:
    """The values of sites as real numbers, in the same shapes."""
    return {site.name: biject_to(site.support).inv(values[site.name]) for site in sites if site.name in values}


def of_fits(value: Tensor) -> Tensor:
    """Draws of both twins together, `(draws, fits, *site shape)` of `(draws, twins, fits, 1, *site shape)`."""
    return value.flatten(0, 1).squeeze(2)


def log_density(trace: Any) -> Any:  # noqa: ANN401  # Pyro's trace, and a tensor in Pyro's hands
    """Of every site of a trace together, fit by fit: `(..., fits, 1)`."""
    trace.compute_log_prob()
    return sum(site["log_prob"] for site in trace.nodes.values() if "log_prob" in site)


@dataclass(frozen=True, eq=False)
class Start:
    """Where a guide of independent latents starts.

    Attributes:
        mode: Packed latents, `(twins, fits, 1, latents)` or anything that broadcasts to it.
        unit: Size of a step that is neither small nor large in each latent, as `mode`.
        scale: Starting standard deviation, in units, as `mode` or one for all.
    """

    mode: Tensor
    unit: Tensor
    scale: Tensor | float = 1.0

    @property
    def log_scale(self) -> Tensor:
        """Of the starting standard deviations."""
        return torch.as_tensor(self.scale).log()
