"""What is known of one asset at one origin, turned into the arrays that models see.

Everything here is a function of the rows known at `as_of` and the settings: nothing later can reach it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.problem import Examples, Origin
from ingest.changes import SERIES, simple_changes
from ingest.checks import findings
from ingest.counts import counted_days
from ingest.covariates import ewma_volatility
from ingest.errors import IncompleteWindowError
from ingest.history import vintage_sha256
from ingest.record_checks import record_findings
from ingest.sessions import calendar
from ingest.windows import LENGTH, Windows, build_windows, origin_window, require_usable

if TYPE_CHECKING:
    from forecaster.settings import Forecast as ForecastSettings
    from ingest.history import History
    from ingest.sessions import Calendar

FLOOR = 0.02
"""Volatility is never taken below this fraction of the mean absolute change so far."""


@dataclass(frozen=True, eq=False)
class View:
    """One asset as it was known at the close of `as_of`.

    Attributes:
        history: Where the rows come from.
        as_of: Last session whose data may be used.
        rows: The panel rows known then.
        changes: Changes by calendar session, a column a series, NaN where undefined.
        volatility: Standard deviation of the change as known at each close, fraction per session.
        settings: What every forecast shares.
    """

    history: History
    as_of: pd.Timestamp
    rows: pd.DataFrame
    changes: pd.DataFrame
    volatility: pd.Series
    settings: ForecastSettings

    @property
    def symbol(self) -> str:
        """The asset's id."""
        return self.history.asset.symbol

    @property
    def calendar(self) -> Calendar:
        """The asset's calendar."""
        return calendar(self.history.asset.calendar)

    @property
    def target(self) -> pd.Timestamp:
        """The next session after `as_of`."""
        return self.calendar.next(self.as_of)

    @property
    def close(self) -> float:
        """Price at the close of `as_of`."""
        return float(self.rows["close"].iloc[-1])

    @cached_property
    def data_vintage(self) -> str:
        """Hash of exactly the rows known."""
        return vintage_sha256(self.rows)

    @cached_property
    def findings(self) -> pd.DataFrame:
        """What is noteworthy about the rows and about their record, in the columns of `ingest.checks.COLUMNS`."""
        vintages, held = self.history.vintages_known(self.as_of), self.history.quarantined(self.as_of)
        record = record_findings(vintages, held, self.calendar, self.as_of)
        return pd.concat([findings(self.rows, self.calendar), record], ignore_index=True)


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
    if rows["session"].iloc[-1] != as_of:
        raise IncompleteWindowError(
            f"{history.asset.symbol} has no price known at the close of {as_of:%Y-%m-%d}: import that session, or "
            "choose another as-of"
        )
    changes = simple_changes(rows, calendar(history.asset.calendar), settings.series)
    price = changes["price"]
    floor = FLOOR * price.abs().expanding().mean()
    known = ewma_volatility(price, settings.half_life)
    return View(history, as_of, rows, changes, known.clip(lower=floor), settings)


def series_of(view: View) -> tuple[str, ...]:
    """The series that this asset has: those whose whole windows, today's among them, suffice to train on.

    Series are tried in the settings' order, price always in; one that would leave today's window incomplete, or
    fewer training rows than the minimum, is left out.
    """
    chosen: tuple[str, ...] = ("price",)
    for name in view.settings.series:
        if name == "price":
            continue
        wider = tuple(s for s in view.settings.series if s in {*chosen, name})
        today = view.changes[list(wider)].iloc[-LENGTH:].notna().all(axis=None)
        if today and len(_windows(view, wider)[0]) >= view.settings.minimum_rows:
            chosen = wider
    return chosen


def training(view: View) -> Training:
    """The training rows of a fit at this origin.

    Raises:
        TooFewRowsError: Fewer whole windows than the minimum.
        ConstantSeriesError: A price that never moves.
    """
    series = series_of(view)
    # A price that never moves has no volatility either: it is to be named for what it is.
    require_usable(build_windows(view.symbol, view.changes, series), view.settings.minimum_rows)
    windows, volatility = _windows(view, series)
    require_usable(windows, view.settings.minimum_rows)
    last = slice(-view.settings.train_window, None)
    examples = Examples(
        series=series,
        x=windows.x[last],
        y=windows.y[last],
        volatility=volatility[last],
        history=view.changes["price"].dropna().to_numpy()[last],
    )
    return Training(examples, _notes(view, windows))


def origin(view: View, series: tuple[str, ...]) -> Origin:
    """The window that ends at `as_of`.

    Raises:
        IncompleteWindowError: Where a change in it is missing.
    """
    return Origin(origin_window(view.symbol, view.changes, series, view.as_of), float(view.volatility.iloc[-1]))


def _windows(view: View, series: tuple[str, ...]) -> tuple[Windows, np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """Complete windows whose volatility is known too, and that volatility `(rows,)`."""
    windows = build_windows(view.symbol, view.changes, series)
    volatility = view.volatility.reindex(pd.DatetimeIndex(windows.as_of)).to_numpy()
    keep = volatility > 0
    early = {} if keep.all() else {"volatility not known yet": int((~keep).sum())}
    kept = replace(
        windows,
        x=windows.x[keep],
        y=windows.y[keep],
        as_of=windows.as_of[keep],
        target=windows.target[keep],
        dropped={**windows.dropped, **early},
    )
    return kept, volatility[keep]


def _notes(view: View, windows: Windows) -> tuple[str, ...]:
    absent = [name for name in view.settings.series if name not in windows.series]
    notes = [f"{len(windows)} windows of 7 sessions were complete up to {view.as_of:%Y-%m-%d}."]
    notes += [
        f"{count} window{' was' if count == 1 else 's were'} left out: {reason}."
        for reason, count in windows.dropped.items()
    ]
    for name in absent:
        held = int((view.rows[SERIES[name]] > 0).sum())
        few = f"only {held} session{' has' if held == 1 else 's have'} it, or today's window lacks it"
        had = few if held else "the source has none"
        notes.append(f"The series {name} was not used: {had}.")
    asset = view.history.asset
    if asset.attention_source:
        (day,) = counted_days(asset, pd.DatetimeIndex([view.as_of]))
        counted = f"{asset.attention_kind.capitalize()} come from {asset.attention_source}"
        notes.append(
            f"{counted}; the newest that were out at the close of {view.as_of:%Y-%m-%d} are of {day:%Y-%m-%d}."
        )
    return tuple(notes)
