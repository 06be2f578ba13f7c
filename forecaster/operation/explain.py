"""Opens a fit: the posterior of its latents, and whether NUTS agrees.

The fit is the daily run's own: the same rows, seed and code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster import models
from forecaster.contract import Failed
from forecaster.errors import ForecasterError
from forecaster.issuing.issue import issue
from forecaster.issuing.training import train
from forecaster.operation.explanation import Comparison, Explanation, Facts
from forecaster.view.view import look

if TYPE_CHECKING:
    import pandas as pd

    from forecaster.contract import Fitted
    from forecaster.issuing.forecast import Forecast
    from forecaster.issuing.training import Trained
    from forecaster.progress import Tell
    from forecaster.settings import Settings
    from ingest.history import History

DEFAULT = "bayesian_linear"
DRAWS = 4000
"""Draws of the guide that a posterior is told from: a mean to 0.02 sd, a contraction to 2 parts in 100."""


def require_posterior(model: str) -> None:
    """Refuses a forecaster that has no latents.

    Raises:
        UnknownNameError: Where there is no such forecaster.
        ForecasterError: Where it has no posterior, with the names of those that have one.
    """
    if not hasattr(models.load(model), "LATENTS"):
        having = [name for name in models.names() if hasattr(models.load(name), "LATENTS")]
        raise ForecasterError(f"{model} has no posterior to explain: choose --model {' or '.join(having)}")


def explain(
    history: History,
    as_of: pd.Timestamp,
    model: str,
    settings: Settings,
    nuts: Tell | None = None,
) -> Explanation:
    """Fits a model at an origin as the daily run does, and opens the fit.

    Args:
        history: Every vintage of the asset; only what was known at `as_of` is looked at.
        as_of: A session of the asset.
        model: A forecaster with a posterior.
        settings: All settings.
        nuts: Where given, the posterior is sampled by NUTS too, and this is told how far it is.

    Raises:
        ForecasterError: Where the model has no posterior, NUTS is asked of one that has no form for it, or its forecast
            is withheld.
        IngestError: Where there is nothing to train on, as in `forecaster.issuing.issue.issue`.
    """
    require_posterior(model)
    view = look(history, as_of, settings.forecast)
    (trained,) = train((view,), (model,), settings)
    (forecast,) = issue(history, as_of, (model,), settings, trained)
    (opened,) = train((view,), (model,), _with_draws(settings, model))
    fitted = opened[model].fitted
    if isinstance(fitted, Failed) or opened[model].stand_in or forecast.predictive is None:
        raise ForecasterError(f"{view.symbol}: {model} has no posterior at {as_of:%Y-%m-%d}: {forecast.reason}")
    sampled = comparison = None
    if nuts is not None:
        if fitted.nuts is None:
            raise ForecasterError(
                f"{model} has no form that NUTS can sample: leave out --nuts, or --model bayesian_linear"
            )
        sampled = fitted.nuts(trained[model].seed, nuts)
        own = forecast.predictive
        there = sampled.predict(trained[model].origin(view)).with_atom(own.atom, own.tick)
        comparison = Comparison(reason=sampled.reason, quantiles=there.quantiles)
    return Explanation(
        facts=_facts(forecast, trained[model], fitted, settings, comparison),
        losses=fitted.losses,
        latents=fitted.posterior,
        nuts=sampled.posterior if sampled else {},
    )


def _with_draws(settings: Settings, model: str) -> Settings:
    """The same settings with more draws: as training ends before they are taken, it is the same fit."""
    own = settings.model(model).model_dump()
    more = {**own, "draws": max(own["draws"], DRAWS)}
    return settings.model_copy(update={"models": {**settings.models, model: more}})


def _facts(
    forecast: Forecast, trained: Trained, fitted: Fitted, settings: Settings, comparison: Comparison | None
) -> Facts:
    assert forecast.predictive is not None  # noqa: S101  # for the type checker: the caller has looked
    return Facts(
        symbol=forecast.symbol,
        model=forecast.model,
        as_of=f"{forecast.as_of:%Y-%m-%d}",
        target=f"{forecast.target:%Y-%m-%d}",
        series=trained.series,
        rows=trained.rows,
        latents=tuple(fitted.posterior),
        status=forecast.status,
        reason=forecast.reason,
        figures=dict(forecast.diagnostics.figures or {}),
        quantiles=forecast.predictive.quantiles,
        settings={
            "forecast": settings.forecast.model_dump(mode="json"),
            "model": settings.model(forecast.model).model_dump(mode="json"),
        },
        seed=forecast.seed,
        config_sha256=forecast.config_sha256,
        data_vintage=forecast.data_vintage,
        code_version=forecast.code_version,
        nuts=comparison,
    )
