"""What is known of one asset at one origin, turned into the arrays that models see.

Everything here is a function of the rows known at `as_of` and the settings: nothing later can reach it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

import pandas as pd

from forecaster.view.beside import beside
from forecaster.view.companions import seen
from ingest.changes import simple_changes
from ingest.checks import findings
from ingest.covariates import covariates, standard_changes, volatility
from ingest.errors import CalendarRangeError, IncompleteWindowError
from ingest.history import sha256_of, vintage_arrays
from ingest.record_checks import record_findings
from ingest.sessions import calendar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    import numpy as np
    from numpy.typing import NDArray

    from forecaster.settings import Forecast as ForecastSettings
    from forecaster.view.beside import Beside
    from forecaster.view.companions import Seen
    from ingest.checks import Finding
    from ingest.history import History
    from ingest.sessions import Calendar


T = TypeVar("T")
Columns = TypeVar("Columns", "pd.DataFrame", "NDArray[Any]")


@dataclass(frozen=True, eq=False)
class View:
    """One asset as it was known at the close of `as_of`.

    Attributes:
        history: Where the rows come from.
        as_of: Last session whose data may be used.
        rows: The panel rows known then.
        changes: Changes by calendar session, one column per series, NaN where undefined.
        known: Price changes as volatility took them, and the volatility known at each close, fractions per session.
        settings: What every forecast shares.
        later: A later view whose beginning this one is, if any.
        made: What was made of the view, kept by name, see `once`.
    """

    history: History
    as_of: pd.Timestamp
    rows: pd.DataFrame
    changes: pd.DataFrame
    known: pd.DataFrame
    settings: ForecastSettings
    later: View | None = field(default=None, repr=False)
    made: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @property
    def symbol(self) -> str:
        """The asset's id."""
        return self.history.asset.symbol

    @cached_property
    def calendar(self) -> Calendar:
        """The asset's calendar."""
        return calendar(self.history.asset.calendar)

    @cached_property
    def target(self) -> pd.Timestamp:
        """The next session after `as_of`.

        Raises:
            CalendarRangeError: The calendar ends with `as_of`.
        """
        return self.calendar.next(self.as_of)

    @property
    def close(self) -> float:
        """Price at the close of `as_of`."""
        closes = self.beginning("closes", lambda view: view.rows["close"].to_numpy(dtype=float), len(self.rows))
        return float(closes[-1])

    @property
    def volatility(self) -> pd.Series:
        """Standard deviation of the change as known at each close, fraction per session."""
        return self.known["volatility"]

    @property
    def standard(self) -> pd.DataFrame:
        """The changes in standard units."""
        return self.beginning("standard", lambda view: standard_changes(view.changes, view.known), len(self.changes))

    @property
    def covariates(self) -> pd.DataFrame:
        """Covariates of the log scale known at each close, standardised, NaN where not known."""
        return self.beginning("covariates", View._covariates, len(self.changes))

    def _covariates(self) -> pd.DataFrame:
        own = covariates(self.rows, self.known, self._target_if_known())
        return own.join(self._seen.columns) if self._looks_aside else own

    @property
    def _looks_aside(self) -> bool:
        companions = self.history.companions
        return bool(self.history.own or (companions and companions.all))

    @property
    def _seen(self) -> Seen:
        """What the latest view sees of others."""
        latest = self.later or self
        return latest.once("seen", lambda: seen(latest))

    @cached_property
    def beside(self) -> Beside | None:
        """The companions whose values count; None where there are none."""
        return beside(self._seen.parts, len(self.changes), self.settings.cutoff_minutes) if self._looks_aside else None

    def _target_if_known(self) -> pd.Timestamp | None:
        """Earlier days are looked at from the last session of a calendar that ends, and have their targets."""
        try:
            return self.target
        except CalendarRangeError:
            return None

    def upto(self, as_of: pd.Timestamp) -> View:
        """The view of an earlier session, its columns the beginnings of these.

        It is the true one where the history is steady: no row of it ever changed or came late, and everything that is
        computed from the rows runs forward only.

        Raises:
            IncompleteWindowError: Where the session itself has no row.
        """
        days = self.once("days", self.rows["session"].to_numpy)
        count = int(days.searchsorted(as_of.to_datetime64(), side="right"))
        require_row(self.history, days[:count], as_of)
        first = slice(int(self.changes.index.searchsorted(as_of)) + 1)
        rows, changes, known = self.rows.iloc[:count], self.changes[first], self.known[first]
        return View(self.history, as_of, rows, changes, known, self.settings, self.later or self)

    def once(self, what: Hashable, make: Callable[[], T]) -> T:
        """What somebody makes of the view, made once whoever asks: ten models ask for the same.

        Args:
            what: Its name and whatever else it depends on.
            make: Makes it; what it raises is raised each time.
        """
        if what not in self.made:
            self.made[what] = make()
        made: T = self.made[what]
        return made

    def beginning(self, what: Hashable, make: Callable[[View], Columns], count: int) -> Columns:
        """The first rows of what somebody makes of the latest view, once for all earlier ones.

        Args:
            what: Its name and whatever else it depends on.
            make: Makes it; it runs forward only, so that later rows change nothing in earlier ones.
            count: How many rows are this view's own.
        """
        latest = self.later or self
        return self.once(what, lambda: latest.once(what, lambda: make(latest))[:count])

    @cached_property
    def data_vintage(self) -> str:
        """Hash of exactly the rows known, of companions too."""
        latest, count = self.later or self, len(self.rows)
        own = sha256_of([part[:count] for part in latest.once("vintage", lambda: vintage_arrays(latest.rows))])
        return own if self.beside is None else self.beside.vintage(own)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is noteworthy about the rows and about their record."""
        vintages, held = self.history.vintages_known(self.as_of), self.history.quarantined(self.as_of)
        record = record_findings(vintages, held, self.calendar, self.as_of)
        return findings(self.rows, self.calendar) + record


def look(history: History, as_of: pd.Timestamp, settings: ForecastSettings) -> View:
    """Everything known at `as_of`.

    Raises:
        AsOfError: Where the data do not cover it, or it is no session of the asset's calendar.
        IncompleteWindowError: Where the session itself has no row.
    """
    rows = history.read(as_of)
    require_row(history, rows["session"].to_numpy(), as_of)
    changes = simple_changes(rows, calendar(history.asset.calendar), settings.series)
    return View(history, as_of, rows, changes, volatility(changes["price"], settings.half_life), settings)


def require_row(history: History, days: NDArray[np.datetime64], as_of: pd.Timestamp) -> None:
    """Refuses a day without a row of its own, which would be the last.

    Raises:
        IncompleteWindowError: Naming it.
    """
    if days[-1] != as_of.to_datetime64():
        raise IncompleteWindowError(
            f"{history.asset.symbol} has no price known at the close of {as_of:%Y-%m-%d}: import that session, or "
            "choose another as-of"
        )
