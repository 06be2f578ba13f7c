"""Bayesian regression of location and scale on the last seven days and on volatility covariates, by SVI in Pyro.

With s the volatility known at the close, x the window in standard units and z the covariates of volatility,

    change = s (intercept + weights . x) + s noise_scale exp(slopes . z) e,    e two-piece Student-t

so that tomorrow's location is nearly zero, by priors that are sceptical of any day's pull, and its scale follows what
moved volatility before: falls, ranges, quiet and wild spells. Every posterior draw is one component of the forecast, so
that its width carries the doubt about the weights too.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from forecaster.contract import Failed, Fitted, Weights
from forecaster.families import settings as shared
from forecaster.families.settings import TermsSettings
from forecaster.inference import guides

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.contract import Compute, Examples
    from forecaster.families.location_scale import Terms
    from forecaster.families.regression import Regression
    from forecaster.inference.schedule import Schedule
    from forecaster.inference.study import Study
    from forecaster.progress import Tell

LABEL = "Bayesian linear"
SUMMARY = "Bayesian regression of location and scale on window and volatility, skewed Student-t noise, SVI in Pyro"
ASSUMPTIONS = (
    "The log scale of the next change is linear in the covariates of volatility.",
    "Its location is nearly zero: a window of seven days says little about direction, and priors say so.",
    "Errors are two-piece Student-t, with the same shape on all days of the training window.",
)

LATENTS = shared.LATENTS
"""Its latent sites, and what people call what they stand for."""


class Settings(TermsSettings):
    """How the regression is set up, beyond its priors.

    Attributes:
        guide: Family of the posterior.
        steps: Gradient steps; 0 for as many as the guide needs.
        importance: Whether draws are weighed by model over guide, where k-hat allows.
    """

    guide: guides.Name = "full_rank"
    steps: int = Field(0, ge=0)
    importance: bool = False


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains all fits in one Pyro program, each on its own scale."""
    from forecaster.families.location_scale import Terms, prior_of
    from forecaster.families.regression import fit_regressions

    tasks = [Terms.of(rows, settings) for rows in examples]
    found = fit_regressions(
        [(task.design, task.response, task.z) for task in tasks],
        seeds,
        prior_of(settings),
        settings.guide,
        _schedule(settings, settings.guide),
        settings.draws,
        compute,
    )
    return tuple(_fitted(task, posterior) for task, posterior in zip(tasks, found, strict=True))


def _schedule(settings: Settings, guide: str) -> Schedule:
    """As a guide is trained: by the steps that are set, else by as many as it needs; none where nothing is trained."""
    usual = guides.load(guide).SCHEDULE
    steps = usual.steps and (settings.steps or usual.steps)
    return replace(usual, steps=steps, importance=settings.importance)


def study(examples: Examples, settings: Settings) -> Study:
    """One fit laid open."""
    from forecaster.families import location_scale, reference
    from forecaster.families.replicated import conjugate, replicated
    from forecaster.inference.study import Study

    task, prior = location_scale.Terms.of(examples, settings), location_scale.prior_of(settings)
    z = task.z if task.covariates else None
    known = settings.noise == "normal" and prior.known_scale and z is None
    return Study(
        batch=replace(task.regressions(), guide_name=settings.guide),
        guide=settings.guide,
        guides=guides.names(),
        schedule=partial(_schedule, settings),
        latents=task.latents,
        response=task.response.numpy(),
        unit=location_scale.volatility(examples, settings),
        replicate=partial(replicated, design=task.design.numpy(), z=task.z.numpy(), prior=prior),
        program=lambda: reference.model(
            task.design.float(), task.response.float(), prior, None if z is None else z.float()
        ),
        single=True,
        exact=(lambda: conjugate(task.design.numpy(), task.response.numpy(), prior)) if known else None,
    )


def _fitted(task: Terms, posterior: Regression) -> Fitted | Failed:
    import numpy as np

    from forecaster.families.location_scale import doubles

    fit = posterior.fit
    if fit.failure:
        return Failed(fit.failure)
    draws = doubles(fit.draws)
    # In one order of memory: numpy's means follow it, and it differs with the fits that are trained beside this one.
    weights = np.ascontiguousarray(posterior.weights * task.weight_sd).reshape(-1, *task.window)
    return Fitted(
        predict=partial(task.bare.predict, draws),
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
        nuts=partial(_by_nuts, task),
    )


def _by_nuts(task: Terms, seed: int, tell: Tell) -> Fitted:
    """The same posterior, without a guide."""
    from forecaster.families.location_scale import doubles
    from forecaster.inference import nuts

    sampled = nuts.sample(task.regressions(), seed, tell=tell)
    draws = doubles(sampled.draws)
    return Fitted(
        predict=partial(task.bare.predict, draws),
        reason=sampled.reason,
        diagnostics={"divergences": sampled.divergences},
        posterior=task.latents(draws, sampled),
    )
