"""A walk over legs: models are trained, and each of their days is forecast, and scored where a record wants it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forecaster.issue import forecast
from forecaster.legs import fits
from forecaster.track import fared
from ingest.errors import IncompleteWindowError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd

    from forecaster.forecast import Forecast
    from forecaster.legs import Leg
    from forecaster.past import Past
    from forecaster.settings import Settings
    from forecaster.track import Pair
    from forecaster.training import Trained


@dataclass(frozen=True, eq=False)
class Walked:
    """What came of one day.

    Attributes:
        leg: Where it belongs.
        day: The origin.
        own: The forecasts by model; none where they are not wanted, or the day has no price.
        y: The change that came, as far as it is known today; NaN where the target lies in a gap.
        scores: How members of a track record fared; none where that is not wanted.
    """

    leg: Leg
    day: pd.Timestamp
    own: Mapping[str, Forecast] = field(default_factory=dict)
    y: float = np.nan
    scores: Mapping[str, Pair] = field(default_factory=dict)


def walk(
    pasts: Mapping[str, Past], legs: Sequence[Leg], members: tuple[str, ...], settings: Settings
) -> Iterator[Walked]:
    """Trains some legs at once and goes through the days of one after the other."""
    for leg, trained in zip(legs, fits(pasts, legs, settings), strict=True):
        scored, issued = set(leg.scored), set(leg.issued)
        for day in sorted(scored | issued):
            yield _walked(pasts[leg.symbol], leg, day, trained, members if day in scored else ())


def _walked(
    past: Past, leg: Leg, day: pd.Timestamp, trained: Mapping[str, Trained], members: tuple[str, ...]
) -> Walked:
    """One day from a training before it; members are those whose scores are wanted."""
    try:
        view = past.look(day)
    except IncompleteWindowError:
        return Walked(leg, day, scores=fared(dict.fromkeys(members), np.nan))
    if day not in leg.issued:
        y = past.outcome(view.target)
        told = {name: trained[name].predicted(view)[0] if np.isfinite(y) else None for name in members}
        return Walked(leg, day, scores=fared(told, y))
    own = {name: forecast(view, fit) for name, fit in trained.items()}
    y = past.outcome(view.target, past.history.last)
    then = past.outcome(view.target) if members else np.nan
    return Walked(leg, day, own, y, fared({name: own[name].predictive for name in members}, then))
