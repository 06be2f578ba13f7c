"""Bayesian regression of location and scale with a hidden layer beside it, trained by SVI in Pyro on minibatches.

With s the volatility known at the close, x the window in standard units, z the covariates of volatility and hidden
units h = tanh(W x + b),

    change = s (intercept + weights . x + o1 . h) + s noise_scale exp(slopes . z + o2 . h) e,    e two-piece Student-t

The linear part is that of `bayesian_linear`, under the same priors; what the hidden units add, to the location and to
the log scale of each day, is believed to be small. The units see the window alone: the covariates sum up a longer past
already, and each further input would take from the others' share of a unit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from pydantic import Field

from forecaster.inference import linear
from forecaster.inference.layer import Activation
from forecaster.inference.linear import LEAST_DF, ErrorLaw
from forecaster.inference.network import NetworkGuide, Prior, default_schedule, fit_networks
from forecaster.predictive import Predictive
from forecaster.problem import Compute, Examples, Failed, Fitted, ModelSettings, Origin, Weights
from forecaster.scaling import Kind, input_of, inputs, response, unit
from ingest.covariates import CORE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from forecaster.inference.diagnostics import Fit

    Floats = NDArray[np.float64]

SUMMARY = "Bayesian regression of location and scale with 25 hidden units, skewed Student-t noise, SVI in Pyro"

SHORT = 500
"""Rows below which the slopes of the scale are held closer to zero."""


class Settings(ModelSettings):
    """How the network is set up.

    Attributes:
        hidden: Hidden units.
        activation: `tanh`, or `linear` as in the original study.
        guide: Family of the posterior.
        noise: Law of the errors.
        noise_scale: A known scale of the errors, in units of the response; None to learn it.
        intercept_scale: Prior standard deviation of the intercept, in units of the response.
        skip: Whether the window moves the location without the hidden units too.
        weight_scale: Prior standard deviation of the weight of each day's price change, past the hidden units.
        other_weight_scale: The same for the changes of other series.
        hidden_weight_scale: Prior standard deviation of what the hidden units together add to the location.
        covariates: Whether the scale follows covariates and hidden units; without them it is the same for all rows.
        slope_scale: Prior standard deviation of the log scale's slope on each core covariate.
        short_slope_scale: The same where a fit has fewer than 500 rows.
        minor_slope_scale: The same for the covariates of which less is expected.
        hidden_slope_scale: Prior standard deviation of what the hidden units together add to the log scale.
        scaling: `volatility`, or `none` for raw changes.
        steps: Gradient steps.
        minibatch: Rows that a gradient step looks at; 0 for all.
        draws: Posterior draws, each a component of the forecast.
    """

    hidden: int = Field(25, ge=1)
    activation: Activation = "tanh"
    guide: NetworkGuide = "mean_field"
    noise: ErrorLaw = "skewed_t"
    noise_scale: float | None = Field(None, gt=0)
    intercept_scale: float = Field(0.3, gt=0)
    skip: bool = True
    weight_scale: float = Field(0.02, gt=0)
    other_weight_scale: float = Field(0.01, gt=0)
    hidden_weight_scale: float = Field(0.03, gt=0)
    covariates: bool = True
    slope_scale: float = Field(0.15, gt=0)
    short_slope_scale: float = Field(0.10, gt=0)
    minor_slope_scale: float = Field(0.03, gt=0)
    hidden_slope_scale: float = Field(0.1, gt=0)
    scaling: Kind = "volatility"
    steps: int = Field(1200, ge=20)
    minibatch: int = Field(128, ge=0)
    draws: int = Field(100, ge=2)


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains each on rows known at its own origin; all have the same series and covariates."""
    tasks = [_Task.of(rows, settings) for rows in examples]
    data = [(task.design, task.response, task.design * task.weight_sd, task.z) for task in tasks]
    if not settings.skip:
        data = [(x, y, skip[:, :0], z) for x, y, skip, z in data]
    schedule = replace(default_schedule(), steps=settings.steps, minibatch=settings.minibatch)
    fits = fit_networks(data, seeds, _prior(settings), settings.guide, schedule, settings.draws, compute)
    return tuple(Failed(of.failure) if of.failure else task.fitted(of) for task, of in zip(tasks, fits, strict=True))


