"""Issues forecasts: one origin, windows -> fit -> predict. The only path, for the daily run and for every replay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from forecaster.contract import Failed
from forecaster.issuing.attribution import attribution
from forecaster.issuing.forecast import Forecast, forecast
from forecaster.issuing.pools import Pools
from forecaster.issuing.track_record import Record
from forecaster.issuing.training import train
from forecaster.view.past import Past
from ingest.errors import IngestError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from forecaster.issuing.training import Trained
    from forecaster.issuing.walk import Scores
    from forecaster.settings import Settings
    from forecaster.view.view import View
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
        _ = view.target  # nothing is trained for a session that is not known
        pools = Pools(names, self._settings)
        ready = train([view], pools.trainees, self._settings)[0] if trained is None else trained
        own = {name: self._attributed(view, ready[name]) for name in pools.trainees}
        return pools.day(own, lambda: self.record.at(as_of), lambda: view)

    def _attributed(self, view: View, trained: Trained) -> Forecast:
        """A model's own forecast, with what moved it."""
        made, fitted = forecast(view, trained), trained.fitted
        if made.predictive is None or isinstance(fitted, Failed) or not fitted.by_draw:
            return made
        try:
            before = trained.origin(self.past.look(view.calendar.previous(view.as_of)))
        except IngestError:
            before = None
        parts = attribution(fitted.predict, trained.covariates, trained.origin(view), before)
        return replace(made, diagnostics=replace(made.diagnostics, attribution=parts))
