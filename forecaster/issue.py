"""Issues forecasts: one origin, windows -> fit -> predict. The only path, for the daily run and for every replay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.attribution import attribution
from forecaster.forecast import HORIZON, Forecast, number
from forecaster.past import Past
from forecaster.pooling import Pools
from forecaster.problem import Failed
from forecaster.track import Record
from forecaster.training import code_version, train
from ingest.errors import IngestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from forecaster import market
    from forecaster.problem import Fitted
    from forecaster.settings import Settings
    from forecaster.track import Scores
    from forecaster.training import Trained
    from ingest.history import History

CURVE_POINTS = 120
"""Points of a training curve that are kept with a forecast."""


def issue(
    history: History,
    as_of: pd.Timestamp,
    names: tuple[str, ...],
    settings: Settings,
    trained: Mapping[str, Trained] | None = None,
) -> tuple[Forecast, ...]:
    """Forecasts the session after `as_of` with each model: one day of an `Issuer`.

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
    return Issuer(history, names, settings).issue(as_of, trained)


class Issuer:
    """Issues forecasts of one asset from one day after another; what many days need is computed once.

    Args:
        history: Every vintage of the asset.
        names: Forecasters, in order.
        settings: All settings.
        known: Scores of the track record that were found before, under the same settings.

    Attributes:
        past: The asset's.
        record: The track record of the forecasters that others are made of.
    """

    def __init__(
        self, history: History, names: tuple[str, ...], settings: Settings, known: Scores | None = None
    ) -> None:
        """Nothing is trained yet; see the class."""
        self.past = Past(history, settings.forecast)
        self._names, self._settings = names, settings
        self.record = Record(self.past, Pools(names, settings).members, settings, known)

    def issue(
        self,
        as_of: pd.Timestamp,
        trained: Mapping[str, Trained] | None = None,
        *,
        only: tuple[str, ...] = (),
    ) -> tuple[Forecast, ...]:
        """Forecasts the session after `as_of`; see the function of this name.

        Args:
            as_of: A session of the asset.
            trained: Models trained at an earlier origin; trained at `as_of` where None.
            only: Some of the forecasters; all where empty.
        """
        view, names = self.past.look(as_of), only or self._names
        pools = Pools(names, self._settings)
        ready = train([view], pools.trainees, self._settings)[0] if trained is None else trained
        own = {name: self._attributed(view, ready[name]) for name in pools.trainees}
        track = self.record.at(as_of) if pools.names else None
        return tuple(own[name] if track is None or name in own else pools.forecast(name, own, track) for name in names)

    def _attributed(self, view: market.View, trained: Trained) -> Forecast:
        """A model's own forecast, with what moved it."""
        made, fitted = forecast(view, trained), trained.fitted
        if made.predictive is None or isinstance(fitted, Failed) or not fitted.by_draw:
            return made
        try:
            before = trained.origin(self.past.look(view.calendar.previous(view.as_of)))
        except IngestError:
            before = None
        parts = attribution(fitted.predict, trained.covariates, trained.origin(view), before)
        return replace(made, diagnostics={**made.diagnostics, "attribution": parts})


def forecast(view: market.View, trained: Trained) -> Forecast:
    """The forecast of a trained model from a day."""
    predictive, reason = trained.predicted(view)
    diagnostics: dict[str, Any] = {"inputs": _inputs(view, trained)}
    if trained.stand_in:
        diagnostics["stand_in"] = trained.stand_in
    if not isinstance(trained.fitted, Failed):
        diagnostics.update(_outputs(trained.fitted))
    return Forecast(
        symbol=view.symbol,
        model=trained.model,
        as_of=view.as_of,
        horizon=HORIZON,
        target=view.target,
        status="withheld" if predictive is None else "unreliable" if reason else "ok",
        reason=reason,
        predictive=predictive,
        diagnostics=diagnostics,
        data_vintage=view.data_vintage,
        config_sha256=trained.config_sha256,
        seed=trained.seed,
        code_version=code_version(),
    )


def _inputs(view: market.View, trained: Trained) -> dict[str, Any]:
    return {
        **view.facts(trained.series),
        "fitted_at": f"{trained.fitted_at:%Y-%m-%d}",
        "rows": trained.rows,
        "notes": list(trained.notes),
        "findings": list(trained.findings),
    }


def _outputs(fitted: Fitted) -> dict[str, Any]:
    steps = fitted.losses.size
    kept = sorted({int(i) for i in np.linspace(0, steps - 1, min(steps, CURVE_POINTS))})
    facts: dict[str, Any] = {
        "elbo": [[i + 1, number(fitted.losses[i])] for i in kept],
        "figures": {name: number(value) for name, value in fitted.diagnostics.items()},
    }
    if fitted.weights is not None:
        facts["weights"] = {
            "mean": [[number(v) for v in row] for row in fitted.weights.mean.tolist()],
            "sd": [[number(v) for v in row] for row in fitted.weights.sd.tolist()],
        }
    return facts
