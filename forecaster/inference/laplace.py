"""The Laplace approximation of many posteriors at once: the mode and the curvature of each.

Newton's method on minus the log joint, over unconstrained latents, in float64: absolute curvatures make every step
point downhill, and each fit halves its own step until it descends. A fit that has arrived stands still while others
go on, so that none depends on its company.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from pyro import poutine

from forecaster.inference.sites import Start, log_density, packed_reach, packed_start, unpack

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.inference.sites import Program, Site

FIRST, NEAR = 1e-6, 1e-4
"""Steps between gradients from which curvature is taken: at first, then in parts of each latent's own spread."""

NEWTON_STEPS = 60
HALVINGS = 12
ARRIVED = 1e-6
"""Nats still to be had, by the local parabola, at which a fit stands still."""


@dataclass(frozen=True, eq=False)
class Laplace:
    """Mode and spread of each fit, float32.

    Attributes:
        mode: `(fits, 1, latents)`.
        root: Lower triangles `(fits, latents, latents)` with `root root'` the inverse curvature at the mode.
        sd: Standard deviation of each latent given the others `(fits, 1, latents)`.
    """

    mode: Tensor
    root: Tensor
    sd: Tensor

    @property
    def start(self) -> Start:
        """Where a guide of independent latents starts: at the mode, with each one's spread given the others."""
        return Start(self.mode, self.sd)


def laplace(model: Program, sites: tuple[Site, ...], fits: int) -> Laplace:
    """Finds mode and curvature of every fit of a float64 model."""
    latent = packed_start(sites).repeat(fits, 1)
    standing, reach = torch.zeros(fits, dtype=torch.bool), packed_reach(sites)
    away = torch.full_like(latent, FIRST)
    value, slope = _slope(model, sites, latent)
    curvature = _curvature(model, sites, latent, away)
    for _ in range(NEWTON_STEPS):
        scale, basis = torch.linalg.eigh(_sound(curvature))
        scale = scale.abs().clamp(min=1e-6)
        # Products are summed one by one: torch multiplies a lone matrix in another order than one of many.
        turned = (basis * slope[..., None]).sum(-2) / scale
        step = -(basis * turned[..., None, :]).sum(-1)
        step = step / (step.abs() / reach).amax(-1, keepdim=True).clamp(min=1.0)
        promised = -(slope * step).sum(-1) / 2
        standing = standing | ~(promised > ARRIVED)
        length = _descent(model, sites, latent, step, value - 2e-4 * promised, standing)
        standing = standing | (length == 0)
        if standing.all():
            break
        latent = torch.where(standing[:, None], latent, latent + length[:, None] * step)
        value, slope = _slope(model, sites, latent)
        away = NEAR * curvature.diagonal(dim1=-2, dim2=-1).abs().clamp(min=1e-6).rsqrt()
        curvature = torch.where(standing[:, None, None], curvature, _curvature(model, sites, latent, away))
    return _at(latent, curvature)


def _at(mode: Tensor, curvature: Tensor) -> Laplace:
    scale, basis = torch.linalg.eigh(_sound(curvature))
    # A flat or saddle direction has no Laplace scale; there the guide starts as wide as the prior's unit.
    scale = torch.where(scale > 1.0, scale, torch.ones_like(scale))
    upper = torch.linalg.qr((basis / scale.sqrt()[..., None, :]).mT)[1]  # never fails, as a Cholesky root may
    root = (upper * upper.diagonal(dim1=-2, dim2=-1).sign()[..., None]).mT
    alone = ((basis * scale[..., None, :]) @ basis.mT).diagonal(dim1=-2, dim2=-1).rsqrt()
    return Laplace(mode[:, None].float(), root.float().contiguous(), alone[:, None].float())


def _loss(model: Program, sites: tuple[Site, ...], latent: Tensor) -> Tensor:
    """Minus the log joint of latents `(..., fits, latents)`, over unconstrained latents: `(..., fits)`."""
    parts = list(unpack(sites, latent[..., None, :]))
    values = {part.site.name: part.value for part in parts}
    trace = poutine.trace(poutine.condition(model, values)).get_trace(None)
    total: Tensor = log_density(trace) + sum(part.log_jacobian for part in parts)
    return -total.squeeze(-1)


def _slope(model: Program, sites: tuple[Site, ...], latent: Tensor) -> tuple[Tensor, Tensor]:
    """Loss `(..., fits)` and its gradient `(..., fits, latents)`."""
    with torch.enable_grad():
        at = latent.clone().requires_grad_()
        value = _loss(model, sites, at)
        (slope,) = torch.autograd.grad(value.sum(), at)
    return value.detach(), slope


def _curvature(model: Program, sites: tuple[Site, ...], latent: Tensor, step: Tensor) -> Tensor:
    """Hessian `(fits, latents, latents)` of the loss, from gradients a step `(fits, latents)` to either side.

    All are asked for at once, as if they were draws. In float64 their differences lose nothing that matters, and no
    model needs a second derivative.
    """
    away = step.diag_embed().transpose(0, 1)
    up, down = _slope(model, sites, torch.cat([latent + away, latent - away]))[1].chunk(2)
    curvature = ((up - down) / (2 * step.mT[..., None])).permute(1, 2, 0)
    return (curvature + curvature.mT) / 2


def _sound(matrix: Tensor) -> Tensor:
    """The identity where a matrix `(fits, n, n)` is not finite: one bad fit must not stop the others' algebra."""
    finite = matrix.isfinite().all(-1).all(-1)
    return torch.where(finite[:, None, None], matrix, torch.eye(matrix.shape[-1], dtype=matrix.dtype))


def _descent(
    model: Program, sites: tuple[Site, ...], latent: Tensor, step: Tensor, below: Tensor, standing: Tensor
) -> Tensor:
    """The longest of 1, 1/2, 1/4, ... of each fit's step `(fits, latents)` that brings its loss to `below`, else 0."""
    length, kept = torch.ones_like(below), standing.to(below.dtype)
    for _ in range(HALVINGS):
        with torch.no_grad():
            there = _loss(model, sites, latent + length[:, None] * step)
        kept = torch.where((there <= below) & (kept == 0), length, kept)
        if (kept > 0).all():
            break
        length = length / 2
    return kept
