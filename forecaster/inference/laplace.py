"""The Laplace approximation of many posteriors at once: the mode and the curvature of each.

Newton's method on minus the log joint, over unconstrained latents, in float64 and along axes that the batch knows to
suit it: absolute curvatures make every step point downhill, and each fit halves its own step until it descends. A fit
that has arrived stands still while others go on, so that none depends on its company.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import torch
from pyro import poutine

from forecaster.inference.order import alone, product
from forecaster.inference.sites import Start, log_density, packed_reach, unpack

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.inference.coordinates import Coordinates
    from forecaster.inference.sites import Program, Site

FIRST, NEAR = 1e-6, 1e-4
"""Steps between gradients from which curvature is taken: at first, then in parts of each axis's own spread."""

NEWTON_STEPS = 60
HALVINGS = 30
ARRIVED = 1e-6
"""Nats still to be had, by the local parabola, at which a fit stands still."""

FLAT = 1e-12
"""Curvature, in parts of the steepest, below which there is none."""


@dataclass(frozen=True, eq=False)
class Laplace:
    """Mode and spread of each fit, along the axes on which it was looked for.

    Attributes:
        coordinates: These axes.
        mode: Along them `(fits, latents)`, float64.
        root: `(fits, latents, latents)` with `root root'` the inverse curvature at the mode, along the axes; lower
            triangles, float64.
        short: Nats that the search had still to find when it stopped `(fits,)`, by the local parabola.
    """

    coordinates: Coordinates
    mode: Tensor
    root: Tensor
    short: Tensor

    @property
    def latent(self) -> Tensor:
        """The mode's packed latents `(fits, latents)`."""
        return self.coordinates.at(self.mode)[0]

    @cached_property
    def spread(self) -> Tensor:
        """A square root of the covariance of packed latents `(fits, latents, latents)`."""
        return product(self.coordinates.local(self.mode), self.root)

    @property
    def start(self) -> Start:
        """Where a guide of independent latents starts: at the mode, with each one's spread given the others."""
        back = alone(torch.linalg.inv, self.spread)
        return Start(*(of[:, None].float() for of in (self.latent, back.mT.contiguous().square().sum(-1).rsqrt())))


def laplace(model: Program, sites: tuple[Site, ...], coordinates: Coordinates) -> Laplace:
    """Finds mode and curvature of every fit of a float64 model."""
    loss = Loss(model, sites, coordinates)
    place = torch.zeros_like(coordinates.start)
    standing, reach = torch.zeros(len(place), dtype=torch.bool), packed_reach(sites)
    value, slope = loss.slope(place)
    curvature = loss.curvature(place, torch.full_like(place, FIRST))
    short = torch.full_like(value, torch.inf)
    for _ in range(NEWTON_STEPS):
        scale, basis = alone(torch.linalg.eigh, _sound(curvature))
        scale = scale.abs()
        scale = torch.maximum(scale, FLAT * scale.amax(-1, keepdim=True))
        turned = (basis.mT.contiguous() * slope[..., None, :]).sum(-1) / scale
        step = -(basis.contiguous() * turned[..., None, :]).sum(-1)
        moved = (coordinates.axes * step[..., None, :]).sum(-1)
        step = step / (moved.abs() / reach).amax(-1, keepdim=True).clamp(min=1.0)
        promised = -(slope * step).sum(-1) / 2
        short = torch.where(standing, short, promised)
        standing = standing | ~(promised > ARRIVED)
        length = loss.descent(place, step, value - 2e-4 * promised, standing)
        standing = standing | (length == 0)
        if standing.all():
            break
        place = torch.where(standing[:, None], place, place + length[:, None] * step)
        value, slope = loss.slope(place)
        near = NEAR * curvature.diagonal(dim1=-2, dim2=-1).abs().clamp(min=1e-6).rsqrt()
        curvature = torch.where(standing[:, None, None], curvature, loss.curvature(place, near))
    upper = alone(torch.linalg.qr, _root(curvature).mT)[1]
    root = (upper * upper.diagonal(dim1=-2, dim2=-1).sign()[..., None]).mT
    return Laplace(coordinates, place, root, short.nan_to_num(torch.inf))


def spreads(model: Program, sites: tuple[Site, ...], coordinates: Coordinates, latent: Tensor) -> Tensor:
    """Standard deviation of each latent as curvature at packed latents tells it, `(fits, latents)` both."""
    place = coordinates.inverse(latent)
    root = _root(Loss(model, sites, coordinates).curvature(place, torch.full_like(place, NEAR)))
    return product(coordinates.local(place), root).contiguous().square().sum(-1).sqrt()


def _root(curvature: Tensor) -> Tensor:
    """A square root of the inverse `(fits, latents, latents)`; as long as the axes in a direction that is flat."""
    scale, basis = alone(torch.linalg.eigh, _sound(curvature))
    scale = torch.where(scale > FLAT * scale.abs().amax(-1, keepdim=True), scale, torch.ones_like(scale))
    root: Tensor = basis / scale.sqrt()[..., None, :]
    return root


@dataclass(frozen=True, eq=False)
class Loss:
    """Minus the log joint over unconstrained latents, at places `(..., fits, latents)` along the axes.

    Attributes:
        model: A float64 program.
        sites: Its latents.
        coordinates: Start and axes of each fit.
    """

    model: Program
    sites: tuple[Site, ...]
    coordinates: Coordinates

    def value(self, place: Tensor) -> Tensor:
        """Nats `(..., fits)`."""
        latent, grown = self.coordinates.at(place)
        parts = list(unpack(self.sites, latent[..., None, :]))
        values = {part.site.name: part.value for part in parts}
        trace = poutine.trace(poutine.condition(self.model, values)).get_trace(None)
        total: Tensor = log_density(trace) + sum(part.log_jacobian for part in parts)
        return -total.squeeze(-1) - grown

    def slope(self, place: Tensor) -> tuple[Tensor, Tensor]:
        """Nats `(..., fits)` and their gradient `(..., fits, latents)`."""
        with torch.enable_grad():
            at = place.clone().requires_grad_()
            value = self.value(at)
            (slope,) = torch.autograd.grad(value.sum(), at)
        return value.detach(), slope

    def curvature(self, place: Tensor, step: Tensor) -> Tensor:
        """Hessian `(fits, latents, latents)`, from gradients a step `(fits, latents)` to either side.

        All are asked for at once, as if they were draws. In float64 their differences lose nothing that matters, and
        no model needs a second derivative.
        """
        away = step.diag_embed().transpose(0, 1)
        up, down = self.slope(torch.cat([place + away, place - away]))[1].chunk(2)
        curvature = ((up - down) / (2 * step.mT[..., None])).permute(1, 2, 0)
        return (curvature + curvature.mT) / 2

    def descent(self, place: Tensor, step: Tensor, below: Tensor, standing: Tensor) -> Tensor:
        """The longest of 1, 1/2, 1/4, ... of each fit's step `(fits, latents)` that brings it to `below`, else 0."""
        length, kept = torch.ones_like(below), standing.to(below.dtype)
        for _ in range(HALVINGS):
            with torch.no_grad():
                there = self.value(place + length[:, None] * step)
            kept = torch.where((there <= below) & (kept == 0), length, kept)
            if (kept > 0).all():
                break
            length = length / 2
        return kept


def _sound(matrix: Tensor) -> Tensor:
    """The identity where a matrix `(fits, n, n)` is not finite: one bad fit must not stop the others' algebra."""
    finite = matrix.isfinite().all(-1).all(-1)
    return torch.where(finite[:, None, None], matrix, torch.eye(matrix.shape[-1], dtype=matrix.dtype))
