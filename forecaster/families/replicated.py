"""Data that a regression of location and scale gives at draws of its latents, on the rows it was fitted on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.families.exact import gaussian_posterior
from forecaster.families.likelihoods import LEAST_DF
from forecaster.inference.study import Around

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import ArrayLike

    from forecaster.families.linear import Prior
    from forecaster.floats import Floats


def replicated(
    draws: Mapping[str, Floats],
    rng: np.random.Generator,
    design: ArrayLike,
    z: ArrayLike,
    prior: Prior,
    added: tuple[Floats | float, Floats | float] = (0.0, 0.0),
) -> Floats:
    """Responses of the model, one set a draw: `(draws, rows)`.

    Args:
        draws: Of each latent site that there is `(draws, *site shape)`.
        rng: Where the errors come from.
        design: Features of each row `(rows, features)`; not read where no site `weights` is.
        z: Covariates of the log scale `(rows, covariates)`; likewise without `slopes`.
        prior: Whose known scale of errors is taken where none is learnt.
        added: To location and log scale `(draws, rows)`.
    """
    x, covariates = np.asarray(design, np.float64), np.asarray(z, np.float64)
    location = draws["intercept"][:, None] + np.zeros(len(x)) + added[0]
    log_scale = np.zeros_like(location) + added[1]
    if "weights" in draws:
        location = location + draws["weights"] @ x.T
    if "slopes" in draws:
        log_scale = log_scale + draws["slopes"] @ covariates.T
    noise: Any = draws["noise_scale"][:, None] if "noise_scale" in draws else prior.noise_scale
    errors = _errors(draws, location.shape, rng)
    result: Floats = location + noise * np.exp(log_scale) * errors
    return result


def _errors(draws: Mapping[str, Floats], shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
    """Standard normal, Student-t or two-piece errors: each side of the latter weighs as much as it is stretched."""
    if "df_excess" not in draws:
        return rng.standard_normal(shape)
    errors = rng.standard_t(np.broadcast_to(LEAST_DF + draws["df_excess"][:, None], shape))
    if "skew" not in draws:
        return errors
    skew = draws["skew"][:, None]
    side = np.where(rng.random(shape) < 1 / (1 + np.exp(-2 * skew)), 1.0, -1.0)
    result: Floats = side * np.abs(errors) * np.exp(side * skew)
    return result


def conjugate(design: Floats, response: Floats, prior: Prior) -> Around:
    """The exact posterior of a regression with normal errors of known scale, without covariates."""
    features = design.shape[1]
    scales = np.array([prior.intercept_scale] + [prior.weight_scale] * features)
    found = gaussian_posterior(np.c_[np.ones(len(design)), design], response, float(prior.noise_scale), scales)
    root = np.linalg.cholesky(found.covariance).T
    moved = {"plus": found.mean + root, "minus": found.mean - root}
    at = {name: {"intercept": part[:, 0], "weights": part[:, 1:]} for name, part in moved.items()}
    return Around({"intercept": found.mean[0], "weights": found.mean[1:]}, at["plus"], at["minus"], 1.0)
