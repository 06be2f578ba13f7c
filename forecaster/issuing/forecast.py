"""One forecast, as it is issued, recorded, replayed and scored."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from forecaster.contract import Failed
from forecaster.distribution.predictive import QUANTILES
from forecaster.issuing.attribution import attribution
from forecaster.issuing.diagnostics import AssetFacts, Diagnostics, Effects, Inputs
from forecaster.issuing.provenance import code_version
from forecaster.json_numbers import number
from forecaster.view.arrays import places, table
from forecaster.view.notes import of_companions
from ingest.errors import IngestError
from ingest.windows import LENGTH

if TYPE_CHECKING:
    import pandas as pd

    from forecaster.contract import Fitted
    from forecaster.distribution.predictive import Predictive
    from forecaster.floats import Floats
    from forecaster.issuing.diagnostics import Rows
    from forecaster.issuing.training import Trained
    from forecaster.issuing.unlike import Unlike
    from forecaster.view.past import Past
    from forecaster.view.view import View


HORIZON = 1


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
        diagnostics: What it says of itself and of its inputs.
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
    diagnostics: Diagnostics
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


CURVE_POINTS = 120
"""Points of a training curve that are kept with a forecast."""


def forecast(view: View, trained: Trained, novelty: Unlike | None = None) -> Forecast:
    """The forecast of a trained model from a day, which may be unlike its past."""
    predictive, reason = trained.predicted(view)
    told = Diagnostics(_inputs(view, trained), trained.stand_in or None, novelty=novelty)
    return Forecast(
        symbol=view.symbol,
        model=trained.model,
        as_of=view.as_of,
        horizon=HORIZON,
        target=view.target,
        status="withheld" if predictive is None else "unreliable" if reason else "ok",
        reason=reason,
        predictive=predictive,
        diagnostics=told if isinstance(trained.fitted, Failed) else _with_fit(told, trained.fitted),
        data_vintage=view.data_vintage,
        config_sha256=trained.config_sha256,
        seed=trained.seed,
        code_version=code_version(),
    )


def attributed(made: Forecast, past: Past, view: View, trained: Trained) -> Forecast:
    """A model's own forecast, with what it says of its day, and what moved it; see `forecaster.issuing.attribution`."""
    fitted = trained.fitted
    if made.predictive is None or isinstance(fitted, Failed):
        return made
    made = _with_day(made, view, trained)
    if not fitted.by_draw:
        return made
    try:
        before = trained.origin(past.look(view.calendar.previous(view.as_of)))
    except IngestError:
        before = None
    parts = attribution(fitted.predict, trained.covariates, trained.origin(view), before)
    return replace(made, diagnostics=replace(made.diagnostics, attribution=parts))


def _with_day(made: Forecast, view: View, trained: Trained) -> Forecast:
    """The same with the figures of its day, where the fit has such."""
    own, fault = trained.figures(view)
    if fault:
        return replace(made, status="unreliable", reason=made.reason or fault)
    told = {name: number(value) for name, value in own.items()}
    figures = {**(made.diagnostics.figures or {}), **told} if told else made.diagnostics.figures
    return replace(made, diagnostics=replace(made.diagnostics, figures=figures))


def _inputs(view: View, trained: Trained) -> Inputs:
    return replace(
        view.once(("inputs", trained.series), lambda: _known(view, trained.series)),
        fitted_at=f"{trained.fitted_at:%Y-%m-%d}",
        rows=trained.rows,
        notes=(*trained.notes, *of_companions(view)),
        findings=trained.findings,
    )


def _known(view: View, series: tuple[str, ...]) -> Inputs:
    """Asset, price, volatility and the window of these series: the same whichever model is asked."""
    asset = view.history.asset
    window = table(view, "changes")[-LENGTH:, places(view, "changes", series)].tolist()
    return Inputs(
        asset=AssetFacts(
            calendar=asset.calendar,
            source=asset.source,
            simulated=asset.simulated,
            attention_kind=asset.attention_kind,
            target_close=view.calendar.close(view.target).isoformat(),
        ),
        close=view.close,
        volatility=number(table(view, "known")[-1, places(view, "known", ("volatility",))][0]),
        series=series,
        sessions=tuple(np.datetime_as_string(view.changes.index[-LENGTH:].to_numpy(), "D").tolist()),
        window=tuple(tuple(number(v) for v in row) for row in window),
        beside=view.beside,
    )


def _with_fit(told: Diagnostics, fitted: Fitted) -> Diagnostics:
    """What a fit says of itself, beside what is told already."""
    own = _of_fit(fitted)
    return replace(told, elbo=own.elbo, figures=own.figures, weights=own.weights)


@lru_cache(maxsize=16)  # many days in a row are forecast from one fit of each model
def _of_fit(fitted: Fitted) -> Diagnostics:
    steps, effects = fitted.losses.size, fitted.weights
    kept = sorted({int(i) for i in np.linspace(0, steps - 1, min(steps, CURVE_POINTS))})
    return Diagnostics(
        elbo=tuple((i + 1, number(fitted.losses[i])) for i in kept),
        figures={name: number(value) for name, value in fitted.diagnostics.items()},
        weights=None if effects is None else Effects(_rows(effects.mean), _rows(effects.sd)),
    )


def _rows(values: Floats) -> Rows:
    return tuple(tuple(number(v) for v in row) for row in values.tolist())
