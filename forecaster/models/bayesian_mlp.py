"""Bayesian regression of location and scale with a hidden layer beside it, trained by SVI in Pyro on minibatches.

With s the volatility known at the close, x the window in standard units, z the covariates of volatility and hidden
units h = tanh(W x + b),

    change = s (intercept + weights . x + o1 . h) + s noise_scale exp(slopes . z + o2 . h) e,    e two-piece Student-t

The linear part is that of `bayesian_linear`, under the same priors; what the hidden units add, to the location and to
the log scale of each day, is believed to be small. The units see the window alone: the covariates sum up a longer past
already, and each further input would take from the others' share of a unit.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from forecaster.contract import Failed, Fitted, Weights
from forecaster.families import settings as shared
from forecaster.families.settings import LAYERS, Activation, TermsSettings
from forecaster.inference import guides
from forecaster.inference.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.random import Generator
    from torch import Tensor

    from forecaster.contract import Compute, Examples, Origin
    from forecaster.distribution.predictive import Predictive
    from forecaster.families.location_scale import Terms
    from forecaster.families.network import Prior
    from forecaster.floats import Floats
    from forecaster.inference.diagnostics import Fit
    from forecaster.inference.study import Study


LABEL = "Bayesian MLP"
SUMMARY = "Bayesian regression of location and scale with 25 hidden units, skewed Student-t noise, SVI in Pyro"
ASSUMPTIONS = (
    "As for bayesian_linear, and what is not linear in the window is smooth and small.",
    "Independent normals stand for the posterior: they never cover the weights, and the forecast alone is checked.",
)

LATENTS = shared.LATENTS
"""Its latent sites but those of the hidden units, whose order and signs mean nothing."""


DAILY = Schedule(steps=600, learning_rate=0.03, particles=1, minibatch=128, checks=200)
"""Half the steps that a network takes where much is to be learnt: on daily changes more do not pay."""


class Settings(TermsSettings):
    """How the network is set up, beyond the priors of its linear terms.

    Attributes:
        hidden: Hidden units.
        activation: `tanh`, or `linear` as in the original study.
        skip: Whether the window moves the location without the hidden units too.
        hidden_weight_scale: Prior standard deviation of what the hidden units together add to the location.
        hidden_slope_scale: The same for the log scale; nothing without `covariates`.
        guide: Family of the posterior.
        steps: Gradient steps.
        minibatch: Rows that a gradient step looks at; 0 for all.
    """

    hidden: int = Field(25, ge=1)
    activation: Activation = "tanh"
    skip: bool = True
    hidden_weight_scale: float = Field(0.03, gt=0)
    hidden_slope_scale: float = Field(0.1, gt=0)
    guide: guides.StartingName = "mean_field"
    steps: int = Field(DAILY.steps, ge=20)
    minibatch: int = Field(DAILY.minibatch, ge=0)


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains each on rows known at its own origin; all have the same series and covariates."""
    from forecaster.families.location_scale import Terms
    from forecaster.families.network import fit_networks

    tasks = [Terms.of(rows, settings) for rows in examples]
    fits = fit_networks(
        [_rows(task, settings) for task in tasks],
        seeds,
        _prior(settings),
        settings.guide,
        _schedule(settings),
        settings.draws,
        compute,
    )
    return tuple(_fitted(task, posterior, settings) for task, posterior in zip(tasks, fits, strict=True))


def _rows(task: Terms, settings: Settings) -> tuple[Tensor, ...]:
    """Inputs, response, what skips the hidden units, covariates."""
    past = slice(None if settings.skip else 0)
    return task.inputs, task.response, task.design[:, past], task.z


def _prior(settings: Settings) -> Prior:
    from forecaster.families.location_scale import prior_of
    from forecaster.families.network import Prior

    scales = (settings.hidden_weight_scale, settings.hidden_slope_scale)
    return Prior(settings.hidden, settings.activation, scales[: 1 + settings.covariates], prior_of(settings))


def _schedule(settings: Settings) -> Schedule:
    return replace(DAILY, steps=settings.steps, minibatch=settings.minibatch)


