"""Bayesian linear regression on the flattened 7-day window, trained by SVI in Pyro.

Assumes that tomorrow's change, in units of the volatility known today, is linear in the last seven days' changes of
price, volume and attention, with errors that may be heavy-tailed. Every posterior draw of weights, scale and degrees
of freedom is one component of the forecast, so that its width carries the doubt about the weights too.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from pydantic import Field

from forecaster.inference.linear import ErrorLaw, GuideName, Prior
from forecaster.inference.regression import Regression, default_schedule, fit_regression
from forecaster.predictive import Predictive
from forecaster.problem import Examples, Fitted, ModelSettings, Origin, Weights
from forecaster.scaling import Kind, Scaling

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


def fit(examples: Examples, settings: Settings, seed: int) -> Fitted:
    """Trains on rows known at one origin."""
    scaling = Scaling.learn(examples, settings.scaling)
    prior = Prior(settings.intercept_scale, settings.weight_scale, settings.noise)
    if settings.noise_scale is not None:
        prior = replace(prior, noise_scale=settings.noise_scale)
    schedule = default_schedule(settings.guide)
    posterior = fit_regression(
        scaling.inputs(examples),
        scaling.response(examples),
        prior,
        settings.guide,
        replace(schedule, steps=settings.steps or schedule.steps),
        settings.draws,
        seed,
    )
    window = examples.x.shape[1:]
    return Fitted(
        predict=partial(_predict, scaling, posterior),
        reason=posterior.fit.reason,
        losses=posterior.fit.losses,
        weights=Weights(posterior.weights.mean(0).reshape(window), posterior.weights.std(0, ddof=1).reshape(window)),
        diagnostics={
            "noise_scale": float(posterior.noise_scale.mean()),
            "elbo_fall": posterior.fit.convergence.fall,
            "k_hat": posterior.fit.k_hat,
        },
    )


def _predict(scaling: Scaling, posterior: Regression, origin: Origin) -> Predictive:
    unit = float(scaling.unit(origin.volatility))
    location = posterior.intercept + posterior.weights @ scaling.input(origin).double().numpy()
    return Predictive.of(unit * location, unit * posterior.noise_scale, posterior.df)
