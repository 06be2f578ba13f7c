"""The conjugate posterior of Gaussian linear regression with known noise: what SVI is held against.

    y = X w + e,  e ~ N(0, noise^2),  w ~ N(0, diag(prior_scale^2))

has the posterior `N(S X'y / noise^2, S)` with `S^-1 = X'X / noise^2 + diag(prior_scale^-2)` (Bishop 2006, eq. 3.49
to 3.51). An intercept is a column of ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, eq=False)
class GaussianPosterior:
    """A normal posterior of the weights.

    Attributes:
        mean: `(features,)`.
        covariance: `(features, features)`.
    """

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    @property
    def sd(self) -> NDArray[np.float64]:
        """Posterior standard deviations `(features,)`."""
        result: NDArray[np.float64] = np.sqrt(np.diag(self.covariance))
        return result


def gaussian_posterior(x: ArrayLike, y: ArrayLike, noise: float, prior_scale: ArrayLike) -> GaussianPosterior:
    """The exact posterior of the weights.

    Args:
        x: Design matrix `(rows, features)`.
        y: Response `(rows,)`.
        noise: Known standard deviation of the noise, positive.
        prior_scale: Prior standard deviations, `(features,)` or one for all.

    Raises:
        ValueError: Where noise or a prior scale is not positive.

    >>> gaussian_posterior([[1.0], [1.0]], [1.0, 3.0], noise=1.0, prior_scale=1e6).mean.round(6).tolist()
    [2.0]
    """
    design, response = np.asarray(x, np.float64), np.asarray(y, np.float64)
    scales = np.broadcast_to(np.asarray(prior_scale, np.float64), design.shape[1:])
    if noise <= 0 or (scales <= 0).any():
        raise ValueError(f"noise and prior scales must be positive, not {noise} and {scales}")
    precision = design.T @ design / noise**2 + np.diag(scales**-2.0)
    factor = linalg.cho_factor(precision)
    return GaussianPosterior(
        mean=linalg.cho_solve(factor, design.T @ response / noise**2),
        covariance=linalg.cho_solve(factor, np.eye(design.shape[1])),
    )
