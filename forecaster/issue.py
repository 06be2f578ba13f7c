"""Issues forecasts: one origin, windows -> fit -> predict. The only path, for the daily run and for every replay."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster import market, models
from forecaster.predictive import QUANTILES
from ingest.errors import IncompleteWindowError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from forecaster.predictive import Predictive
    from forecaster.problem import Fitted
    from forecaster.settings import Settings
    from ingest.history import History

HORIZON = 1
CURVE_POINTS = 120
"""Points of a training curve that are kept with a forecast."""


@dataclass(frozen=True, eq=False)
class Trained:
    """A model trained at one origin, ready to forecast from this origin or a later one.

    Attributes:
        model: The forecaster's id.
        fitted: What its training returned; None where it failed.
        failure: Why it failed.
        fitted_at: The origin of the fit.
        series: Series of its windows.
        rows: Training rows.
        notes: Data notes of the training rows.
        findings: What was noteworthy about the data at the fit, JSON-ready, keys `ingest.checks.COLUMNS`.
        config_sha256: Hash of every setting that the forecast depends on.
        seed: Seed of the fit.
    """

    model: str
    fitted: Fitted | None
    failure: str
    fitted_at: pd.Timestamp
    series: tuple[str, ...]
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
        status: ok, unreliable (its own diagnostics failed) or withheld (there is no distribution).
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


def train(view: market.View, names: tuple[str, ...], settings: Settings) -> dict[str, Trained]:
    """Trains each model at the view's origin; one that diverges is kept as a failure, the others go on.

    Raises:
        TooFewRowsError: Fewer whole windows than the minimum.
        ConstantSeriesError: A price that never moves.
    """
    rows = market.training(view)
    days = {name: view.findings[name].map("{:%Y-%m-%d}".format) for name in ("first", "last")}
    findings = tuple(view.findings.assign(**days).to_dict("records"))
    trained = {}
    for name in names:
        own = settings.model(name)
        seed = _seed(settings.forecast.seed, view.symbol, name, view.as_of)
        fitted, failure = None, ""
        try:
            fitted = models.load(name).fit(rows.examples, own, seed)
        except FloatingPointError as fault:
            failure = str(fault)
        trained[name] = Trained(
            model=name,
            fitted=fitted,
            failure=failure,
            fitted_at=view.as_of,
            series=rows.examples.series,
            rows=len(rows.examples.y),
            notes=rows.notes,
            findings=findings,
            config_sha256=config_sha256(settings, name),
            seed=seed,
        )
    return trained


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
    ready = train(view, names, settings) if trained is None else trained
    return tuple(_forecast(view, ready[name]) for name in names)


def _forecast(view: market.View, trained: Trained) -> Forecast:
    status, reason, predictive = "withheld", trained.failure, None
    diagnostics: dict[str, Any] = {"inputs": _inputs(view, trained)}
    if trained.fitted is not None:
        diagnostics.update(_outputs(trained.fitted))
        try:
            predictive = trained.fitted.predict(market.origin(view, trained.series))
            status, reason = ("unreliable" if trained.fitted.reason else "ok"), trained.fitted.reason
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
