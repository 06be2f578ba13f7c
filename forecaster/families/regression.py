"""Bayesian linear regression on any design matrix, by SVI in Pyro.

    y_i = intercept + x_i . weights + scale * exp(z_i . slopes) * e_i

with Normal priors on intercept, weights and slopes; the covariates `z` of the log scale are optional, and the errors
e_i are standard normal, Student-t or two-piece Student-t. The scale is learned under a prior of one's choice, or known.
The daily forecaster and a study of nations' incomes run through the same few lines.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from forecaster.families.likelihoods import LEAST_DF
from forecaster.families.linear import Prior, Regressions
from forecaster.families.rows import UNUSABLE, labelled, usable
from forecaster.inference import guides
from forecaster.inference.many import fit_many
from forecaster.inference.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray
    from torch import Tensor

    from forecaster.contract import Compute
    from forecaster.inference.diagnostics import Fit

__all__ = ["Prior", "Regression", "fit_regression", "fit_regressions"]


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted regression.

    Attributes:
        intercept: Posterior draws `(draws,)`.
        weights: Posterior draws `(draws, features)`.
        slopes: Posterior draws `(draws, covariates)`, of the log scale on its covariates.
        noise_scale: Posterior draws `(draws,)` of the errors' scale where all covariates are zero (constant if known).
        df: Posterior draws `(draws,)` of the errors' degrees of freedom (infinite for normal errors).
        fit: The training curve and its verdicts.
    """

    intercept: NDArray[np.float64]
    weights: NDArray[np.float64]
    slopes: NDArray[np.float64]
    noise_scale: NDArray[np.float64]
    df: NDArray[np.float64]
    fit: Fit


def fit_regression(
    x: ArrayLike,
    y: ArrayLike,
    prior: Prior | None = None,
    guide: str = "full_rank",
    schedule: Schedule | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> Regression:
    """Fits the regression of `y (rows,)` on `x (rows, features)` (without a column of ones): a batch of one.

    Raises:
        ValueError: Where x and y do not match in rows or hold a value that is not finite.
        FloatingPointError: Where training diverged.
    """
    if not (np.isfinite(np.asarray(x)).all() and np.isfinite(np.asarray(y)).all()):
        raise ValueError(UNUSABLE)
    (fitted,) = fit_regressions([(x, y)], [seed], prior, guide, schedule, draws)
    if fitted.fit.failure:
        raise FloatingPointError(fitted.fit.failure)
    return fitted


def fit_regressions(
    data: Sequence[Sequence[ArrayLike]],
    seeds: Sequence[int],
    prior: Prior | None = None,
    guide: str = "full_rank",
    schedule: Schedule | None = None,
    draws: int = 1000,
    compute: Compute | None = None,
) -> tuple[Regression, ...]:
    """Fits many regressions at once, each independent of the others.

    Args:
        data: `x (rows, features)` and `y (rows,)` of each fit, and covariates of its log scale `z (rows, covariates)`
            where there are any; rows may differ in number, columns may not.
        seeds: One a fit.
        prior: The same for all.
        guide: Family of the posteriors, see `forecaster.inference.guides`.
        schedule: Steps and rates; what brings the guide to rest where None.
        draws: Posterior draws of each fit.
        compute: Where they are trained, and how many at once; no result depends on how many.

    Returns:
        A regression a fit, in order. One whose data are not finite, or whose training diverged twice, says so in
        `fit.failure`; the others are what they would have been without it.

    Raises:
        UnknownNameError: For a guide that does not exist.
        ValueError: Where shapes do not match.
    """
    rows = [_tensors(arrays) for arrays in data]
    if not rows:
        return ()
    usual = guides.load(guide).SCHEDULE
    belief, plan = prior or Prior(), schedule or usual
    if not usual.steps:  # nothing to train, whatever the schedule says
        plan = replace(plan, steps=0)
    designs, responses, covariates = zip(*usable(rows), strict=True)
    batch = Regressions(designs, responses, covariates, belief, guide)
    fits = fit_many(batch, plan, draws, seeds, compute)
    return tuple(_regression(fit, belief) for fit in labelled(fits, rows))


def _tensors(arrays: Sequence[ArrayLike]) -> tuple[Tensor, Tensor, Tensor]:
    """Design, response and covariates (with no columns where there are none), float64."""
    x, y, *more = (torch.tensor(np.asarray(part), dtype=torch.float64) for part in arrays)
    z = more[0] if more else x.new_zeros(len(x), 0)
    if x.ndim != 2 or z.ndim != 2 or not y.shape == x.shape[:1] == z.shape[:1]:  # noqa: PLR2004  # two axes
        raise ValueError(
            "x must be (rows, features), y (rows,) and covariates (rows, covariates), not "
            f"{[tuple(part.shape) for part in (x, y, z)]}"
        )
    return x, y, z


def _regression(fit: Fit, prior: Prior) -> Regression:
    got = {name: value.double().numpy() for name, value in fit.draws.items()}
    known = np.full_like(got["intercept"], np.nan if "noise_scale" in got else prior.noise_scale)
    return Regression(
        intercept=got["intercept"],
        weights=got["weights"],
        slopes=got.get("slopes", np.zeros((len(known), 0))),
        noise_scale=got.get("noise_scale", known),
        df=LEAST_DF + got["df_excess"] if "df_excess" in got else np.full_like(known, np.inf),
        fit=fit,
    )