def _prior(settings: Settings) -> Prior:
    # Weights and slopes have prior sd 1: their inputs are multiplied by what they are to have.
    beside = linear.Prior(settings.intercept_scale, 1.0, settings.noise, slope_scale=1.0)
    if settings.noise_scale is not None:
        beside = replace(beside, noise_scale=settings.noise_scale)
    scales = (settings.hidden_weight_scale, settings.hidden_slope_scale)
    return Prior(settings.hidden, settings.activation, scales if settings.covariates else scales[:1], beside)


@dataclass(frozen=True, eq=False)
class _Task:
    """One fit's rows, and what draws of its latents mean outside.

    Attributes:
        design: `(rows, inputs)`, float64.
        response: `(rows,)`.
        z: `(rows, covariates)`, each column times the prior sd of its slope.
        window: `(7, series)`.
        weight_sd: `(inputs,)`, prior sds of the weights past the hidden units.
        slope_sd: `(covariates,)`.
        settings: Of the model.
    """

    design: Floats
    response: Tensor
    z: Floats
    window: tuple[int, ...]
    weight_sd: Floats
    slope_sd: Floats
    settings: Settings

    @classmethod
    def of(cls, rows: Examples, settings: Settings) -> _Task:
        window = rows.x.shape[1:]
        own = [settings.weight_scale if name == "price" else settings.other_weight_scale for name in rows.series]
        names = rows.covariates if settings.covariates else ()
        core = settings.slope_scale if len(rows.y) >= SHORT else settings.short_slope_scale
        slope_sd = np.array([core if name in CORE else settings.minor_slope_scale for name in names])
        return cls(
            design=inputs(rows, settings.scaling).double().numpy(),
            response=response(rows, settings.scaling),
            z=rows.z[:, : len(names)] * slope_sd,
            window=window,
            weight_sd=np.broadcast_to(own, window).ravel(),
            slope_sd=slope_sd,
            settings=settings,
        )

    def fitted(self, posterior: Fit) -> Fitted:
        draws = {name: value.double().numpy() for name, value in posterior.draws.items()}
        effect = self.average_slope(draws)
        scale = draws.get("noise_scale", np.asarray(self.settings.noise_scale or np.nan))
        return Fitted(
            predict=partial(self.predict, draws),
            reason=posterior.reason,
            by_draw=True,
            losses=posterior.losses,
            weights=Weights(effect.mean(0).reshape(self.window), effect.std(0, ddof=1).reshape(self.window)),
            diagnostics={
                "noise_scale": float(scale.mean()),
                "elbo_fall": posterior.convergence.fall,
                "k_hat": posterior.k_hat,
                "disagreement": posterior.disagreement,
            },
        )

    def predict(self, draws: Mapping[str, Floats], origin: Origin) -> Predictive:
        size = float(unit(origin.volatility, self.settings.scaling))
        x = input_of(origin, self.settings.scaling).double().numpy()
        hidden = x @ draws["w"] + draws["b"]
        if self.settings.activation == "tanh":
            hidden = np.tanh(hidden)
        added = (draws["o"] @ hidden[..., None])[..., 0]
        location = draws["intercept"] + added[:, 0]
        if "weights" in draws:
            location = location + draws["weights"] @ (x * self.weight_sd)
        scale: Any = draws.get("noise_scale", self.settings.noise_scale)
        if added.shape[1] > 1:
            scale = scale * np.exp(added[:, 1])
        if "slopes" in draws:
            scale = scale * np.exp(draws["slopes"] @ (origin.z * self.slope_sd))
        df = LEAST_DF + draws["df_excess"] if "df_excess" in draws else np.inf
        return Predictive.of(size * location, size * np.asarray(scale, np.float64), df, draws.get("skew", 0.0))

    def average_slope(self, draws: Mapping[str, Floats]) -> Floats:
        """Mean derivative of the location by each input over the training rows, a row a draw: `(draws, inputs)`."""
        w, outer = torch.tensor(draws["w"]).float(), torch.tensor(draws["o"][:, 0]).float()
        if self.settings.activation == "tanh":
            b = torch.tensor(draws["b"]).float()
            units = torch.tensor(self.design).float() @ w.permute(1, 0, 2).flatten(1) + b.flatten()
            outer = outer * (1 - units.tanh_().square_().mean(0)).reshape(outer.shape)
        through: Floats = (w @ outer[..., None]).squeeze(-1).double().numpy()
        return through + draws["weights"] * self.weight_sd if "weights" in draws else through
