"""Bayesian linear regression on the flattened 7-day window, trained by SVI in Pyro.

Assumes that tomorrow's change, in units of the volatility known today, is linear in the last seven days' changes of
price, volume and attention, with errors that may be heavy-tailed. Every posterior draw of weights, scale and degrees
of freedom is one component of the forecast, so that its width carries the doubt about the weights too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from forecaster.inference import nuts
from forecaster.inference.linear import LEAST_DF, ErrorLaw, GuideName, Prior, Regressions
from forecaster.inference.regression import Regression, default_schedule, fit_regressions
from forecaster.predictive import Predictive
from forecaster.problem import Compute, Examples, Failed, Fitted, Latent, ModelSettings, Origin, Weights
from forecaster.scaling import Kind, Scaling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

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


LATENTS = {
    "intercept": "intercept",
    "weights": "weight",
    "noise_scale": "noise scale",
    "df_excess": "degrees of freedom",
}
"""Its latent sites, and what people call what they stand for."""


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains all fits in one Pyro program, each on its own scale."""
    tasks = [_Task.of(rows, settings) for rows in examples]
    schedule = default_schedule(settings.guide)
    found = fit_regressions(
        [(task.design, task.response) for task in tasks],
        seeds,
        _prior(settings),
        settings.guide,
        replace(schedule, steps=settings.steps or schedule.steps, importance=settings.importance),
        settings.draws,
        compute,
    )
    return tuple(_fitted(task, posterior) for task, posterior in zip(tasks, found, strict=True))


def _prior(settings: Settings) -> Prior:
    prior = Prior(settings.intercept_scale, settings.weight_scale, settings.noise)
    return prior if settings.noise_scale is None else replace(prior, noise_scale=settings.noise_scale)


def _fitted(task: _Task, posterior: Regression) -> Fitted | Failed:
    fit = posterior.fit
    if fit.failure:
        return Failed(fit.failure)
    draws = _doubles(fit.draws)
    weights = posterior.weights.reshape(-1, *task.window)
    return Fitted(
        predict=partial(task.predict, draws),
        reason=fit.reason,
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
    """One fit's rows on their own scale, and what draws of its latents mean there.

    Attributes:
        scaling: Learnt on these rows.
        design: `(rows, inputs)`.
        response: `(rows,)`.
        window: `(7, series)`.
        settings: Of the model.
    """

    scaling: Scaling
    design: Tensor
    response: Tensor
    window: tuple[int, ...]
    settings: Settings

    @classmethod
    def of(cls, rows: Examples, settings: Settings) -> _Task:
        scaling = Scaling.learn(rows, settings.scaling)
        return cls(scaling, scaling.inputs(rows), scaling.response(rows), rows.x.shape[1:], settings)

    def predict(self, draws: Mapping[str, Floats], origin: Origin) -> Predictive:
        unit = float(self.scaling.unit(origin.volatility))
        location = draws["intercept"] + draws["weights"] @ self.scaling.input(origin).double().numpy()
        scale = draws.get("noise_scale", self.settings.noise_scale)
        df = LEAST_DF + draws["df_excess"] if "df_excess" in draws else np.inf
        return Predictive.of(unit * location, unit * np.asarray(scale, np.float64), df)

    def latents(self, draws: Mapping[str, Floats], sampled: nuts.Sampled | None = None) -> dict[str, Latent]:
        """Each site by its name for people, the weights by the input that they belong to."""
        prior_sd, latents = nuts.prior_sd(self._batch()), {}
        for site, name in LATENTS.items():
            if site in draws:
                shape = self.window if site == "weights" else ()
                values = draws[site] + LEAST_DF if site == "df_excess" else draws[site]
                chains = (sampled.r_hat[site], sampled.effective[site]) if sampled else ()
                parts = (part.reshape(shape) for part in (prior_sd[site], *chains))
                latents[name] = Latent(values.reshape(-1, *shape), *parts)
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
        x, y = self.design.double(), self.response.double()
        return Regressions((x,), (y,), (x[:, :0],), _prior(self.settings), self.settings.guide)
