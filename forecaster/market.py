"""What is known of one asset at one origin, turned into the arrays that models see.

Everything here is a function of the rows known at `as_of` and the settings: nothing later can reach it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecaster.problem import Examples, Origin
from forecaster.told import facts, notes
from ingest.changes import SERIES, simple_changes
from ingest.checks import findings
from ingest.covariates import COVARIATES, covariates, standard_changes, volatility
from ingest.errors import IncompleteWindowError, IngestError
from ingest.history import vintage_sha256
from ingest.record_checks import record_findings
from ingest.sessions import calendar
from ingest.windows import LENGTH, Windows, build_windows, origin_window, require_usable, stretches

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forecaster.settings import Forecast as ForecastSettings
    from ingest.checks import Finding
    from ingest.history import History
    from ingest.sessions import Calendar

    Floats = NDArray[np.float64]

KNOWN = 0.5
"""A covariate is used where it is known today and in at least this part of the training rows."""


@dataclass(frozen=True, eq=False)
class View:
    """One asset as it was known at the close of `as_of`.

    Attributes:
        history: Where the rows come from.
        as_of: Last session whose data may be used.
        rows: The panel rows known then.
        changes: Changes by calendar session, a column a series, NaN where undefined.
        known: Price changes as volatility took them, and the volatility known at each close, fractions per session.
        settings: What every forecast shares.
    """

    history: History
    as_of: pd.Timestamp
    rows: pd.DataFrame
    changes: pd.DataFrame
    known: pd.DataFrame
    settings: ForecastSettings

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
        """The next session after `as_of`."""
        return self.calendar.next(self.as_of)

    @property
    def close(self) -> float:
        """Price at the close of `as_of`."""
        return float(self.rows["close"].iloc[-1])

    @property
    def volatility(self) -> pd.Series:
        """Standard deviation of the change as known at each close, fraction per session."""
        return self.known["volatility"]

    @cached_property
    def standard(self) -> pd.DataFrame:
        """The changes in standard units."""
        return standard_changes(self.changes, self.known)

    @cached_property
    def covariates(self) -> pd.DataFrame:
        """Covariates of the log scale known at each close, standardised, NaN where not known."""
        return covariates(self.rows, self.known, self.target)

    @cached_property
    def origins(self) -> dict[tuple[tuple[str, ...], tuple[str, ...]], Origin]:
        """What models look at on this day, by their series and covariates, as far as somebody has asked."""
        return {}

    @cached_property
    def training(self) -> Training:
        """What a fit on this day learns from; raises as `training` does."""
        return training(self)

    def facts(self, series: tuple[str, ...]) -> dict[str, Any]:
        """What a forecast from windows of these series says of the asset and the day, JSON-ready."""
        if series not in self._facts:  # ten models say the same
            self._facts[series] = facts(self, series)
        return self._facts[series]

    @cached_property
    def _facts(self) -> dict[tuple[str, ...], dict[str, Any]]:
        return {}

    @cached_property
    def data_vintage(self) -> str:
        """Hash of exactly the rows known."""
        return vintage_sha256(self.rows)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """What is noteworthy about the rows and about their record."""
        vintages, held = self.history.vintages_known(self.as_of), self.history.quarantined(self.as_of)
        record = record_findings(vintages, held, self.calendar, self.as_of)
        return findings(self.rows, self.calendar) + record


@dataclass(frozen=True, eq=False)
class Training:
    """What a fit at this origin learns from.

    Attributes:
        examples: The arrays.
        notes: What a reader should know about them, a sentence each.
    """

    examples: Examples
    notes: tuple[str, ...]


def look(history: History, as_of: pd.Timestamp, settings: ForecastSettings) -> View:
    """Everything known at `as_of`.

    Raises:
        AsOfError: Where the data do not cover it, or it is no session of the asset's calendar.
        IncompleteWindowError: Where the session itself has no row.
    """
    rows = history.read(as_of)
    require_row(history, rows, as_of)
    changes = simple_changes(rows, calendar(history.asset.calendar), settings.series)
    return View(history, as_of, rows, changes, volatility(changes["price"], settings.half_life), settings)


def require_row(history: History, rows: pd.DataFrame, as_of: pd.Timestamp) -> None:
    """Refuses a day without a row of its own.

    Raises:
        IncompleteWindowError: Naming it.
    """
    if rows["session"].iloc[-1] != as_of:
        raise IncompleteWindowError(
            f"{history.asset.symbol} has no price known at the close of {as_of:%Y-%m-%d}: import that session, or "
            "choose another as-of"
        )


def training(view: View) -> Training:
    """The training rows of a fit at this origin.

    Raises:
        TooFewRowsError: Fewer whole windows than the minimum.
        ConstantSeriesError: A price that never moves.
    """
    windows, standard = _chosen(view)
    try:
        require_usable(windows, view.settings.minimum_rows)
    except IngestError:
        # A price that never moves has no volatility either: it is to be named for what it is.
        require_usable(build_windows(view.symbol, view.changes, windows.series), view.settings.minimum_rows)
        raise
    last = slice(-view.settings.train_window, None)
    days = view.changes.index.searchsorted(windows.as_of[last])
    names, z = _covariates(view, days, windows.series)
    examples = Examples(
        series=windows.series,
        x=windows.x[last],
        standard=standard[last],
        y=windows.y[last],
        volatility=view.volatility.to_numpy()[days],
        covariates=names,
        z=z,
        history=_history(view),
    )
    return Training(examples, notes(view, windows))


def origin(view: View, series: tuple[str, ...], names: tuple[str, ...]) -> Origin:
    """The window that ends at `as_of`, in the series and covariates of a fit.

    Raises:
        IncompleteWindowError: Where a change in it is missing.
    """
    if (series, names) not in view.origins:  # ten models ask for the same
        today = view.covariates.to_numpy()[-1, view.covariates.columns.get_indexer(pd.Index(names))]
        view.origins[series, names] = Origin(
            x=origin_window(view.symbol, view.changes, series, view.as_of),
            standard=origin_window(view.symbol, view.standard, series, view.as_of),
            volatility=float(view.volatility.iloc[-1]),
            z=np.where(np.isnan(today), 0.0, today),
            history=_history(view),
        )
    return view.origins[series, names]


def _history(view: View) -> Floats:
    price: Floats = view.changes["price"].to_numpy()
    return price[~np.isnan(price)][-view.settings.train_window :]


def _chosen(view: View) -> tuple[Windows, Floats]:
    """The windows of the series that this asset has: those whose whole windows, today's too, suffice to train on.

    Series are tried in the settings' order, price always in; one that would leave today's window incomplete, or
    fewer training rows than the minimum, is left out.
    """
    series: tuple[str, ...] = ("price",)
    found, today = None, view.changes.iloc[-LENGTH:].notna().all()
    for name in view.settings.series:
        wider = tuple(s for s in view.settings.series if s in {*series, name})
        if name == "price" or not today[list(wider)].all():
            continue
        more = _windows(view, wider)
        if len(more[0]) >= view.settings.minimum_rows:
            series, found = wider, more
    return found or _windows(view, series)


def _windows(view: View, series: tuple[str, ...]) -> tuple[Windows, Floats]:
    """Complete windows whose standard units are known too, and the same in those units `(rows, 7, series)`."""
    windows = build_windows(view.symbol, view.changes, series)
    starts = view.standard.index.searchsorted(windows.as_of) - (LENGTH - 1)
    standard = np.ascontiguousarray(stretches(view.standard[list(series)].to_numpy())[starts])
    keep = np.isfinite(standard).all((1, 2))
    early = {} if keep.all() else {"volatility not known yet": int((~keep).sum())}
    kept = replace(
        windows,
        x=windows.x[keep],
        y=windows.y[keep],
        as_of=windows.as_of[keep],
        target=windows.target[keep],
        dropped={**windows.dropped, **early},
    )
    return kept, standard[keep]


def _covariates(view: View, days: NDArray[np.intp], series: tuple[str, ...]) -> tuple[tuple[str, ...], Floats]:
    """The covariates that this asset has, and their values at the closes of some days `(rows, covariates)`.

    One is left out where today's is not known, where most of the past is not, or where it never changes; a series that
    is not used brings none.

    Args:
        view: What is known.
        days: Places of the days among the sessions.
        series: The series that are used.
    """
    values = view.covariates.to_numpy()
    table, here = values[days], np.isfinite(values[days])
    moves = np.where(here, table, -np.inf).max(axis=0) > np.where(here, table, np.inf).min(axis=0)
    has = np.isfinite(values[-1]) & (here.mean(axis=0) >= KNOWN) & moves
    used = [of.name not in SERIES or of.name in series for of in COVARIATES]
    kept = np.flatnonzero(has & used)
    return tuple(COVARIATES[at].name for at in kept), np.where(here, table, 0.0)[:, kept]
