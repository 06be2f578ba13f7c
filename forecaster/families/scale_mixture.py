"""A scale mixture of two normals around zero as the prior of weights, and what a posterior costs under it.

    P(w) = share N(w; 0, wide^2) + (1 - share) N(w; 0, narrow^2)

The narrow part holds weights that do nothing near zero, the wide one lets the others go (Blundell et al. 2015,
arXiv:1505.05424, eq. 7). A mean-field normal's Kullback-Leibler divergence from it has no closed form: as in the paper
it is estimated at the weights drawn, `log q(w) - log P(w)`. From a single normal, a share of one, it is exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, pi
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor

HALF_LOG_2_PI = log(2 * pi) / 2


@dataclass(frozen=True)
class ScaleMixture:
    """The prior of each weight.

    Attributes:
        share: Probability of the wide part; 1 for a single normal.
        wide: Its standard deviation.
        narrow: That of the other part.

    Raises:
        ValueError: Where the share is not in (0, 1], or a standard deviation is not positive, or narrow is above wide.

    >>> prior = ScaleMixture(0.25, 1.0, 0.1)
    >>> round(prior.sd, 3)
    0.507
    """

    share: float = 0.5
    wide: float = exp(-1)
    narrow: float = exp(-6)

    def __post_init__(self) -> None:
        """Checks the numbers once."""
        if not (0 < self.share <= 1 and self.narrow > 0 and self.wide > 0):
            raise ValueError(f"a share in (0, 1] and positive standard deviations, not {self}")
        if self.share < 1 and self.narrow > self.wide:
            raise ValueError(f"the narrow standard deviation is above the wide one: {self}")

    @classmethod
    def single(cls, sd: float) -> ScaleMixture:
        """One normal, from which the divergence is exact."""
        return cls(1.0, sd, sd)

    @property
    def sd(self) -> float:
        """Standard deviation of a weight before the data."""
        return float((self.share * self.wide**2 + (1 - self.share) * self.narrow**2) ** 0.5)

    def log_prob(self, value: Tensor) -> Tensor:
        """Log density of each number `(...)`, in nats."""
        if self.share == 1:
            return _normal(value, self.wide)
        wide = _normal(value, self.wide) + log(self.share)
        narrow = _normal(value, self.narrow) + log(1 - self.share)
        most = torch.maximum(wide, narrow).detach()  # torch's own `logaddexp` rounds a number by where it stands
        return most + ((wide - most).exp() + (narrow - most).exp()).log()

    def kl(self, mean: Tensor, log_sd: Tensor, value: Tensor) -> Tensor:
        """Divergence of independent normals from the prior, summed over the last axis: `(...)`, in nats.

        Args:
            mean: `(..., weights)`.
            log_sd: Log standard deviations `(..., weights)`.
            value: Weights drawn from those normals with a gradient to both, `(..., weights)`; a single normal needs
                none of it.
        """
        if self.share == 1:
            return normal_kl(mean, log_sd, 0.0, self.wide)
        own = -0.5 * ((value - mean) * (-log_sd).exp()).square() - log_sd - HALF_LOG_2_PI
        return (own - self.log_prob(value)).sum(-1)


def normal_kl(mean: Tensor, log_sd: Tensor, centre: float, sd: float) -> Tensor:
    """Exact divergence of independent normals from N(centre, sd^2), summed over the last axis: `(...)`, in nats."""
    square = (log_sd * 2).exp() + (mean - centre).square()
    return (square / (2 * sd**2) - 0.5 - log_sd + log(sd)).sum(-1)


def _normal(value: Tensor, sd: float) -> Tensor:
    return -0.5 * (value / sd).square() - (log(sd) + HALF_LOG_2_PI)
