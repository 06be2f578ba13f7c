"""The arrays that models see of a view: what a fit learns from, and the window that a forecast starts from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.contract import Examples, Origin
from forecaster.view.atoms import moved
from forecaster.view.notes import notes
from ingest.changes import SERIES
from ingest.covariates import WARM_UP, group_of
from ingest.errors import IngestError
from ingest.windows import LENGTH, Windows, build_windows, origin_window, require_usable, rows_wanted, stretches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from forecaster.floats import Floats
    from forecaster.view.view import View


KNOWN, TOLD = 0.5, 0.05
"""A covariate is used where it is known in at least this part of the training rows; the latter for an asset's own."""


@dataclass(frozen=True, eq=False)
class Training:
    """What a fit at this origin learns from.

    Attributes:
        examples: The arrays.
        notes: What a reader should know about them, a sentence each.
    """

    examples: Examples
    notes: tuple[str, ...]


def training(view: View) -> Training:
    """The training rows of a fit at this origin.

    Raises:
        TooFewRowsError: Fewer whole windows than the minimum.
        ConstantSeriesError: A price that never moves.
    """
    return view.once("training", lambda: _training(view))


def _training(view: View) -> Training:
    windows, standard = _chosen(view)
    try:
        require_usable(windows, view.settings.minimum_rows, _wanting(view))
    except IngestError:
        # A price that never moves has no volatility either: it is to be named for what it is.
        require_usable(
            build_windows(view.symbol, view.changes, windows.series), view.settings.minimum_rows, _wanting(view)
        )
        raise
    last = np.flatnonzero(moved(view)[view.changes.index.searchsorted(windows.target)])[-view.settings.train_window :]
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


def _wanting(view: View) -> str:
    """How many rows of this asset would do, in words."""
    known = view.changes["price"].notna().to_numpy()
    rows = int(view.rows["session"].isin(view.changes.index).sum())
    return rows_wanted(known, rows, view.settings.minimum_rows, WARM_UP)


def origin(view: View, series: tuple[str, ...], names: tuple[str, ...]) -> Origin:
    """The window that ends at `as_of`, in the series and covariates of a fit.

    Raises:
        IncompleteWindowError: Where a change in it is missing.
    """
    return view.once(("origin", series, names), lambda: _origin(view, series, names))


def known_changes(view: View) -> Floats:
    """Every known price change up to the close `(sessions,)`, as many as a fit may learn from, oldest first."""
    price = _prices(view)
    known: Floats = view.once("known changes", lambda: price[~np.isnan(price)][-view.settings.train_window :])
    return known


def _history(view: View) -> Floats:
    """The same without the days that an atom explains: they say nothing of how far a price moves."""
    price = _prices(view)
    return view.once("history", lambda: price[~np.isnan(price) & moved(view)][-view.settings.train_window :])


def _prices(view: View) -> Floats:
    return view.beginning("prices", lambda latest: latest.changes["price"].to_numpy(), len(view.changes))


def _origin(view: View, series: tuple[str, ...], names: tuple[str, ...]) -> Origin:
    today = table(view, "covariates")[-1, places(view, "covariates", names)]
    return Origin(
        x=_window(view, "changes", series),
        standard=_window(view, "standard", series),
        volatility=float(table(view, "known")[-1, places(view, "known", ("volatility",))][0]),
        z=np.where(np.isnan(today), 0.0, today),
        history=_history(view),
    )


def table(view: View, name: str) -> Floats:
    """A table of the view as an array `(sessions, columns)`."""
    count = len(view.changes)
    return view.beginning(("array", name), lambda latest: getattr(latest, name).to_numpy(dtype=float), count)


def places(view: View, name: str, columns: Sequence[str]) -> NDArray[np.intp]:
    """Where columns stand in a table of the view."""
    latest = view.later or view
    known = latest.once(("places", name), lambda: {str(of): at for at, of in enumerate(getattr(latest, name))})
    return np.array([known[of] for of in columns], np.intp)


def _window(view: View, name: str, series: tuple[str, ...]) -> Floats:
    """The last seven sessions of some columns of a table `(7, series)`."""
    window = np.ascontiguousarray(table(view, name)[-LENGTH:, places(view, name, series)])
    if len(window) < LENGTH or np.isnan(window).any():
        return origin_window(view.symbol, getattr(view, name), series, view.as_of)  # it says what is missing
    return window


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
    is not used brings none. Of companions today's may be missing, and of a series whose being known is told apart, much
    of the past.

    Args:
        view: What is known.
        days: Places of the days among the sessions.
        series: The series that are used.
    """
    names, values = [str(name) for name in view.covariates], view.covariates.to_numpy()
    table, here = values[days], np.isfinite(values[days])
    moves = np.where(here, table, -np.inf).max(axis=0) > np.where(here, table, np.inf).min(axis=0)
    groups = [group_of(name) for name in names]
    least = np.array([TOLD if of == "own" else KNOWN for of in groups])
    today = np.isfinite(values[-1]) | np.isin(groups, ("market", "own"))
    used = [name not in SERIES or name in series for name in names]
    kept = np.flatnonzero(today & (here.mean(axis=0) >= least) & moves & used)
    return tuple(names[at] for at in kept), np.where(here, table, 0.0)[:, kept]
