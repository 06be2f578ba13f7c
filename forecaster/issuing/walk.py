"""A walk over legs: models are trained, and each of their days is forecast, and scored where a record wants it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.contract import Failed
from forecaster.issuing.fitting import answers
from forecaster.issuing.forecast import attributed, forecast
from forecaster.issuing.refits import fits
from forecaster.issuing.unlike import unlike
from ingest.errors import IncompleteWindowError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from forecaster.distribution.predictive import Predictive
    from forecaster.issuing.fitting import Ask
    from forecaster.issuing.forecast import Forecast
    from forecaster.issuing.refits import Leg
    from forecaster.issuing.training import Trained
    from forecaster.issuing.unlike import Unlike
    from forecaster.settings import Settings
    from forecaster.view.past import Past
    from forecaster.view.view import View


Pair = tuple[float, float]
"""Log score of a forecast, and the outcome's PIT under its continuous part; NaN where there was no forecast.

The PIT alone is NaN where the forecast's atom is taken to explain the outcome: such a day tells nothing of that part.
"""

Scores = Mapping[pd.Timestamp, Mapping[str, Pair]]
"""Day to member to how its forecast of the next session fared."""


@dataclass(frozen=True, eq=False)
class Walked:
    """What came of one day.

    Attributes:
        leg: Where it belongs.
        day: The origin.
        own: The forecasts by model; none where they are not wanted, or the day has no price.
        y: The change that came, as far as it is known today; NaN where the target lies in a gap.
        scores: How members of a track record fared; none where that is not wanted, or a training was stopped.
        novelty: How unlike its past the day is, from 0 to 1; NaN where there are no forecasts, or that is not known.
    """

    leg: Leg
    day: pd.Timestamp
    own: Mapping[str, Forecast] = field(default_factory=dict)
    y: float = np.nan
    scores: Mapping[str, Pair] = field(default_factory=dict)
    novelty: float = np.nan


def walk(
    pasts: Mapping[str, Past],
    legs: Sequence[Leg],
    members: tuple[str, ...],
    settings: Settings,
    ask: Ask = answers,
) -> Iterator[Walked]:
    """Trains legs, all at once, and goes through the days of one after the other; the only walk over the past.

    Args:
        pasts: Of the assets, by symbol.
        legs: Of whichever assets, in order.
        members: Whose scores a track record wants.
        settings: All settings.
        ask: Who trains.
    """
    for leg, trained in zip(legs, fits(pasts, legs, settings, ask), strict=True):
        past, scored, issued = pasts[leg.symbol], set(leg.scored), set(leg.issued)
        compared = partial(unlike, fitted=past.look(leg.fitted_at), settings=settings.report)
        for day in sorted(scored | issued):
            yield _walked(past, leg, day, trained, members if day in scored else (), compared)


def _walked(
    past: Past,
    leg: Leg,
    day: pd.Timestamp,
    trained: Mapping[str, Trained],
    members: tuple[str, ...],
    compared: Callable[[View], Unlike | None],
) -> Walked:
    """One day from a training before it; members are those whose scores are wanted, if they were not stopped."""
    members = tuple(name for name in members if not _stopped(trained[name]))
    try:
        view = past.look(day)
    except IncompleteWindowError:
        return Walked(leg, day, scores=_fared(dict.fromkeys(members), np.nan, leg.symbol, day))
    if day not in leg.issued or (not leg.live and any(_stopped(fit) for fit in trained.values())):
        y = past.outcome(view.target)
        told = {name: trained[name].predicted(view)[0] if np.isfinite(y) else None for name in members}
        return Walked(leg, day, scores=_fared(told, y, leg.symbol, day))
    novelty = compared(view)
    own = {name: forecast(view, fit, novelty) for name, fit in trained.items()}
    if leg.live:
        own = {name: attributed(made, past, view, trained[name]) for name, made in own.items()}
    y = past.outcome(view.target, past.history.last)
    then = past.outcome(view.target) if members else np.nan
    scores = _fared({name: own[name].predictive for name in members}, then, leg.symbol, day)
    return Walked(leg, day, own, y, scores, novelty.percentile if novelty else np.nan)


def _stopped(trained: Trained) -> bool:
    return isinstance(trained.fitted, Failed) and trained.fitted.stopped


def _fared(
    predictives: Mapping[str, Predictive | None], y: float, symbol: str, day: pd.Timestamp
) -> Mapping[str, Pair]:
    """How each forecast of a day fared; NaN where there is no forecast or no outcome.

    What is random of a PIT is the same for all of a day, so that a pool's is the mean of its members'.
    """
    nothing, (u, v) = (np.nan, np.nan), _drawn(symbol, day)
    return {
        name: (-float(p.log_prob(y)), p.pit_of_move(y, u, v)) if p is not None and np.isfinite(y) else nothing
        for name, p in predictives.items()
    }


def _drawn(symbol: str, day: pd.Timestamp) -> tuple[float, float]:
    """Two numbers in [0, 1) that a day of an asset always has."""
    digest = hashlib.sha256(f"{symbol} {day:%Y-%m-%d}".encode()).digest()
    u, v = (int.from_bytes(digest[at : at + 6], "big") / 2**48 for at in (0, 6))
    return u, v
