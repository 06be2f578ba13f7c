"""Bayesian linear regression on the flattened 7-day window, trained by SVI in Pyro.

Assumes that tomorrow's change, in units of the volatility known today, is linear in the last seven days' changes of
price, volume and attention, with errors that may be heavy-tailed. Every posterior draw of weights, scale and degrees
of freedom is one component of the forecast, so that its width carries the doubt about the weights too.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from forecaster.inference.linear import ErrorLaw, GuideName, Prior
from forecaster.inference.regression import Regression, default_schedule, fit_regressions
from forecaster.predictive import Predictive
from forecaster.problem import Compute, Examples, Failed, Fitted, ModelSettings, Origin, Weights
from forecaster.scaling import Kind, Scaling

if TYPE_CHECKING:
    from collections.abc import Sequence

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
        importance: Whether draws are weighed by model over guide, where k-hat allows.
        draws: Posterior draws, each a component of the forecast.
    """

    guide: GuideName = "full_rank"
    noise: ErrorLaw = "student_t"
    noise_scale: float | None = Field(None, gt=0)
    weight_scale: float = Field(0.05, gt=0)
    intercept_scale: float = Field(0.3, gt=0)
    scaling: Kind = "volatility"
    steps: int = Field(0, ge=0)
    importance: bool = False
    draws: int = Field(100, ge=2)


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains all fits in one Pyro program, each on its own scale."""
    scalings = [Scaling.learn(rows, settings.scaling) for rows in examples]
    prior = Prior(settings.intercept_scale, settings.weight_scale, settings.noise)
    if settings.noise_scale is not None:
        prior = replace(prior, noise_scale=settings.noise_scale)
    schedule = default_schedule(settings.guide)
    posteriors = fit_regressions(
        [(scaling.inputs(rows), scaling.response(rows)) for scaling, rows in zip(scalings, examples, strict=True)],
        seeds,
        prior,
        settings.guide,
        replace(schedule, steps=settings.steps or schedule.steps, importance=settings.importance),
        settings.draws,
        compute,
    )
    return tuple(
        Failed(posterior.fit.failure) if posterior.fit.failure else _fitted(scaling, posterior, rows.x.shape[1:])
        for scaling, posterior, rows in zip(scalings, posteriors, examples, strict=True)
    )


def _fitted(scaling: Scaling, posterior: Regression, window: tuple[int, ...]) -> Fitted:
    return Fitted(
        predict=partial(_predict, scaling, posterior),
        reason=posterior.fit.reason,
        losses=posterior.fit.losses,
        weights=Weights(posterior.weights.mean(0).reshape(window), posterior.weights.std(0, ddof=1).reshape(window)),
        diagnostics={
            "noise_scale": float(posterior.noise_scale.mean()),
            "elbo_fall": posterior.fit.convergence.fall,
            "k_hat": posterior.fit.k_hat,
            "disagreement": posterior.fit.disagreement,
            "contraction": float(posterior.fit.contraction["weights"].mean()),
        },
    )


def _predict(scaling: Scaling, posterior: Regression, origin: Origin) -> Predictive:
    unit = float(scaling.unit(origin.volatility))
    location = posterior.intercept + posterior.weights @ scaling.input(origin).double().numpy()
    return Predictive.of(unit * location, unit * posterior.noise_scale, posterior.df)
