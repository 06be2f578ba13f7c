"""The track record of forecasters: how they would have fared on each past day, with what was known then.

A pool weighs its members by it. It is a function of the data, the settings and the seed alone: a day is forecast from
the training before it, `EVERY` sessions apart (see `forecaster.issuing.refits`), and scored by its change as known at
its own close. So the record of a day is the same whichever run asks for it, and nothing in it was known later than the
day that it scores.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.contract import Track
from forecaster.issuing.refits import Leg, trainings
from forecaster.issuing.walk import Pair, Scores
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.settings import Settings
    from forecaster.view.past import Past

EVERY = 20
"""Sessions from one training to the next."""


class Record:
    """The track record of some forecasters on one asset.

    Args:
        past: The asset's.
        members: Their ids.
        settings: All settings.
        known: Scores found before, under the same settings.

    Attributes:
        past: The asset's.
        scores: Those found so far.
    """

    def __init__(self, past: Past, members: tuple[str, ...], settings: Settings, known: Scores | None = None) -> None:
        """Nothing is trained yet; see the class."""
        self.scores: dict[pd.Timestamp, Mapping[str, Pair]] = {
            day: own for day, own in (known or {}).items() if set(members) <= set(own)
        }
        self.past, self._members, self._settings = past, members, settings

    def legs(self, first: pd.Timestamp, last: pd.Timestamp) -> list[Leg]:
        """The trainings and days that the tracks of the origins from `first` to `last` need and do not have yet."""
        missing = [day for day in self.days(first, last) if day not in self.scores]
        symbol, members = self.past.symbol, self._members
        return [Leg(symbol, at, members, scored=days) for at, days in trainings(self.past, missing, EVERY).items()]

    def known_at(self, as_of: pd.Timestamp) -> Track:
        """What was known at a session of how the members fared, from the scores found so far.

        Days without any forecast or outcome are left out.
        """
        nothing: Mapping[str, Pair] = {}
        found = [self.scores.get(day, nothing) for day in self.days(as_of, as_of)]
        rows = [[own.get(name, (np.nan, np.nan)) for name in self._members] for own in found]
        scores, pits = np.moveaxis(np.array(rows).reshape(len(rows), len(self._members), 2), -1, 0)
        kept = ~np.isnan(scores).all(1)
        return Track(self._members, scores[kept], pits[kept])

    def days(self, first: pd.Timestamp, last: pd.Timestamp) -> Sequence[pd.Timestamp]:
        """Origins whose targets lie among the sessions before `first`, as many as a record has, or up to `last`."""
        history = self.past.history
        code = calendar(history.asset.calendar)
        days = code.sessions(max(history.first, code.first), last)
        at = int(np.searchsorted(days.to_numpy(), first.to_numpy()))
        return list(days[max(0, at - self._settings.forecast.track_days) : -1])
