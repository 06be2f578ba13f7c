"""Axes along which the posteriors of many fits lie round, so that a search, or one normal, needs to know no units.

Where the scale of errors is learnt, what data tell of coefficients is told in units of it: posteriors are funnels, wide
where the scale is large. Along axes that stretch with the scale they are straight (Papaspiliopoulos, Roberts and Skold
2007, doi:10.1214/088342307000000014), and what the scale itself is believed to be no longer depends on them. A log
scale leans to the right, the more the fewer rows tell of it; its axis leans with it.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from math import log1p
from typing import TYPE_CHECKING, Self

import torch

from forecaster.inference.order import alone, product

if TYPE_CHECKING:
    from torch import Tensor

TURN = 0.5
"""How far a lean follows its law, in parts of the place where that ends; beyond it an axis is straight."""

FARTHEST = 20.0
"""Log scale beyond which axes stretch no more: numbers end there."""


@dataclass(frozen=True, eq=False)
class Funnel:
    """How axes stretch with a log scale, which has an axis of its own.

    With t the log scale from its start, an axis of share q is `(q exp(-2 t) + 1 - q)^(-1/2)` as long as at `t = 0`: so
    is the spread of a coefficient of which a part q of the precision is data under errors of this scale. The scale's
    own axis goes through `-log(1 - lean v) / lean`.

    Attributes:
        share: `(fits, latents)`; zero for axes that do not stretch.
        level: What a step along each axis adds to the log scale `(fits, latents)`.
        own: One for the axis of the scale itself, else zero, `(fits, latents)`.
        lean: `(fits, 1)`.
    """

    share: Tensor
    level: Tensor
    own: Tensor
    lean: Tensor

    def facing(self, dimensions: int, dtype: torch.dtype) -> Self:
        """The same for places with so many dimensions between fits and latents."""
        shape = (len(self.share), *[1] * dimensions, -1)
        parts = (getattr(self, part.name).reshape(shape).to(torch.get_default_device(), dtype) for part in fields(self))
        return type(self)(*parts)

    def __call__(self, v: Tensor) -> tuple[Tensor, Tensor]:
        """Places `(..., latents)` on straight axes as on stretched ones, and the log of how much space grows there."""
        far = self.lean * (self.own * v).sum(-1, keepdim=True)
        bent = far.clamp(-TURN, TURN)
        steep = -torch.log1p(-bent)
        v = v + self.own * (steep + (far - bent) / (1 - bent) - far) / self.lean
        stretch = self._stretch(v)
        return v * stretch.exp(), stretch.sum(-1) + steep[..., 0]

    def inverse(self, u: Tensor) -> Tensor:
        """Places `(..., latents)` on stretched axes as on straight ones."""
        v = u / self._stretch(u).exp()
        far = self.lean * (self.own * v).sum(-1, keepdim=True)
        bent = far.clamp(-log1p(TURN), -log1p(-TURN))
        return v + self.own * (-torch.expm1(-bent) + (far - bent) * (-bent).exp() - far) / self.lean

    def _stretch(self, v: Tensor) -> Tensor:
        """Log lengths of the axes; those that tell the log scale do not stretch."""
        t = (self.level * v).sum(-1, keepdim=True).clamp(-FARTHEST, FARTHEST)
        return torch.log1p(self.share * torch.expm1(-2 * t)) / -2


def lean_of(free: Tensor) -> Tensor:
    """How a log scale leans of which so many degrees of freedom tell `(...)`.

    The third root of a chi square of f degrees is almost normal, with a variance of 2 / 9f in parts of its mean (Wilson
    and Hilferty 1931, doi:10.1073/pnas.17.12.684); the scale is the root of a number over such a chi square.
    """
    return (2 / (9 * free.clamp(min=1.0))).sqrt()


@dataclass(frozen=True, eq=False)
class Coordinates:
    """Where the latents of many fits are looked for, and along which axes: `start + axes v`, `v` through the funnel.

    Attributes:
        start: Packed latents `(fits, latents)`, float64.
        axes: `(fits, latents, latents)`, float64; the closer the posterior of `v` is to a standard normal, the better.
        funnel: How they stretch; None where they are straight.
    """

    start: Tensor
    axes: Tensor
    funnel: Funnel | None = None

    def to(self, device: torch.device) -> Coordinates:
        """The same on a device."""
        funnel = self.funnel and Funnel(*(getattr(self.funnel, of.name).to(device) for of in fields(self.funnel)))
        return Coordinates(self.start.to(device), self.axes.to(device), funnel)

    def at(self, v: Tensor) -> tuple[Tensor, Tensor | float]:
        """Packed latents `(..., fits, latents)` of places along the axes, and the log of how much space grows there.

        Products are summed one by one: torch multiplies a lone matrix in another order than one of many.
        """
        grown: Tensor | float = 0.0
        if self.funnel:
            v, grown = self.funnel(v)
        return self.start + (self.axes * v[..., None, :]).sum(-1), grown

    def inverse(self, latent: Tensor) -> Tensor:
        """Places along the axes `(fits, latents)` of packed latents."""
        u = alone(torch.linalg.solve, self.axes, latent - self.start)
        return self.funnel.inverse(u) if self.funnel else u

    def local(self, v: Tensor) -> Tensor:
        """The axes as they are at places `(fits, latents)`: derivatives of the latents, `(fits, latents, latents)`."""
        if not self.funnel:
            return self.axes
        with torch.enable_grad():
            at = v.detach().clone().requires_grad_()
            u = self.funnel(at)[0]
            rows = [torch.autograd.grad(one.sum(), at, retain_graph=True)[0] for one in u.unbind(-1)]
        return product(self.axes, torch.stack(rows, -2))
