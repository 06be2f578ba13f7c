"""Issues forecasts of one asset: windows -> fit -> predict. The only path, for the daily run and for every replay.

An `Issuer` says which trainings a day needs, whoever does them, alone or with those of other assets, and makes the
day's forecasts of what they gave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.issuing.fitting import answers
from forecaster.issuing.forecast import attributed, forecast
from forecaster.issuing.pools import Pools
from forecaster.issuing.refits import Leg, in_groups
from forecaster.issuing.track_record import Record
from forecaster.issuing.unlike import unlike
from forecaster.issuing.walk import walk
from forecaster.view.arrays import training
from forecaster.view.past import Past

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from forecaster.issuing.fitting import Ask
    from forecaster.issuing.forecast import Forecast
    from forecaster.issuing.training import Trained
    from forecaster.issuing.walk import Scores, Walked
    from forecaster.settings import Settings
    from ingest.history import History


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
        CalendarRangeError: Where the asset's calendar ends with `as_of`.
    """
    return Issuer(history, names, settings).issue(as_of, trained)


class Issuer:
    """What one asset's forecasts are made of, from one day after another; what many days need is computed once.

    Args:
        history: Every vintage of the asset.
        names: Forecasters, in order.
        settings: All settings.
        known: Scores of the track record that were found before, under the same settings.

    Attributes:
        past: The asset's.
        pools: The forecasters among the names that are made of others.
        record: The track record of these.
    """

    def __init__(
        self, history: History, names: tuple[str, ...], settings: Settings, known: Scores | None = None
    ) -> None:
        """Nothing is trained yet; see the class."""
        self.past = Past(history, settings.forecast)
        self.pools = Pools(names, settings)
        self.record = Record(self.past, self.pools.members, settings, known)
        self._names, self._settings = names, settings

    def issue(
        self, as_of: pd.Timestamp, trained: Mapping[str, Trained] | None = None, ask: Ask = answers
    ) -> tuple[Forecast, ...]:
        """Forecasts the session after `as_of`; see the function of this name. `ask` trains."""
        own: dict[str, Forecast] = {}
        legs = self.legs(as_of)
        if trained is not None:
            view = self.past.look(as_of)
            at = self.past.look(next(iter(trained.values())).fitted_at) if trained else view
            told = unlike(view, at, self._settings.report)
            own = {name: attributed(forecast(view, fit, told), self.past, view, fit) for name, fit in trained.items()}
            legs = [leg for leg in legs if not leg.live]
        for some in in_groups(legs):
            for walked in walk({self.past.symbol: self.past}, some, self.pools.members, self._settings, ask):
                own |= self.took(walked)
        return self.made(as_of, own)

    def legs(self, as_of: pd.Timestamp, only: tuple[str, ...] = ()) -> list[Leg]:
        """The trainings that the forecasts from a session need: its own, and those of the track record.

        Args:
            as_of: A session of the asset.
            only: Some of the forecasters; all where empty.

        Raises:
            As `issue`.
        """
        pools = self._of(only)
        _ = self.past.look(as_of).target  # nothing is trained for a session that is not known
        known = self.record.legs(as_of, as_of) if pools.names else []
        training(self.past.look(as_of))  # nor from too little; last, since it is wanted next
        return [*known, Leg(self.past.symbol, as_of, pools.trainees, issued=(as_of,), live=True)]

    def took(self, walked: Walked) -> Mapping[str, Forecast]:
        """Notes what a day of a leg gave; returns the forecasts among it by model."""
        if walked.scores:
            self.record.scores[walked.day] = walked.scores
        return walked.own

    def made(
        self, as_of: pd.Timestamp, own: Mapping[str, Forecast], only: tuple[str, ...] = ()
    ) -> tuple[Forecast, ...]:
        """The forecasts from a session, in order, those of pools from the scores that were known then."""
        pools = self._of(only)
        return pools.day(own, lambda: self.record.known_at(as_of), lambda: self.past.look(as_of))

    def _of(self, only: tuple[str, ...]) -> Pools:
        return Pools(only, self._settings) if only else self.pools
