"""The shape of changes below, inside and above a band around zero, so that class probabilities make a distribution.

Beyond the band a change is at the edge plus the size of a Student-t, whose scale and degrees of freedom are found in
the rows of that side; inside it is spread evenly. Each shape lies in its own class but for about one part in a hundred,
and so a mixture of them by class probabilities has these probabilities.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special

from forecaster.distribution.predictive import Predictive

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.floats import Floats

STEEP = 4.0
"""Skew of a component that begins at the edge of the band: one part in three thousand of it lies inside."""

EVEN = 16
"""Normal components that spread evenly over the band, each two thirds as wide as they are apart."""

LEAST_DF = 2.1
"""Degrees of freedom lie above this: the variance is finite."""

DF_MEDIAN, DF_SPREAD = 6.0, 0.7
"""Median and log standard deviation of the prior of the degrees of freedom beyond the least; the log scale has 1."""


def classes_of(z: Floats, band: float) -> NDArray[np.int64]:
    """0 below the band, 1 inside, 2 above, of changes `(rows,)` in units of the band's."""
    return 1 + (z > band).astype(np.int64) - (z < -band)


@dataclass(frozen=True, eq=False)
class Shapes:
    """Of changes in units of the band's.

    Attributes:
        band: Half the width of the band.
        scale: Of the Student-t below and above the band `(2,)`.
        df: Its degrees of freedom `(2,)`.
    """

    band: float
    scale: Floats
    df: Floats

    def mixed(self, chance: Floats) -> Predictive:
        """The mixture by the probabilities of below, inside and above `(3,)`."""
        low, inside, high = chance
        step = 2 * self.band / EVEN
        places, width = self.band * (2 * np.arange(EVEN) + 1) / EVEN - self.band, step * 2 / 3
        ends = np.array([-self.band, self.band])
        return Predictive.of(
            loc=np.concatenate([ends, places * (1 - 1 / (2 * EVEN))]),
            scale=np.concatenate([self.scale * np.exp(-STEEP), np.full(EVEN, width)]),
            df=np.concatenate([self.df, np.full(EVEN, np.inf)]),
            skew=np.concatenate([[-STEEP, STEEP], np.zeros(EVEN)]),
            weight=np.concatenate([[low, high], np.full(EVEN, inside / EVEN)]),
        )


def shapes(z: Floats, band: float) -> Shapes:
    """Fitted to changes `(rows,)`, the most probable ones under weak priors: a side without rows has the prior's."""
    sides = [_fitted(side[side > band] - band) for side in (-z, z)]
    scale, df = zip(*sides, strict=True)
    return Shapes(band, np.array(scale), np.array(df))


def _fitted(beyond: Floats) -> tuple[float, float]:
    """Scale and degrees of freedom of the sizes of a Student-t `(rows,)`."""

    def loss(at: Floats) -> float:
        log_scale, log_excess = at.clip(-20, 20)
        nu = LEAST_DF + np.exp(log_excess)
        tail = (nu + 1) / 2 * np.log1p((beyond * np.exp(-log_scale)) ** 2 / nu).sum()
        constant = special.betaln(nu / 2, 0.5) + np.log(nu) / 2 + log_scale
        prior = log_scale**2 / 2 + ((log_excess - np.log(DF_MEDIAN)) / DF_SPREAD) ** 2 / 2
        return float(tail + beyond.size * constant + prior)

    found = optimize.minimize(loss, np.array([0.0, np.log(DF_MEDIAN)]), method="Nelder-Mead", options={"xatol": 1e-5})
    return float(np.exp(found.x[0])), float(LEAST_DF + np.exp(found.x[1]))
