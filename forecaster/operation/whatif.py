"""What would the forecast be, had the last session been another? Nothing is recorded.

The models are those that the daily run would train at the origin: on the rows as they were. Only the origin changes:
the scenario's last session passes through the same code as a real one, from levels to changes, volatility, covariates
and windows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from forecaster.contract import Failed
from forecaster.issuing.fitting import raised
from forecaster.issuing.issue import Issuer
from forecaster.issuing.pools import Pools
from forecaster.issuing.swaps import Effects, effects
from forecaster.issuing.training import train
from forecaster.operation.scenario import COLUMNS, hypothetical, level
from forecaster.operation.unusual import Input, inputs
from forecaster.progress import quiet
from forecaster.view.arrays import origin, training
from forecaster.view.view import look

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from forecaster.issuing.forecast import Forecast
    from forecaster.issuing.training import Trained
    from forecaster.operation.scenario import Scenario
    from forecaster.progress import Tell
    from forecaster.settings import Settings
    from forecaster.view.view import View
    from ingest.history import History

DEFAULT = ("bayesian_linear", "garch")
"""Asked where no model is named: one that looks at every input, and the field's usual one, which looks at prices."""


@dataclass(frozen=True)
class Level:
    """A level of the last session.

    Attributes:
        series: Whose.
        before: As it was.
        after: In the scenario.
    """

    series: str
    before: float
    after: float


@dataclass(frozen=True, eq=False)
class Reaction:
    """A model's forecast as it is, and in a scenario.

    Attributes:
        before: As the daily run would issue it.
        after: In the scenario.
        effects: What each input did; None where a forecast is missing, the model is made of others, or it raised.
        fault: What the model raised when an input was exchanged alone, in a line; empty where it did not.
    """

    before: Forecast
    after: Forecast
    effects: Effects | None
    fault: str = ""

    @property
    def reacts(self) -> bool:
        """Whether the distribution changed at all."""
        pair = [made.predictive.to_bytes() if made.predictive else b"" for made in (self.before, self.after)]
        return pair[0] != pair[1]


@dataclass(frozen=True, eq=False)
class Answer:
    """What a scenario does.

    Attributes:
        scenario: It.
        levels: What it changes.
        inputs: The inputs that it changes, each among the training rows.
        reactions: One per model, in the order that was asked for.
    """

    scenario: Scenario
    levels: tuple[Level, ...]
    inputs: tuple[Input, ...]
    reactions: tuple[Reaction, ...]


def whatif(
    history: History,
    as_of: pd.Timestamp,
    scenarios: Sequence[Scenario],
    names: tuple[str, ...],
    settings: Settings,
    tell: Tell = quiet,
) -> tuple[Answer, ...]:
    """Forecasts from a session as it was, and as it would have been in each scenario; models are trained once.

    Args:
        history: Every vintage of the asset; only what was known at `as_of` is looked at.
        as_of: A session of the asset.
        scenarios: What is changed in it.
        names: Forecasters, in order.
        settings: All settings.
        tell: Told how far it is.

    Raises:
        ScenarioError: Where the asset has no such series on that day.
        UnknownNameError: For a forecaster that does not exist.
        IngestError: Where there is nothing to train on, as in `forecaster.issuing.issue.issue`.
    """
    for series in COLUMNS:
        for one in scenarios:
            if series in one.factors:
                level(history, as_of, series)
    view = look(history, as_of, settings.forecast)
    tell("training")
    (trained,) = train((view,), Pools(names, settings).trainees, settings)
    issuer = Issuer(history, names, settings)
    before = issuer.issue(as_of, trained)
    # The track records of pools end with the change of the origin itself, which the scenario may change.
    last = view.calendar.previous(as_of)
    known = {day: scores for day, scores in issuer.record.scores.items() if day < last}
    answers = []
    for done, one in enumerate(scenarios):
        tell(one.name, done, len(scenarios))
        other = hypothetical(history, as_of, one.factors)
        after = Issuer(other, names, settings, known).issue(as_of, trained)
        answers.append(_answer(one, view, look(other, as_of, settings.forecast), trained, (before, after)))
    return tuple(answers)


def _answer(
    scenario: Scenario,
    real: View,
    other: View,
    trained: Mapping[str, Trained],
    made: tuple[tuple[Forecast, ...], tuple[Forecast, ...]],
) -> Answer:
    rows = [view.rows.iloc[-1] for view in (real, other)]
    levels = [Level(name, *(float(row[COLUMNS[name][0]]) for row in rows)) for name in scenario.factors]
    examples = training(real).examples
    pair = (origin(view, examples.series, examples.covariates) for view in (real, other))
    return Answer(
        scenario,
        tuple(levels),
        inputs(examples, *pair),
        tuple(
            Reaction(*both, *_effects(trained.get(both[0].model), real, other, both))
            for both in zip(*made, strict=True)
        ),
    )


def _effects(
    trained: Trained | None, real: View, other: View, made: tuple[Forecast, Forecast]
) -> tuple[Effects | None, str]:
    """What each input did to a model's own forecast, and what it raised in place of that."""
    if trained is None or isinstance(trained.fitted, Failed) or any(one.predictive is None for one in made):
        return None, ""  # a missing forecast has its own reason
    pair, names = (trained.origin(real), trained.origin(other)), (trained.series, trained.covariates)
    before, predict = made[0].predictive, trained.fitted.predict
    still = (before.atom, before.tick) if before else (0.0, 0.0)
    try:
        told = effects(lambda at: predict(at).with_atom(*still), *pair, names, by_draw=trained.fitted.by_draw)
    except Exception as fault:  # a forecaster's own fault must not take the others with it
        return None, raised(trained.model, fault)
    return told, ""
