"""Issues forecasts: one origin, windows -> fit -> predict. The only path, for the daily run and for every replay."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster import market, models
from forecaster.predictive import QUANTILES
from forecaster.problem import Failed
from ingest.errors import IncompleteWindowError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from forecaster.predictive import Predictive
    from forecaster.problem import Examples, Fitted
    from forecaster.settings import Settings
    from ingest.history import History

HORIZON = 1
CURVE_POINTS = 120
"""Points of a training curve that are kept with a forecast."""

STAND_IN = "climatology"
"""The model whose distribution takes the place of a fit that failed: it has nothing that could fail."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A model trained at one origin, ready to forecast from this origin or a later one.

    Attributes:
        model: The forecaster's id.
        fitted: What its training returned; where it failed, the fit that stands in for it, if there is one.
        stand_in: Id of the model that stands in, empty where the fit is its own.
        fitted_at: The origin of the fit.
        series: Series of its windows.
        covariates: Covariates of its log scale.
        rows: Training rows.
        notes: Data notes of the training rows.
        findings: What was noteworthy about the data at the fit, JSON-ready, keys `ingest.checks.COLUMNS`.
        config_sha256: Hash of every setting that the forecast depends on.
        seed: Seed of the fit.
    """

    model: str
    fitted: Fitted | Failed
    stand_in: str
    fitted_at: pd.Timestamp
    series: tuple[str, ...]
    covariates: tuple[str, ...]
    rows: int
    notes: tuple[str, ...]
    findings: tuple[Any, ...]
    config_sha256: str
    seed: int


@dataclass(frozen=True, eq=False)
class Forecast:
    """One forecast, as the ledger keeps it.

    Attributes:
        symbol: The asset.
        model: The forecaster's id.
        as_of: Last session whose data were used.
        horizon: Sessions ahead, 1.
        target: The session that is forecast.
        status: ok, unreliable (its own diagnostics failed, or another model stands in) or withheld (there is no
            distribution).
        reason: Why it is not ok.
        predictive: The distribution of the change, None where withheld.
        diagnostics: JSON-ready facts of the fit and its inputs.
        data_vintage: Hash of the rows known at `as_of`.
        config_sha256: Hash of the settings used.
        seed: Seed of the fit.
        code_version: Version of this program.
    """

    symbol: str
    model: str
    as_of: pd.Timestamp
    horizon: int
    target: pd.Timestamp
    status: str
    reason: str
    predictive: Predictive | None
    diagnostics: Mapping[str, Any]
    data_vintage: str
    config_sha256: str
    seed: int
    code_version: str

    def summary(self) -> dict[str, float | None]:
        """`mean, sd, prob_up` and the quantiles `q01` to `q99`; None where withheld."""
        if self.predictive is None:
            return dict.fromkeys(("mean", "sd", "prob_up", *QUANTILES))
        known = self.predictive
        return {"mean": known.mean, "sd": known.sd, "prob_up": known.prob_up, **known.quantiles}


def train(views: Sequence[market.View], names: Sequence[str], settings: Settings) -> tuple[dict[str, Trained], ...]:
    """Trains each model at the origins of some views of one asset, all origins at once.

    Where a fit fails, climatology fitted on the same rows stands in for it, labelled; the others go on.

    Returns:
        The trained models by name, a mapping a view, in order. A fit depends on its own view alone, up to rounding.

    Raises:
        TooFewRowsError: Fewer whole windows than the minimum, at any of the origins.
        ConstantSeriesError: A price that never moves.
    """
    rows = [market.training(view) for view in views]
    findings = [_findings(view) for view in views]
    trained: tuple[dict[str, Trained], ...] = tuple({} for _ in views)
    for name in names:
        seeds = [_seed(settings.forecast.seed, view.symbol, name, view.as_of) for view in views]
        fits = _fits(name, [known.examples for known in rows], settings, seeds)
        sha256 = config_sha256(settings, name)
        for i, view in enumerate(views):
            fitted, stand_in = _stood_in(name, fits[i], rows[i].examples, settings)
            trained[i][name] = Trained(
                model=name,
                fitted=fitted,
                stand_in=stand_in,
                fitted_at=view.as_of,
                series=rows[i].examples.series,
                covariates=rows[i].examples.covariates,
                rows=len(rows[i].examples.y),
                notes=rows[i].notes,
                findings=findings[i],
                config_sha256=sha256,
                seed=seeds[i],
            )
    return trained


def _fits(name: str, examples: Sequence[Examples], settings: Settings, seeds: Sequence[int]) -> list[Fitted | Failed]:
    """A fit of the model to each of the examples, in order; those of the same columns are trained together."""
    own, compute = settings.model(name), settings.compute.chosen()
    found: dict[int, Fitted | Failed] = {}
    for columns in dict.fromkeys((rows.series, rows.covariates) for rows in examples):
        alike = [i for i, rows in enumerate(examples) if (rows.series, rows.covariates) == columns]
        fits = models.load(name).fit([examples[i] for i in alike], own, [seeds[i] for i in alike], compute)
        found.update(zip(alike, fits, strict=True))
    return [found[i] for i in range(len(examples))]


def _stood_in(
    name: str, fitted: Fitted | Failed, examples: Examples, settings: Settings
) -> tuple[Fitted | Failed, str]:
    """The fit, or where it failed the one that stands in for it and the name of its model."""
    if not isinstance(fitted, Failed) or name == STAND_IN:
        return fitted, ""
    (other,) = _fits(STAND_IN, [examples], settings, [0])  # it draws no random numbers
    if isinstance(other, Failed):
        return fitted, ""
    return replace(other, reason=f"{fitted.reason}; {STAND_IN}'s distribution stands in"), STAND_IN


def _findings(view: market.View) -> tuple[Any, ...]:
    days = {name: view.findings[name].map("{:%Y-%m-%d}".format) for name in ("first", "last")}
    return tuple(view.findings.assign(**days).to_dict("records"))


def issue(
    history: History,
    as_of: pd.Timestamp,
    names: tuple[str, ...],
    settings: Settings,
    trained: Mapping[str, Trained] | None = None,
) -> tuple[Forecast, ...]:
    """Forecasts the session after `as_of` with each model.

    Args:
        history: Every vintage of the asset; only what was known at `as_of` is looked at.
        as_of: A session of the asset.
        names: Forecasters, in order.
        settings: All settings.
        trained: Models trained at an earlier origin; trained at `as_of` where None.

    Raises:
        AsOfError: Where the data do not cover `as_of`.
        TooFewRowsError: Fewer whole windows than the minimum.
        ConstantSeriesError: A price that never moves.
        IncompleteWindowError: Where today's window has a hole.
    """
    view = market.look(history, as_of, settings.forecast)
    ready = train([view], names, settings)[0] if trained is None else trained
    return tuple(_forecast(view, ready[name]) for name in names)


def _forecast(view: market.View, trained: Trained) -> Forecast:
    fitted, status, predictive = trained.fitted, "withheld", None
    reason = fitted.reason
    diagnostics: dict[str, Any] = {"inputs": _inputs(view, trained)}
    if trained.stand_in:
        diagnostics["stand_in"] = trained.stand_in
    if not isinstance(fitted, Failed):
        diagnostics.update(_outputs(fitted))
        try:
            predictive = fitted.predict(market.origin(view, trained.series, trained.covariates))
            status = "unreliable" if reason else "ok"
        except IncompleteWindowError as fault:
            reason = str(fault)
        except ValueError as fault:
            reason = f"the fit gives no usable distribution: {fault}"
    return Forecast(
        symbol=view.symbol,
        model=trained.model,
        as_of=view.as_of,
        horizon=HORIZON,
        target=view.target,
        status=status,
        reason=reason,
        predictive=predictive,
        diagnostics=diagnostics,
        data_vintage=view.data_vintage,
        config_sha256=trained.config_sha256,
        seed=trained.seed,
        code_version=_code_version(),
    )


def _inputs(view: market.View, trained: Trained) -> dict[str, Any]:
    window = view.changes[list(trained.series)].iloc[-7:]
    asset = view.history.asset
    return {
        "asset": {
            "calendar": asset.calendar,
            "source": asset.source,
            "simulated": asset.simulated,
            "attention_kind": asset.attention_kind,
            "target_close": view.calendar.close(view.target).isoformat(),
        },
        "close": view.close,
        "volatility": _number(view.volatility.iloc[-1]),
        "series": list(trained.series),
        "sessions": [f"{day:%Y-%m-%d}" for day in window.index],
        "window": [[_number(v) for v in row] for row in window.to_numpy().tolist()],
        "fitted_at": f"{trained.fitted_at:%Y-%m-%d}",
        "rows": trained.rows,
        "notes": list(trained.notes),
        "findings": list(trained.findings),
    }


def _outputs(fitted: Fitted) -> dict[str, Any]:
    steps = fitted.losses.size
    kept = sorted({int(i) for i in np.linspace(0, steps - 1, min(steps, CURVE_POINTS))})
    facts: dict[str, Any] = {
        "elbo": [[i + 1, _number(fitted.losses[i])] for i in kept],
        "figures": {name: _number(value) for name, value in fitted.diagnostics.items()},
    }
    if fitted.weights is not None:
        facts["weights"] = {
            "mean": [[_number(v) for v in row] for row in fitted.weights.mean.tolist()],
            "sd": [[_number(v) for v in row] for row in fitted.weights.sd.tolist()],
        }
    return facts


def _number(value: float) -> float | None:
    """A JSON number, nothing where it is not finite."""
    return float(value) if np.isfinite(value) else None


@cache
def _code_version() -> str:
    return version("forecaster")


def _seed(base: int, symbol: str, model: str, as_of: pd.Timestamp) -> int:
    digest = hashlib.sha256(f"{base}|{symbol}|{model}|{as_of:%Y-%m-%d}".encode()).digest()
    return int.from_bytes(digest[:4], "big")


def config_sha256(settings: Settings, model: str) -> str:
    """Hash of every setting that a model's forecasts depend on."""
    used = settings.forecast.model_dump(mode="json", exclude={"models", "preset", "seed"})
    own = settings.model(model).model_dump(mode="json")
    return hashlib.sha256(json.dumps([model, used, own], sort_keys=True).encode()).hexdigest()
