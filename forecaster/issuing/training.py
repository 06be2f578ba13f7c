"""Trains forecasters at origins: what each model learnt, from what, and how it is asked later."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from forecaster.contract import INSTEAD, Failed
from forecaster.issuing.fitting import Request, answer, answers, raised
from forecaster.issuing.provenance import config_sha256, seed_of
from forecaster.view.arrays import Training, origin, training
from forecaster.view.atoms import atom_and_tick
from forecaster.view.view import View
from ingest.errors import IncompleteWindowError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from forecaster.contract import Examples, Fitted, Origin
    from forecaster.distribution.predictive import Predictive
    from forecaster.issuing.fitting import Ask
    from forecaster.settings import Settings

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

    def predicted(self, view: View) -> tuple[Predictive | None, str]:
        """The distribution of the change after the view's day, or none and why.

        The model's is that of a change that moves; atom and tick are the asset's, whichever model is asked.
        """
        if isinstance(self.fitted, Failed):
            return None, self.fitted.reason
        try:
            return self.fitted.predict(self.origin(view)).with_atom(*atom_and_tick(view)), self.fitted.reason
        except IncompleteWindowError as fault:
            return None, str(fault)
        except ValueError as fault:
            return None, f"the fit gives no usable distribution: {fault}"
        except Exception as fault:  # a forecaster's own fault must not take the others with it
            return None, raised(self.model, fault)

    def figures(self, view: View) -> tuple[Mapping[str, float], str]:
        """What the fit says of the view's day by name, and what it raised in place of that."""
        if isinstance(self.fitted, Failed) or self.fitted.figures is None:
            return {}, ""
        try:
            return self.fitted.figures(self.origin(view)), ""
        except Exception as fault:  # a forecaster's own fault must not take the others with it
            return {}, raised(self.model, fault)

    def origin(self, view: View) -> Origin:
        """What it looks at on a view's day.

        Raises:
            IncompleteWindowError: Where today's window has a hole.
        """
        return origin(view, self.series, self.covariates)


def train(
    views: Sequence[View], names: Sequence[str], settings: Settings, ask: Ask = answers
) -> tuple[dict[str, Trained], ...]:
    """Trains each model at the origins of some views, of one asset or of many, all origins at once.

    Where a fit fails, climatology fitted on the same rows stands in for it, labelled; the others go on. Where a model
    raises instead, it has no forecast from that origin.

    Args:
        views: The origins.
        names: The models.
        settings: All settings.
        ask: Who trains.

    Returns:
        The trained models by name, a mapping a view, in order. A fit depends on its own view alone, to the byte.

    Raises:
        TooFewRowsError: Fewer whole windows than the minimum, at any of the origins.
        ConstantSeriesError: A price that never moves.
    """
    return train_each([(view, tuple(names)) for view in views], settings, ask)


def train_each(
    wanted: Sequence[tuple[View, tuple[str, ...]]], settings: Settings, ask: Ask = answers
) -> tuple[dict[str, Trained], ...]:
    """Trains at each origin the models that are wanted there; see `train`."""
    rows = [training(view) for view, _ in wanted]
    findings = [_findings(view) for view, _ in wanted]
    trained: tuple[dict[str, Trained], ...] = tuple({} for _ in wanted)
    places = {name: [i for i, (_, own) in enumerate(wanted) if name in own] for _, own in wanted for name in own}
    seeds = {
        (name, i): seed_of(settings, wanted[i][0].symbol, name, wanted[i][0].as_of)
        for name in places
        for i in places[name]
    }
    asked = [(name, alike) for name in places for alike in _alike(rows, places[name])]
    requests = [
        Request(
            name,
            settings.model(name),
            tuple(rows[i].examples for i in alike),
            tuple(seeds[name, i] for i in alike),
            settings.compute.chosen(),
        )
        for name, alike in asked
    ]
    found = {
        (name, i): fit
        for (name, alike), fits in zip(asked, ask(requests), strict=True)
        for i, fit in zip(alike, fits, strict=True)
    }
    sha256 = {name: config_sha256(settings, name) for name in places}
    for i, (view, names) in enumerate(wanted):
        for name in names:
            fitted, stand_in = _stood_in(name, found[name, i], rows[i].examples, settings)
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
                config_sha256=sha256[name],
                seed=seeds[name, i],
            )
    return trained


def _alike(rows: Sequence[Training], places: Sequence[int]) -> list[list[int]]:
    """Those of the places whose rows have the same columns, together: they are trained in one go."""
    columns = [(rows[i].examples.series, rows[i].examples.covariates) for i in places]
    return [[i for i, own in zip(places, columns, strict=True) if own == one] for one in dict.fromkeys(columns)]


def _stood_in(
    name: str, fitted: Fitted | Failed, examples: Examples, settings: Settings
) -> tuple[Fitted | Failed, str]:
    """The fit, or where it failed the one that stands in for it and the name of its model."""
    if not isinstance(fitted, Failed) or fitted.raised or name == STAND_IN:
        return fitted, ""
    request = Request(STAND_IN, settings.model(STAND_IN), (examples,), (0,), settings.compute.chosen())
    (other,) = answer(request)  # it draws no random numbers
    if isinstance(other, Failed):
        return fitted, ""
    return replace(other, reason=f"{fitted.reason}; {STAND_IN}{INSTEAD}"), STAND_IN


def untrained(view: View, names: Sequence[str], settings: Settings, reason: str) -> dict[str, Trained]:
    """What stands where there is not enough to learn from: models without a forecast, and why."""
    return {
        name: Trained(
            model=name,
            fitted=Failed(reason),
            stand_in="",
            fitted_at=view.as_of,
            series=("price",),
            covariates=(),
            rows=0,
            notes=(),
            findings=(),
            config_sha256=config_sha256(settings, name),
            seed=seed_of(settings, view.symbol, name, view.as_of),
        )
        for name in names
    }


def _findings(view: View) -> tuple[Any, ...]:
    return tuple(
        {**asdict(one), "first": f"{one.first:%Y-%m-%d}", "last": f"{one.last:%Y-%m-%d}"} for one in view.findings
    )