def study(examples: Examples, settings: Settings) -> Study:
    """One fit laid open."""
    from forecaster.families import location_scale, reference
    from forecaster.families.network import Networks
    from forecaster.families.replicated import replicated
    from forecaster.inference.study import Study

    task = location_scale.Terms.of(examples, settings)
    rows, prior = _rows(task, settings), _prior(settings)

    def replicate(draws: Mapping[str, Floats], rng: Generator) -> Floats:
        added = _added(task.inputs.numpy(), draws, settings.activation)
        return replicated(draws, rng, rows[2].numpy(), rows[3].numpy(), prior.linear, (added[0], added[1]))

    x, y, *others = rows
    return Study(
        batch=Networks.of([(x.double(), y, *others)], prior, settings.guide),
        guide=settings.guide,
        guides=guides.starting(),
        schedule=lambda _: _schedule(settings),
        latents=task.latents,
        response=task.response.numpy(),
        unit=location_scale.volatility(examples, settings),
        replicate=replicate,
        program=lambda: reference.network([part.float() for part in rows], prior),
    )


def _fitted(task: Terms, posterior: Fit, settings: Settings) -> Fitted | Failed:
    import numpy as np

    from forecaster.families.location_scale import doubles

    if posterior.failure:
        return Failed(posterior.failure)
    draws = doubles(posterior.draws)
    # In one order of memory: numpy's means follow it, and it differs with the fits that are trained beside this one.
    effect = np.ascontiguousarray(_average_slope(task, draws, settings.activation)).reshape(-1, *task.window)
    return Fitted(
        predict=partial(_predict, task.bare, draws, settings.activation),
        reason=posterior.reason,
        by_draw=True,
        losses=posterior.losses,
        weights=Weights(effect.mean(0), effect.std(0, ddof=1)),
        diagnostics={
            "noise_scale": settings.noise_scale or float(draws["noise_scale"].mean()),
            "elbo_fall": posterior.convergence.fall,
            "k_hat": posterior.k_hat,
            "disagreement": posterior.disagreement,
        },
        posterior=task.latents(draws),
        layers=dict(zip(LAYERS, (draws["w"], draws["b"], draws["o"][:, 0], draws["intercept"]), strict=True)),
    )


def _predict(task: Terms, draws: Mapping[str, Floats], activation: Activation, origin: Origin) -> Predictive:
    return task.predict(draws, origin, _added(task.input_of(origin)[None], draws, activation)[..., 0])


def _added(inputs: Floats, draws: Mapping[str, Floats], activation: Activation) -> Floats:
    """What hidden units add to location and log scale at rows of inputs `(rows, inputs)`: `(2, draws, rows)`."""
    import numpy as np

    hidden = inputs @ draws["w"] + draws["b"][:, None]
    if activation == "tanh":
        hidden = np.tanh(hidden)
    added = np.zeros((2, *hidden.shape[:2]))
    added[: draws["o"].shape[1]] = (draws["o"] @ hidden.transpose(0, 2, 1)).transpose(1, 0, 2)
    return added


def _average_slope(task: Terms, draws: Mapping[str, Floats], activation: Activation) -> Floats:
    """Mean derivative of the location by each input over the training rows, one row per draw: `(draws, inputs)`."""
    import torch

    w, outer = torch.tensor(draws["w"]).float(), torch.tensor(draws["o"][:, 0]).float()
    if activation == "tanh":
        units = torch.addmm(
            torch.tensor(2 * draws["b"]).float().flatten(), task.inputs.float(), w.permute(1, 0, 2).flatten(1), alpha=2
        )
        # tanh' z = 4 s (1 - s) of s = sigmoid 2z, which torch computes in a fifth of the time.
        units = units.sigmoid_()
        outer = outer * 4 * torch.addcmul(units, units, units, value=-1).mean(0).reshape(outer.shape)
    through: Floats = (w @ outer[..., None]).squeeze(-1).double().numpy()
    return through + draws["weights"] * task.weight_sd if "weights" in draws else through
