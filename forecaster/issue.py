"""Issues forecasts: one origin, windows -> fit -> predict. The only path, for the daily run and for every replay."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster import models
from forecaster.attribution import attribution
from forecaster.past import Past
from forecaster.predictive import QUANTILES
from forecaster.problem import Failed
from forecaster.track import Record
from forecaster.training import code_version, config_sha256, seed_of, train
from ingest.errors import IncompleteWindowError, IngestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from forecaster import market
    from forecaster.predictive import Predictive
    from forecaster.problem import Fitted
    from forecaster.settings import Settings
    from forecaster.track import Scores
    from forecaster.training import Trained
    from ingest.history import History

HORIZON = 1
CURVE_POINTS = 120
"""Points of a training curve that are kept with a forecast."""


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
    return Issuer(history, names, settings).issue(as_of, trained, attributed=True)


class Issuer:
    """Issues forecasts of one asset from one day after another; what many days need is computed once.

    Args:
        history: Every vintage of the asset.
        names: Forecasters, in order.
        settings: All settings.
        known: Scores of the track record that were found before, under the same settings.

    Attributes:
        names: The forecasters.
        settings: All settings.
        past: The asset's.
        trainees: What must be trained: the forecasters themselves, and the members of those that are made of others.
        record: The track record of those members, None where there are none.
    """

    def __init__(
        self, history: History, names: tuple[str, ...], settings: Settings, known: Scores | None = None
    ) -> None:
        """Nothing is trained yet; see the class."""
        self.past = Past(history, settings.forecast)
        self.names, self.settings = names, settings
        self._pools = {name: pool for name in names if (pool := models.pool(name)) is not None}
        self._configs = {name: config_sha256(settings, name) for name in self._pools}
        members = pooled(names, settings)
        self.trainees = self._trainees(names)
        self.record = Record(self.past, members, settings, known) if members else None

    def issue(
        self,
        as_of: pd.Timestamp,
        trained: Mapping[str, Trained] | None = None,
        *,
        only: tuple[str, ...] = (),
        attributed: bool = False,
    ) -> tuple[Forecast, ...]:
        """Forecasts the session after `as_of`; see the function of this name.

        Args:
            as_of: A session of the asset.
            trained: Models trained at an earlier origin; trained at `as_of` where None.
            only: Some of the forecasters; all where empty.
            attributed: Whether forecasts tell what moved them.
        """
        view, names = self.past.look(as_of), only or self.names
        trainees = self._trainees(names)
        ready = train([view], trainees, self.settings)[0] if trained is None else trained
        single = self._attributed if attributed else _forecast
        own = {name: single(view, ready[name]) for name in trainees}
        return tuple(own[name] if name in own else self._pooled(name, view, own) for name in names)

    def _trainees(self, names: tuple[str, ...]) -> tuple[str, ...]:
        alone = tuple(name for name in names if name not in self._pools)
        return tuple(dict.fromkeys(alone + pooled(names, self.settings)))

    def trained(self, as_of: pd.Timestamp) -> Mapping[str, Trained]:
        """What the track record has trained at exactly this session, by name."""
        return (self.record.trained(as_of) if self.record is not None else None) or {}

    def missing(self, trained: Mapping[str, Trained]) -> tuple[str, ...]:
        """Those of the trainees that are not among some trained ones."""
        return tuple(name for name in self.trainees if name not in trained)

    def _attributed(self, view: market.View, trained: Trained) -> Forecast:
        """A model's own forecast, with what moved it."""
        made, fitted = _forecast(view, trained), trained.fitted
        if made.predictive is None or isinstance(fitted, Failed) or not fitted.by_draw:
            return made
        try:
            before = trained.origin(self.past.look(view.calendar.previous(view.as_of)))
        except IngestError:
            before = None
        parts = attribution(fitted.predict, trained.covariates, trained.origin(view), before)
        return replace(made, diagnostics={**made.diagnostics, "attribution": parts})

    def _pooled(self, name: str, view: market.View, own: Mapping[str, Forecast]) -> Forecast:
        """A forecast that is made of its members'; those that have none are left out."""
        assert self.record is not None  # noqa: S101  # for the type checker: a pool has members
        members = self.settings.members(name)
        known = {m: p for m in members if (p := own[m].predictive) is not None}
        track, first = self.record.at(view.as_of), own[members[0]]
        diagnostics: dict[str, Any] = {"inputs": first.diagnostics["inputs"]}
        shared = replace(
            first,
            model=name,
            config_sha256=self._configs[name],
            seed=seed_of(self.settings, view.symbol, name, view.as_of),
        )
        if not known:
            return replace(
                shared, reason=f"none of its members has a forecast: {first.reason}", diagnostics=diagnostics
            )
        found = self._pools[name].combine(known, track.of(members), self.settings.model(name))
        diagnostics["figures"] = {key: _number(value) for key, value in found.diagnostics.items()}
        diagnostics["pool"] = {member: _number(weight) for member, weight in found.weights.items()}
        return replace(shared, status="ok", reason="", predictive=found.predictive, diagnostics=diagnostics)


def pooled(names: tuple[str, ...], settings: Settings) -> tuple[str, ...]:
    """The forecasters that others among the names are made of."""
    return tuple(dict.fromkeys(member for name in names for member in settings.members(name)))


def _forecast(view: market.View, trained: Trained) -> Forecast:
    fitted, status, predictive = trained.fitted, "withheld", None
    reason = fitted.reason
    diagnostics: dict[str, Any] = {"inputs": _inputs(view, trained)}
    if trained.stand_in:
        diagnostics["stand_in"] = trained.stand_in
    if not isinstance(fitted, Failed):
        diagnostics.update(_outputs(fitted))
        try:
            predictive = trained.predict(view)
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
        code_version=code_version(),
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
