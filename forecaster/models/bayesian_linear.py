"""Bayesian regression of location and scale on the last seven days and on volatility covariates, by SVI in Pyro.

With s the volatility known at the close, x the window in standard units and z the covariates of volatility,

    change = s (intercept + weights . x) + s noise_scale exp(slopes . z) e,    e two-piece Student-t

so that tomorrow's location is nearly zero, by priors that are sceptical of any day's pull, and its scale follows what
moved volatility before: falls, ranges, quiet and wild spells. Every posterior draw is one component of the forecast, so
that its width carries the doubt about the weights too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from pydantic import Field

from forecaster.inference import nuts
from forecaster.inference.linear import LEAST_DF, ErrorLaw, GuideName, Prior, Regressions
from forecaster.inference.regression import Regression, default_schedule, fit_regressions
from forecaster.predictive import Predictive
from forecaster.problem import Compute, Examples, Failed, Fitted, Latent, ModelSettings, Origin, Weights
from forecaster.scaling import Kind, input_of, inputs, response, unit
from ingest.covariates import CORE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    Floats = NDArray[np.float64]

SUMMARY = "Bayesian regression of location and scale on window and volatility, skewed Student-t noise, SVI in Pyro"

SHORT = 500
"""Rows below which the slopes of the scale are held closer to zero."""


class Settings(ModelSettings):
    """How the regression is set up.

    Attributes:
        guide: Family of the posterior.
        noise: Law of the errors.
        noise_scale: A known scale of the errors, in units of the response; None to learn it.
        intercept_scale: Prior standard deviation of the intercept, in units of the response.
        weight_scale: The same for the weight of each day's price change.
        other_weight_scale: The same for the changes of other series.
        covariates: Whether the scale follows the covariates; without them it is the same for all rows.
        slope_scale: Prior standard deviation of the log scale's slope on each core covariate.
        short_slope_scale: The same where a fit has fewer than 500 rows.
        minor_slope_scale: The same for the covariates of which less is expected.
        scaling: `volatility`, or `none` for raw changes.
        steps: Gradient steps; 0 for as many as the guide needs.
        importance: Whether draws are weighed by model over guide, where k-hat allows.
        draws: Posterior draws, each a component of the forecast.
    """

    guide: GuideName = "full_rank"
    noise: ErrorLaw = "skewed_t"
    noise_scale: float | None = Field(None, gt=0)
    intercept_scale: float = Field(0.3, gt=0)
    weight_scale: float = Field(0.02, gt=0)
    other_weight_scale: float = Field(0.01, gt=0)
    covariates: bool = True
    slope_scale: float = Field(0.15, gt=0)
    short_slope_scale: float = Field(0.10, gt=0)
    minor_slope_scale: float = Field(0.03, gt=0)
    scaling: Kind = "volatility"
    steps: int = Field(0, ge=0)
    importance: bool = False
    draws: int = Field(100, ge=2)


LATENTS = {
    "intercept": "intercept",
    "weights": "weight",
    "slopes": "slope",
    "noise_scale": "noise scale",
    "df_excess": "degrees of freedom",
    "skew": "skew",
}
"""Its latent sites, and what people call what they stand for."""


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains all fits in one Pyro program, each on its own scale."""
    tasks = [_Task.of(rows, settings) for rows in examples]
    schedule = default_schedule(settings.guide)
    found = fit_regressions(
        [(task.design, task.response, task.z) for task in tasks],
        seeds,
        _prior(settings),
        settings.guide,
        replace(schedule, steps=settings.steps or schedule.steps, importance=settings.importance),
        settings.draws,
        compute,
    )
    return tuple(_fitted(task, posterior) for task, posterior in zip(tasks, found, strict=True))


def _prior(settings: Settings) -> Prior:
    # Weights and slopes have prior sd 1: their inputs are multiplied by what they are to have.
    prior = Prior(settings.intercept_scale, 1.0, settings.noise, slope_scale=1.0)
    return prior if settings.noise_scale is None else replace(prior, noise_scale=settings.noise_scale)


def _fitted(task: _Task, posterior: Regression) -> Fitted | Failed:
    fit = posterior.fit
    if fit.failure:
        return Failed(fit.failure)
    draws = _doubles(fit.draws)
    weights = (posterior.weights * task.weight_sd).reshape(-1, *task.window)
    return Fitted(
        predict=partial(task.predict, draws),
        reason=fit.reason,
        by_draw=True,
        losses=fit.losses,
        weights=Weights(weights.mean(0), weights.std(0, ddof=1)),
        diagnostics={
            "noise_scale": float(posterior.noise_scale.mean()),
            "elbo_fall": fit.convergence.fall,
            "k_hat": fit.k_hat,
            "disagreement": fit.disagreement,
            "contraction": float(fit.contraction["weights"].mean()),
        },
        posterior=task.latents(draws),
        nuts=task.by_nuts,
    )


