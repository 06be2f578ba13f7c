"""The track record of forecasters: how they would have fared on each past day, with what was known then.

A pool weighs its members by it. It is a function of the data, the settings and the seed alone: on a day d the members
are those that were trained at the latest session up to d whose number in the calendar is a multiple of `EVERY`, and
their forecast of the next session is scored by its change as known at its own close. So the record of a day is the same
whichever run asks for it, and nothing in it was known later than the day that it scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster import market
from forecaster.problem import Track
from forecaster.training import train
from ingest.errors import IncompleteWindowError, IngestError
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from forecaster.past import Past
    from forecaster.settings import Settings
    from forecaster.training import Trained
    from ingest.sessions import Calendar

EVERY = 20
"""Sessions from one training to the next."""

AT_ONCE = 64
"""Trainings in one go: enough to share a step's cost, few enough for memory and the wait for the first row."""

Scores = Mapping[pd.Timestamp, Mapping[str, tuple[float, float]]]
"""Day to member to log score and PIT of its forecast of the next session; NaN where it had none."""


class Record:
    """The track record of some forecasters on one asset.

    Args:
        past: The asset's.
        members: Their ids.
        settings: All settings.
        known: Scores found before, under the same settings.

    Attributes:
        scores: Those found so far.
    """

    def __init__(self, past: Past, members: tuple[str, ...], settings: Settings, known: Scores | None = None) -> None:
        """Nothing is trained yet; see the class."""
        self.scores: dict[pd.Timestamp, Mapping[str, tuple[float, float]]] = {
            day: own for day, own in (known or {}).items() if set(members) <= set(own)
        }
        self._past, self._members, self._settings = past, members, settings
        self._code: Calendar = calendar(past.history.asset.calendar)
        self._trained: dict[pd.Timestamp, Mapping[str, Trained]] = {}

    def prepare(self, first: pd.Timestamp, last: pd.Timestamp) -> None:
        """Trains and scores what the tracks of the origins from `first` to `last` need, many trainings at once."""
        days = [day for day in self._days(first, last) if day not in self.scores]
        due = list(dict.fromkeys(self._trained_at(day) for day in days))
        views = [view for day in due if day not in self._trained for view in self._trainable(day)]
        for start in range(0, len(views), AT_ONCE):
            some = views[start : start + AT_ONCE]
            fits = train(some, self._members, self._settings)
            self._trained.update(zip([view.as_of for view in some], fits, strict=True))
        for day in days:
            self.scores[day] = self._scored(day)

    def trained(self, as_of: pd.Timestamp) -> Mapping[str, Trained] | None:
        """The members as they were trained at exactly this session, None where they were not."""
        return self._trained.get(as_of)

    def at(self, as_of: pd.Timestamp) -> Track:
        """What was known at a session of how the members fared; days without any forecast or outcome are left out."""
        self.prepare(as_of, as_of)
        rows = [[self.scores[day][name] for name in self._members] for day in self._days(as_of, as_of)]
        scores, pits = np.moveaxis(np.array(rows).reshape(len(rows), len(self._members), 2), -1, 0)
        kept = np.isfinite(pits).any(1)
        return Track(self._members, scores[kept], pits[kept])

    def _days(self, first: pd.Timestamp, last: pd.Timestamp) -> Sequence[pd.Timestamp]:
        """Origins whose targets lie among the sessions before `first`, as many as a record has, or up to `last`."""
        days = self._code.sessions(max(self._past.history.first, self._code.first), last)
        at = int(np.searchsorted(days.to_numpy(), first.to_numpy()))
        return list(days[max(0, at - self._settings.forecast.track_days) : -1])

    def _trained_at(self, day: pd.Timestamp) -> pd.Timestamp:
        back = self._code.ordinal(day) % EVERY
        for _ in range(back):
            day = self._code.previous(day)
        return day

    def _trainable(self, day: pd.Timestamp) -> Iterator[market.View]:
        """The view at a day, nothing where there is not enough to learn from."""
        try:
            view = self._past.look(day)
            market.training(view)
        except IngestError:
            return
        yield view

    def _scored(self, day: pd.Timestamp) -> Mapping[str, tuple[float, float]]:
        nothing = dict.fromkeys(self._members, (np.nan, np.nan))
        fits = self._trained.get(self._trained_at(day))
        y = self._past.outcome(self._code.next(day))
        if fits is None or not np.isfinite(y):
            return nothing
        try:
            view = self._past.look(day)
        except IncompleteWindowError:
            return nothing
        return {name: _score(fits[name], view, y) for name in self._members}


def _score(trained: Trained, view: market.View, y: float) -> tuple[float, float]:
    """Log score and PIT; NaN where the member has no forecast."""
    try:
        predictive = trained.predict(view)
    except (IncompleteWindowError, ValueError):
        return np.nan, np.nan
    return -float(predictive.log_prob(y)), float(predictive.cdf(y))
