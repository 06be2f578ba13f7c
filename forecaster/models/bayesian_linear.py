"""Bayesian linear regression on the flattened 7-day window, trained by SVI in Pyro.

Assumes that tomorrow's change, in units of the volatility known today, is linear in the last seven days' changes of
price, volume and attention, with errors that may be heavy-tailed. Every posterior draw of weights, scale and degrees
of freedom is one component of the forecast, so that its width carries the doubt about the weights too.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from forecaster.inference import nuts
from forecaster.inference.linear import LEAST_DF, ErrorLaw, GuideName, Prior, Regressions
from forecaster.inference.regression import default_schedule, fit_regression
from forecaster.predictive import Predictive
from forecaster.problem import Examples, Fitted, Latent, ModelSettings, Origin, Weights
from forecaster.scaling import Kind, Scaling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray
    from torch import Tensor

    Floats = NDArray[np.float64]

SUMMARY = "Bayesian regression on the 7-day window, Student-t noise, trained by SVI in Pyro"


class Settings(ModelSettings):
    """How the regression is set up.

    Attributes:
        guide: Family of the posterior.
        noise: Law of the errors.
        noise_scale: A known scale of the errors, in units of the response; None to learn it.
        weight_scale: Prior standard deviation of each weight, for standardised inputs and response.
        intercept_scale: Prior standard deviation of the intercept.
        scaling: `volatility`, or `none` for raw changes.
        steps: Gradient steps; 0 for as many as the guide needs.
        draws: Posterior draws, each a component of the forecast.
    """

    guide: GuideName = "full_rank"
    noise: ErrorLaw = "student_t"
    noise_scale: float | None = Field(None, gt=0)
    weight_scale: float = Field(0.05, gt=0)
    intercept_scale: float = Field(0.3, gt=0)
    scaling: Kind = "volatility"
    steps: int = Field(0, ge=0)
    draws: int = Field(100, ge=2)


LATENTS = {
    "intercept": "intercept",
    "weights": "weight",
    "noise_scale": "noise scale",
    "df_excess": "degrees of freedom",
}
"""Its latent sites, and what people call what they stand for."""


def fit(examples: Examples, settings: Settings, seed: int) -> Fitted:
    """Trains on rows known at one origin."""
    scaling = Scaling.learn(examples, settings.scaling)
    prior = Prior(settings.intercept_scale, settings.weight_scale, settings.noise)
    if settings.noise_scale is not None:
        prior = replace(prior, noise_scale=settings.noise_scale)
    schedule = default_schedule(settings.guide)
    design, response = scaling.inputs(examples), scaling.response(examples)
    posterior = fit_regression(
        design,
        response,
        prior,
        settings.guide,
        replace(schedule, steps=settings.steps or schedule.steps),
        settings.draws,
        seed,
    )
    window = examples.x.shape[1:]
    none = design.new_zeros(len(design), 0).double()
    batch = Regressions((design.double(),), (response.double(),), (none,), prior, settings.guide)
    draws = _doubles(posterior.fit.draws)
    return Fitted(
        predict=partial(_predict, scaling, draws, settings),
        reason=posterior.fit.reason,
        losses=posterior.fit.losses,
        weights=Weights(posterior.weights.mean(0).reshape(window), posterior.weights.std(0, ddof=1).reshape(window)),
        diagnostics={
            "noise_scale": float(posterior.noise_scale.mean()),
            "elbo_fall": posterior.fit.convergence.fall,
            "k_hat": posterior.fit.k_hat,
        },
        posterior=_latents(batch, window, draws),
        nuts=partial(_by_nuts, scaling, settings, batch, window),
    )


def _by_nuts(
    scaling: Scaling,
    settings: Settings,
    batch: Regressions,
    window: tuple[int, ...],
    seed: int,
    tell: Callable[[int, int], None],
) -> Fitted:
    """The same posterior, without a guide."""
    sampled = nuts.sample(batch, seed, tell=tell)
    draws = _doubles(sampled.draws)
    return Fitted(
        predict=partial(_predict, scaling, draws, settings),
        reason=sampled.reason,
        diagnostics={"divergences": sampled.divergences},
        posterior=_latents(batch, window, draws, sampled),
    )


def _doubles(draws: Mapping[str, Tensor]) -> dict[str, Floats]:
    return {name: value.double().numpy() for name, value in draws.items()}


def _latents(
    batch: Regressions, window: tuple[int, ...], draws: Mapping[str, Floats], sampled: nuts.Sampled | None = None
) -> dict[str, Latent]:
    """Each site by its name for people, the weights by the input that they belong to."""
    prior_sd, latents = nuts.prior_sd(batch), {}
    for site, name in LATENTS.items():
        if site in draws:
            shape = window if site == "weights" else ()
            values = draws[site] + LEAST_DF if site == "df_excess" else draws[site]
            chains = (sampled.r_hat[site], sampled.effective[site]) if sampled else ()
            latents[name] = Latent(
                values.reshape(-1, *shape), prior_sd[site].reshape(shape), *(part.reshape(shape) for part in chains)
            )
    return latents


def _predict(scaling: Scaling, draws: Mapping[str, Floats], settings: Settings, origin: Origin) -> Predictive:
    unit = float(scaling.unit(origin.volatility))
    location = draws["intercept"] + draws["weights"] @ scaling.input(origin).double().numpy()
    scale = draws["noise_scale"] if settings.noise_scale is None else np.float64(settings.noise_scale)
    df = LEAST_DF + draws["df_excess"] if settings.noise == "student_t" else np.inf
    return Predictive.of(unit * location, unit * scale, df)