def _doubles(draws: Mapping[str, Tensor]) -> dict[str, Floats]:
    return {name: value.double().numpy() for name, value in draws.items()}


@dataclass(frozen=True, eq=False)
class _Task:
    """One fit's rows in units of its priors, and what draws of its latents mean outside.

    Attributes:
        design: `(rows, inputs)`, each column times the prior sd of its weight.
        response: `(rows,)`.
        z: `(rows, covariates)`, each column times the prior sd of its slope.
        window: `(7, series)`.
        covariates: Names of the covariates.
        weight_sd: `(inputs,)`.
        slope_sd: `(covariates,)`.
        settings: Of the model.
    """

    design: Tensor
    response: Tensor
    z: Tensor
    window: tuple[int, ...]
    covariates: tuple[str, ...]
    weight_sd: Floats
    slope_sd: Floats
    settings: Settings

    @classmethod
    def of(cls, rows: Examples, settings: Settings) -> _Task:
        window = rows.x.shape[1:]
        own = [settings.weight_scale if name == "price" else settings.other_weight_scale for name in rows.series]
        weight_sd = np.broadcast_to(own, window).ravel()
        names = rows.covariates if settings.covariates else ()
        core = settings.slope_scale if len(rows.y) >= SHORT else settings.short_slope_scale
        slope_sd = np.array([core if name in CORE else settings.minor_slope_scale for name in names])
        return cls(
            design=inputs(rows, settings.scaling).double() * torch.tensor(weight_sd),
            response=response(rows, settings.scaling),
            z=torch.tensor(rows.z[:, : len(names)] * slope_sd),
            window=window,
            covariates=names,
            weight_sd=weight_sd,
            slope_sd=slope_sd,
            settings=settings,
        )

    def predict(self, draws: Mapping[str, Floats], origin: Origin) -> Predictive:
        size = float(unit(origin.volatility, self.settings.scaling))
        x = input_of(origin, self.settings.scaling).double().numpy() * self.weight_sd
        location = draws["intercept"] + draws["weights"] @ x
        scale: Any = draws.get("noise_scale", self.settings.noise_scale)
        if self.covariates:
            scale = scale * np.exp(draws["slopes"] @ (origin.z * self.slope_sd))
        df = LEAST_DF + draws["df_excess"] if "df_excess" in draws else np.inf
        return Predictive.of(size * location, size * np.asarray(scale, np.float64), df, draws.get("skew", 0.0))

    def latents(self, draws: Mapping[str, Floats], sampled: nuts.Sampled | None = None) -> dict[str, Latent]:
        """Each site by its name for people, in its own units; weights by their input, slopes by their covariate."""
        prior_sd, latents = nuts.prior_sd(self._batch()), {}
        for site, name in LATENTS.items():
            if site not in draws:
                continue
            own = {"weights": self.weight_sd, "slopes": self.slope_sd}.get(site, 1.0)
            values = LEAST_DF + draws[site] if site == "df_excess" else draws[site] * own
            chains = (sampled.r_hat[site], sampled.effective[site]) if sampled else ()
            parts = (values, prior_sd[site] * own, *chains)
            if site == "slopes":
                each = {f"{name} of {of}": Latent(*(p[..., i] for p in parts)) for i, of in enumerate(self.covariates)}
                latents.update(each)
            else:
                shape = self.window if site == "weights" else ()
                latents[name] = Latent(*(np.reshape(p, p.shape[: p.ndim - prior_sd[site].ndim] + shape) for p in parts))
        return latents

    def by_nuts(self, seed: int, tell: Callable[[int, int], None]) -> Fitted:
        """The same posterior, without a guide."""
        sampled = nuts.sample(self._batch(), seed, tell=tell)
        draws = _doubles(sampled.draws)
        return Fitted(
            predict=partial(self.predict, draws),
            reason=sampled.reason,
            diagnostics={"divergences": sampled.divergences},
            posterior=self.latents(draws, sampled),
        )

    def _batch(self) -> Regressions:
        x, y, z = (part.double() for part in (self.design, self.response, self.z))
        return Regressions((x,), (y,), (z,), _prior(self.settings), self.settings.guide)
