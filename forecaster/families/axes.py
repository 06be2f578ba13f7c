"""Where the posteriors of regressions are looked for, and along which axes: about the ridge solution, in any units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import torch
from torch.distributions import biject_to
from torch.nn.functional import pad

from forecaster.families.ridge import LeastSquares, axes_of
from forecaster.inference.coordinates import Coordinates, Funnel, lean_of
from forecaster.inference.sites import packed_start, places

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from forecaster.families.linear import Prior
    from forecaster.inference.sites import Site

ANY = 10.0
"""Prior sd that stands for that of any log scale."""

NEAR = 1e-4
"""Step of a latent from which the gain of its log scale is taken."""


@dataclass(frozen=True, eq=False)
class Axes:
    """Of many fits, float64, on the processor whatever the device of the day.

    Attributes:
        squares: What the rows say of the coefficients under normal errors.
        centre: The ridge solution, intercept first `(fits, features + 1)`.
        coordinates: Where latents are looked for: coefficients from the centre, the errors' scale from what it leaves
            over, and no slopes.
    """

    squares: LeastSquares
    centre: Tensor
    coordinates: Coordinates

    @classmethod
    def of(
        cls,
        designs: Sequence[Tensor],
        responses: Sequence[Tensor],
        covariates: Sequence[Tensor],
        sites: tuple[Site, ...],
        prior: Prior,
    ) -> Self:
        """From each fit's rows; of a log scale normal errors tell twice as much as of a location (Fisher)."""
        with torch.device("cpu"):
            squares = LeastSquares.of(designs, responses)
            noise = _noise(squares, sites, prior)
            features = designs[0].shape[1]
            sd = torch.tensor([prior.intercept_scale] + [prior.weight_scale] * features, dtype=torch.float64)
            ridge, at = squares.ridge(sd, noise), places(sites)
            start = packed_start(sites).repeat(len(designs), 1)
            axes = torch.eye(start.shape[1], dtype=start.dtype).repeat(len(designs), 1, 1)
            _put(axes, at["intercept"] + at["weights"], ridge.axes)
            rows = LeastSquares.of(covariates, responses).root * 2**0.5
            sd = torch.full(rows.shape[2:], prior.slope_scale, dtype=start.dtype)
            if prior.known_scale:
                _put(axes, at.get("slopes", []), axes_of(rows[..., 1:], sd[1:])[1])
                return cls(squares, ridge.mean, Coordinates(start, axes))
            level, sd[0] = at["noise_scale"], ANY
            _put(axes, level + at.get("slopes", []), axes_of(rows, sd)[1])
            transform = biject_to(prior.noise_scale.support)
            guess = transform.inv(noise)
            start[:, level] = torch.where(guess.isfinite(), guess, start[:, level])
            near = torch.stack([start[:, level], start[:, level] + NEAR])
            gain = transform(near).log().diff(dim=0)[0] / NEAR
            # Where covariates lie far from zero, the scale of rows is that at their means.
            means = torch.stack([z.mean(0) for z in covariates])
            rise = gain * axes[:, level[0]] + (axes[:, at.get("slopes", [])].mT.contiguous() * means[:, None]).sum(-1)
            share, own = pad(ridge.share, (0, start.shape[1] - features - 1)), torch.zeros_like(start)
            own[:, level] = 1.0
            free = squares.rows - ridge.share.sum(-1, keepdim=True)
            funnel = Funnel(share, rise, own, lean_of(free))
            return cls(squares, ridge.mean, Coordinates(start, axes, funnel))


def _noise(squares: LeastSquares, sites: tuple[Site, ...], prior: Prior) -> Tensor:
    """The errors' scale, known or guessed from what least squares leave over, `(fits, 1)`."""
    left = squares.noise
    if prior.known_scale:
        return torch.full_like(left, float(prior.noise_scale))
    return torch.where(left > 0, left, next(site.start for site in sites if site.name == "noise_scale"))


def _put(axes: Tensor, of: list[int], block: Tensor) -> None:
    """Sets what latents at these places have to do with each other."""
    if of:
        axes[:, torch.tensor(of)[:, None], of] = block
