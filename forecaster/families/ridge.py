"""Where the coefficients of regressions lie before anything is trained, and axes along which they lie round.

People pass columns in their own units, not centred, some of which nearly repeat others. With the errors' scale held at
a guess, normal errors give coefficients a normal posterior in closed form: its mean is the ridge solution (Hoerl and
Kennard 1970, doi:10.1080/00401706.1970.10488634), the square root of its covariance gives the axes. Both are taken from
triangles, whose condition number is that of the columns and not its square. They are exact where the scale is known,
and near where it is learnt or errors have heavy tails.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import torch
from torch.linalg import eigh, qr, solve_triangular
from torch.nn.functional import pad

from forecaster.families.likelihoods import NormalRows
from forecaster.inference.order import alone, product

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

REPEATED = 1e-13
"""Part of the largest eigenvalue of the columns' correlations below which a direction has no row that tells of it."""

ROUNDING = 1e-26
"""Part of the squares that the columns explain below which nothing is left over but rounding."""

STILL = 1e-11
"""Part of a column's largest value by which it must move to be heard: below it there is nothing but rounding."""


@dataclass(frozen=True, eq=False)
class LeastSquares:
    """What many fits' rows say of coefficients, intercept first: the sum of squares is `rest + |root (b - centre)|^2`.

    About the least-squares fit no digits cancel. Columns are centred before they are squared, for one that stays far
    from zero looks like the intercept.

    Attributes:
        root: `(fits, features + 1, features + 1)`, float64.
        centre: The least-squares coefficients `(fits, features + 1)`.
        rest: Their sum of squares `(fits, 1)`.
        rows: Numbers of rows `(fits, 1)`.
    """

    root: Tensor
    centre: Tensor
    rest: Tensor
    rows: Tensor

    @classmethod
    def of(cls, designs: Sequence[Tensor], responses: Sequence[Tensor]) -> Self:
        """From float64 designs `(rows, features)` and responses `(rows,)`, a pair a fit."""
        columns, means, units = zip(*map(_standard, designs), strict=True)
        mean, unit = torch.stack(means), torch.stack(units)
        level = torch.stack([y.mean() for y in responses])[:, None]
        about = [y - own for y, own in zip(responses, level, strict=True)]
        scale, basis = alone(eigh, torch.stack([x.mT @ x for x in columns]))
        heard = scale > REPEATED * scale.amax(-1, keepdim=True) if scale.numel() else scale > 0
        cross = torch.stack([x.mT @ y for x, y in zip(columns, about, strict=True)])
        turned = (basis.mT.contiguous() * cross[:, None]).sum(-1)
        weights = (basis.contiguous() * torch.where(heard, turned / scale, 0.0)[:, None]).sum(-1)
        left = [y - (x * own).sum(-1) for x, y, own in zip(columns, about, weights, strict=True)]
        rest = torch.stack([of.square().sum() for of in left])
        rows = level.new_tensor([[float(len(y))] for y in responses])
        weights = weights / unit
        centre = torch.cat([level - (mean * weights).sum(-1, keepdim=True), weights], -1)
        first = rows.sqrt() * torch.cat([torch.ones_like(level), mean], -1)
        others = torch.where(heard, scale, 0.0).sqrt()[..., None] * basis.mT * unit[:, None]
        return cls(torch.cat([first[:, None], pad(others, (1, 0))], 1), centre, rest[:, None], rows)

    @property
    def noise(self) -> Tensor:
        """A guess at the errors' scale `(fits, 1)`; zero where no more rows are than coefficients."""
        explained = (self.root * self.centre[:, None]).sum(-1).square().sum(-1, keepdim=True)
        free = (self.rows - self.root.shape[-1]).clamp(min=0.0)
        return torch.where(free > 0, torch.maximum(self.rest, ROUNDING * explained) / free, 0.0).sqrt()

    def about(self, point: Tensor) -> NormalRows:
        """The same for coefficients that are counted from a point `(fits, features + 1)`."""
        turned = (self.root * (self.centre - point)[:, None]).sum(-1)
        return NormalRows(self.root, turned, self.rest, self.rows)

    def ridge(self, prior_sd: Tensor, noise: Tensor) -> Ridge:
        """The posterior at a known scale.

        Args:
            prior_sd: Of the coefficients, whose prior is normal around zero `(features + 1,)`.
            noise: The errors' scale `(fits, 1)`.
        """
        unturned, axes = axes_of(self.root / noise[..., None], prior_sd)
        told, before = unturned[:, : -len(prior_sd)], unturned[:, -len(prior_sd) :]
        # The prior pulls from the least-squares coefficients towards zero.
        pull = (before.mT.contiguous() * (-self.centre / prior_sd)[:, None]).sum(-1)
        share, basis = alone(eigh, product(told.mT, told))
        centre = self.centre + (axes * pull[:, None]).sum(-1)
        return Ridge(centre, product(axes, basis).contiguous(), share.clamp(0.0, 1.0))


@dataclass(frozen=True, eq=False)
class Ridge:
    """The normal posterior of coefficients, intercept first.

    Attributes:
        mean: `(fits, features + 1)`.
        axes: `(fits, features + 1, features + 1)`, along which it is standard normal.
        share: How much of the precision along each is data, the rest prior `(fits, features + 1)`.
    """

    mean: Tensor
    axes: Tensor
    share: Tensor


def axes_of(root: Tensor, prior_sd: Tensor) -> tuple[Tensor, Tensor]:
    """Columns in which `|root b|^2 + |b / prior_sd|^2` is `|v|^2`, with `b = axes v`.

    Args:
        root: `(fits, n, latents)`.
        prior_sd: `(latents,)`.

    Returns:
        The orthonormal factor `(fits, n + latents, latents)` of the two above each other, and the axes
        `(fits, latents, latents)`, upper triangles with positive diagonals.
    """
    both = torch.cat([root, (1 / prior_sd).diag_embed().expand(len(root), -1, -1)], 1)
    unturned, upper = alone(qr, both)
    sign = upper.diagonal(dim1=-2, dim2=-1).sign()
    unit = torch.eye(upper.shape[-1], dtype=upper.dtype)
    axes = alone(lambda own: solve_triangular(own, unit, upper=True), upper)
    return unturned * sign[:, None], (axes * sign[:, None]).contiguous()


def _standard(design: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """A design with each column centred and of length one, its means and its lengths `(features,)`.

    A column that never moves, or is too wild to be squared, is left to its prior: it becomes zero.
    """
    mean = design.mean(0)
    about = design - mean
    length = about.square().sum(0).sqrt()
    size = design.abs().amax(0) if len(design) else length
    moves = (length > STILL * size * len(design) ** 0.5) & length.isfinite()
    unit = torch.where(moves, length, torch.ones_like(length))
    return torch.where(moves, about / unit, 0.0), torch.where(length.isfinite(), mean, 0.0), unit
