"""Bayesian multilayer perceptron on the flattened 7-day window, trained by SVI in Pyro on minibatches.

    h = a(W x + d),  y = c + o . h + scale * StudentT(df),   W ~ N(0, 1 / inputs), o ~ N(0, output_scale^2 / hidden)

with `a` tanh, or the identity as in the original study. Priors are standard normals scaled by fan-in, so that the
width of the network does not decide how much it believes in itself.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import Field

from forecaster.inference.layer import Activation
from forecaster.inference.linear import LEAST_DF, ErrorLaw
from forecaster.inference.network import NetworkGuide, Prior, default_schedule, fit_networks
from forecaster.predictive import Predictive
from forecaster.problem import Compute, Examples, Failed, Fitted, ModelSettings, Origin, Weights
from forecaster.scaling import Kind, input_of, inputs, response, unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from forecaster.inference.diagnostics import Fit

SUMMARY = "Bayesian network with 25 hidden units, Student-t noise, trained by SVI in Pyro"


class Settings(ModelSettings):
    """How the network is set up.

    Attributes:
        hidden: Hidden units.
        activation: `tanh`, or `linear` as in the original study.
        guide: Family of the posterior.
        noise: Law of the errors.
        noise_scale: A known scale of the errors, in units of the response; None to learn it.
        output_scale: Prior standard deviation of the network's output, in units of the response.
        scaling: `volatility`, or `none` for raw changes.
        steps: Gradient steps.
        minibatch: Rows that a gradient step looks at; 0 for all.
        draws: Posterior draws, each a component of the forecast.
    """

    hidden: int = Field(25, ge=1)
    activation: Activation = "tanh"
    guide: NetworkGuide = "mean_field"
    noise: ErrorLaw = "student_t"
    noise_scale: float | None = Field(None, gt=0)
    output_scale: float = Field(0.1, gt=0)
    scaling: Kind = "volatility"
    steps: int = Field(3000, ge=20)
    minibatch: int = Field(64, ge=0)
    draws: int = Field(100, ge=2)


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains each on rows known at its own origin; all have the same series."""
    data = [(inputs(rows, settings.scaling), response(rows, settings.scaling)) for rows in examples]
    prior = Prior(
        hidden=settings.hidden,
        activation=settings.activation,
        output_scale=settings.output_scale,
        noise=settings.noise,
        noise_scale=settings.noise_scale,
    )
    schedule = replace(default_schedule(), steps=settings.steps, minibatch=settings.minibatch)
    fits = fit_networks(data, seeds, prior, settings.guide, schedule, settings.draws, compute)
    return tuple(
        Failed(of.failure) if of.failure else _fitted(rows, of, settings)
        for rows, of in zip(examples, fits, strict=True)
    )


def _fitted(examples: Examples, posterior: Fit, settings: Settings) -> Fitted:
    window, draws = examples.x.shape[1:], posterior.draws
    effect = _average_slope(inputs(examples, settings.scaling), draws, settings.activation)
    scale = settings.noise_scale if settings.noise_scale is not None else float(draws["noise_scale"].mean())
    return Fitted(
        predict=partial(_predict, draws, settings),
        reason=posterior.reason,
        losses=posterior.losses,
        weights=Weights(effect.mean(0).reshape(window), effect.std(0, ddof=1).reshape(window)),
        diagnostics={
            "noise_scale": scale,
            "elbo_fall": posterior.convergence.fall,
            "k_hat": posterior.k_hat,
            "disagreement": posterior.disagreement,
        },
    )


def _predict(draws: dict[str, Tensor], settings: Settings, origin: Origin) -> Predictive:
    size = float(unit(origin.volatility, settings.scaling))
    hidden = input_of(origin, settings.scaling) @ draws["w"] + draws["b"]
    if settings.activation == "tanh":
        hidden = hidden.tanh()
    location = (hidden * draws["o"]).sum(-1) + draws["c"]
    scale: Any = draws["noise_scale"] if settings.noise_scale is None else settings.noise_scale
    df: Any = LEAST_DF + draws["df_excess"] if settings.noise == "student_t" else np.inf
    return Predictive.of(size * location.double().numpy(), size * np.asarray(scale, np.float64), df)


def _average_slope(design: Tensor, draws: dict[str, Tensor], activation: Activation) -> NDArray[np.float64]:
    """Mean derivative of the output by each input over the training rows, a row a draw: `(draws, inputs)`."""
    w, b, o = draws["w"], draws["b"], draws["o"]
    if activation == "tanh":
        units = design @ w.permute(1, 0, 2).flatten(1) + b.flatten()
        o = o * (1 - units.tanh_().square_().mean(0)).reshape(o.shape)
    slopes: NDArray[np.float64] = (w @ o[..., None]).squeeze(-1).double().numpy()
    return slopes
