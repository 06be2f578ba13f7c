"""Three hidden regimes, calm, nervous and panic, that follow each other as a Markov chain: a Bayesian HMM in Pyro.

    k_t | k_{t-1} ~ row k_{t-1} of the transition matrix,    change_t = s (location_k + scale_k e_t)

with s the standard deviation of the training window's changes, e Student-t, and scales in order. Hidden days are summed
out exactly; the posterior is a Laplace approximation whose draws are weighed by model over guide. Each draw is filtered
through the changes known at the origin, and the forecast is the mixture of its regimes as the filter expects them the
next session: nothing in it is smoothed.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from forecaster.contract import Failed, Fitted, ModelSettings
from forecaster.inference import guides
from forecaster.inference.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.contract import Compute, Examples
    from forecaster.families.regimes import Prior
    from forecaster.floats import Floats
    from forecaster.inference.diagnostics import Fit
    from forecaster.progress import Tell

SUMMARY = "three hidden regimes (calm, nervous, panic) with Student-t changes, a Markov chain between them, in Pyro"
ASSUMPTIONS = (
    "Volatility has three levels, calm, nervous and panic, and jumps between them as a Markov chain.",
    "Within a regime changes are Student-t around a constant mean, independent of each other.",
)
BY_DEFAULT = False

LATENTS = {
    "location": "location",
    "log_scale": "log scale",
    "steps": "step to the log scale",
    "df_excess": "degrees of freedom",
    "leave": "log odds of leaving",
    "farther": "log odds of the farther",
}
"""Its latent sites, and what people call what they stand for."""

FEWEST = 30
"""Changes below which nothing is fitted."""


class Settings(ModelSettings):
    """What is believed before the data, in standard deviations of the training window's changes, and the guide.

    Attributes:
        location_scale: Prior standard deviation of each regime's location.
        scale: Prior median of the calm regime's scale.
        step: Prior median of what each next regime adds to the log scale.
        stay: Prior median number of sessions that a regime lasts.
        guide: Family of the posterior.
        steps: Gradient steps; 0 for as many as the guide needs.
        importance: Whether draws are weighed by model over guide, where k-hat allows.
        checks: Draws that the guide is judged by, and weighed draws are chosen from.
        draws: Posterior draws; each gives three components of the forecast.
    """

    location_scale: float = Field(0.1, gt=0)
    scale: float = Field(0.5, gt=0)
    step: float = Field(0.7, gt=0)
    stay: float = Field(50.0, gt=1)
    guide: guides.Name = "laplace"
    steps: int = Field(0, ge=0)
    importance: bool = True
    checks: int = Field(400, ge=50)
    draws: int = Field(100, ge=2)


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains all fits in one Pyro program, each on the changes of its own window."""
    from forecaster.families.regimes import fit_regimes

    usual = guides.load(settings.guide).SCHEDULE
    plan = Schedule(settings.steps or usual.steps, importance=settings.importance, checks=settings.checks)
    plan = plan if usual.steps else replace(plan, steps=0)
    units = [_unit(rows.history) for rows in examples]
    good = [place for place, unit in enumerate(units) if unit]
    scaled = [examples[place].history / units[place] for place in good]
    own = [seeds[place] for place in good]
    found = fit_regimes(scaled, own, _prior(settings), settings.guide, plan, settings.draws, compute)
    fits = dict(zip(good, found, strict=True))
    return tuple(
        _fitted(rows.history / unit, unit, fits[place], settings) if unit else Failed(_too_few(rows.history))
        for place, (rows, unit) in enumerate(zip(examples, units, strict=True))
    )


def _unit(changes: Floats) -> float:
    """Standard deviation of the changes; 0 where nothing can be fitted to them."""
    return float(changes.std()) if changes.size >= FEWEST else 0.0


def _too_few(changes: Floats) -> str:
    return f"only {changes.size} changes to fit to" if changes.size < FEWEST else "the changes never vary"


def _prior(settings: Settings) -> Prior:
    from forecaster.families.regimes import Prior

    return Prior(settings.location_scale, settings.scale, step=settings.step, stay=settings.stay)


def _fitted(changes: Floats, unit: float, posterior: Fit, settings: Settings) -> Fitted | Failed:
    import numpy as np

    from forecaster.families.regime_filter import Filter, latents
    from forecaster.families.regimes import NAMES, scales_of, stays_of

    if posterior.failure:
        return Failed(posterior.failure)
    draws = {name: value.double().contiguous().numpy() for name, value in posterior.draws.items()}
    of, scales, stays = Filter(draws, unit), scales_of(draws), stays_of(draws)
    return Fitted(
        predict=of.predict,
        reason=posterior.reason,
        losses=posterior.losses if settings.steps else np.empty(0),
        diagnostics={
            "elbo": posterior.elbo,
            "elbo_fall": posterior.convergence.fall,
            "k_hat": posterior.k_hat,
            "disagreement": posterior.disagreement,
            **{f"{name}_scale": unit * float(scales[:, i].mean()) for i, name in enumerate(NAMES)},
            **{f"{name}_days": float(np.median(stays[:, i])) for i, name in enumerate(NAMES)},
        },
        posterior=latents(draws, LATENTS, _prior(settings)),
        nuts=partial(_by_nuts, changes, unit, settings),
        figures=of.figures,
    )


def _by_nuts(changes: Floats, unit: float, settings: Settings, seed: int, tell: Tell) -> Fitted:
    """The same posterior, without a guide."""
    from forecaster.families.regime_filter import Filter, latents
    from forecaster.families.regimes import batch_of
    from forecaster.inference import nuts

    prior = _prior(settings)
    sampled = nuts.sample(batch_of([changes], prior), seed, nuts.Plan(compiled=False), tell)
    draws = {name: value.double().contiguous().numpy() for name, value in sampled.draws.items()}
    kept = {name: value[:: max(len(value) // settings.draws, 1)] for name, value in draws.items()}
    return Fitted(
        predict=Filter(kept, unit).predict,
        reason=sampled.reason,
        diagnostics={"divergences": sampled.divergences},
        posterior=latents(draws, LATENTS, prior, sampled),
    )
