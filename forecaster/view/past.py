"""An asset's past, looked at from one day after another.

What is known at an origin is computed from the rows known then. Where no row ever changed or came late, the rows known
at a day are the first ones of those known later; as everything computed from them runs forward only, so are the
columns. A walk over many days then computes them once and looks at their beginnings: the same numbers, bit for bit.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.outcomes import outcome
from forecaster.view.view import look

if TYPE_CHECKING:
    import pandas as pd

    from forecaster.settings import Forecast as ForecastSettings
    from forecaster.view.view import View
    from ingest.history import History


class Past:
    """Views of one asset.

    Args:
        history: Every vintage.
        settings: What every forecast shares.
    """

    def __init__(self, history: History, settings: ForecastSettings) -> None:
        """Keeps both; see the class."""
        self.history = history
        self._settings = settings
        self._latest: View | None = None

    def __reduce__(self) -> tuple[type[Past], tuple[History, ForecastSettings]]:
        """What it computed stays where it is: another process computes the same."""
        return Past, (self.history, self._settings)

    @property
    def symbol(self) -> str:
        """The asset's id."""
        return self.history.asset.symbol

    @property
    def sha256(self) -> str:
        """Hash of everything that is known of the asset and of its companions."""
        return self.history.sha256

    def look(self, as_of: pd.Timestamp) -> View:
        """Everything known at a session.

        Raises:
            AsOfError: Where the data do not cover it, or it is no session of the asset's calendar.
            IncompleteWindowError: Where the session itself has no row.
        """
        if self._latest is None or self._latest.as_of != as_of:  # one day is asked for several times in a row
            self._latest = self._looked(as_of)
        return self._latest

    def _looked(self, as_of: pd.Timestamp) -> View:
        whole = self._whole
        if whole is None or not self.history.first <= as_of <= self.history.last or as_of not in self._places:
            return look(self.history, as_of, self._settings)
        return whole.upto(as_of)

    def outcome(self, target: pd.Timestamp, until: pd.Timestamp | None = None) -> float:
        """The change of a session as known at its own close, or first known by `until`; NaN where there is none."""
        whole = self._whole
        if whole is not None and (at := self._places.get(target)) is not None:
            return float(whole.once("prices", whole.changes["price"].to_numpy)[at])
        found = outcome(self.history, target, until or target)
        return found.y if found else np.nan

    @cached_property
    def _places(self) -> dict[pd.Timestamp, int]:
        """The place of each session of the newest view."""
        return {day: at for at, day in enumerate(self._whole.changes.index)} if self._whole else {}

    @cached_property
    def _whole(self) -> View | None:
        """The newest view, None where rows known earlier, of it or of its companions, are not its beginning."""
        return look(self.history, self.history.last, self._settings) if steady(self.history) else None


def steady(history: History) -> bool:
    """Whether what was known at a session, of an asset and its companions, is the beginning of what is known later."""
    others = history.companions.all if history.companions else ()
    code = history.asset.calendar
    return (
        history.steady
        and all(other.steady_prices for other in others)
        and all(series.steady(code) for series in history.own)
    )
