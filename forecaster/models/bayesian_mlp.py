"""Bayesian multilayer perceptron on the flattened 7-day window, trained by SVI in Pyro with a mean-field guide.

    h = a(W x + b),  y = o . h + c + scale * StudentT(df),   W ~ N(0, 1 / inputs), o ~ N(0, output_scale^2 / hidden)

with `a` tanh, or the identity as in the original study. Priors are standard normals scaled by fan-in, so that the
width of the network does not decide how much it believes in itself.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from pydantic import Field
from pyro.infer.autoguide import AutoDiagonalNormal, init_to_sample

from forecaster.inference import single as svi
from forecaster.inference.guides import INIT_SCALE
from forecaster.inference.isolation import isolated
from forecaster.predictive import Predictive
from forecaster.problem import Examples, Fitted, ModelSettings, Origin, Weights
from forecaster.scaling import Kind, Scaling

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

SUMMARY = "Bayesian network with 25 hidden units, Student-t noise, trained by SVI in Pyro"


class Settings(ModelSettings):
    """How the network is set up.

    Attributes:
        hidden: Hidden units.
        activation: `tanh`, or `linear` as in the original study.
        noise: Law of the errors.
        noise_scale: A known scale of the errors, in units of the response; None to learn it.
        output_scale: Prior standard deviation of the network's output, in units of the response.
        scaling: `volatility`, or `none` for raw changes.
        steps: Gradient steps.
        draws: Posterior draws, each a component of the forecast.
    """

    hidden: int = Field(25, ge=1)
    activation: Literal["tanh", "linear"] = "tanh"
    noise: Literal["normal", "student_t"] = "student_t"
    noise_scale: float | None = Field(None, gt=0)
    output_scale: float = Field(0.1, gt=0)
    scaling: Kind = "volatility"
    steps: int = Field(1200, ge=20)
    draws: int = Field(100, ge=2)


def fit(examples: Examples, settings: Settings, seed: int) -> Fitted:
    """Trains on rows known at one origin."""
    scaling = Scaling.learn(examples, settings.scaling)
    design = scaling.inputs(examples)
    program = model(design, scaling.response(examples), settings)
    with isolated(seed):
        # Started at a draw of the prior: at its mean, all zeros, no gradient tells the hidden units apart.
        guide = AutoDiagonalNormal(program, init_loc_fn=init_to_sample, init_scale=INIT_SCALE)
        guide()
    learned = () if settings.noise_scale is not None else ("noise_scale",)
    heavy = ("df_excess",) if settings.noise == "student_t" else ()
    schedule = svi.Schedule(steps=settings.steps)
    posterior = svi.fit(program, guide, ("w", "b", "o", "c", *learned, *heavy), schedule, settings.draws, seed)
    with isolated(seed):
        effect = _average_slope(design, posterior.draws, settings)
    window = examples.x.shape[1:]
    return Fitted(
        predict=partial(_predict, scaling, posterior.draws, settings),
        reason=posterior.convergence.reason,
        losses=posterior.losses,
        weights=Weights(effect.mean(0).reshape(window), effect.std(0, ddof=1).reshape(window)),
        diagnostics={"elbo_fall": posterior.convergence.fall},
    )


def model(design: Tensor, response: Tensor, settings: Settings) -> Callable[[], None]:
    """The Pyro program of the network for `design (rows, inputs)` and `response (rows,)`."""
    rows, inputs = design.shape
    hidden = settings.hidden

    def program() -> None:
        w = pyro.sample("w", dist.Normal(torch.zeros(inputs, hidden), inputs**-0.5).to_event(2))
        b = pyro.sample("b", dist.Normal(torch.zeros(hidden), 1.0).to_event(1))
        o = pyro.sample("o", dist.Normal(torch.zeros(hidden), settings.output_scale * hidden**-0.5).to_event(1))
        c = pyro.sample("c", dist.Normal(0.0, 0.3))
        if settings.noise_scale is None:
            scale = pyro.sample("noise_scale", dist.LogNormal(-0.2, 0.7))
        else:
            scale = torch.tensor(settings.noise_scale)
        location = _activate(design @ w + b, settings) @ o + c
        if settings.noise == "student_t":
            errors = dist.StudentT(2.1 + pyro.sample("df_excess", dist.LogNormal(np.log(5.0), 0.7)), location, scale)
        else:
            errors = dist.Normal(location, scale)
        with pyro.plate("rows", rows):
            pyro.sample("y", errors, obs=response)

    return program


def _activate(values: Tensor, settings: Settings) -> Tensor:
    return values.tanh() if settings.activation == "tanh" else values


def _predict(scaling: Scaling, draws: dict[str, Tensor], settings: Settings, origin: Origin) -> Predictive:
    unit = float(scaling.unit(origin.volatility))
    hidden = _activate(scaling.input(origin) @ draws["w"] + draws["b"], settings)
    location = (hidden * draws["o"]).sum(-1) + draws["c"]
    scale: Any = draws["noise_scale"] if settings.noise_scale is None else settings.noise_scale
    df: Any = 2.1 + draws["df_excess"] if settings.noise == "student_t" else np.inf
    return Predictive.of(unit * location.double().numpy(), unit * np.asarray(scale, np.float64), df)


def _average_slope(
    design: Tensor, draws: dict[str, Tensor], settings: Settings
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Mean derivative of the output by each input over the training rows, a row a draw: `(draws, inputs)`."""
    slopes = []
    for w, b, o in zip(draws["w"], draws["b"], draws["o"], strict=True):
        slope = 1 - (design @ w + b).tanh().square() if settings.activation == "tanh" else torch.ones(1, len(o))
        slopes.append(w @ (slope.mean(0) * o))
    return torch.stack(slopes).double().numpy()
