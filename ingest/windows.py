"""Seven-day windows of changes and the change of the session after them.

Row t of the windows says: with the changes of the seven sessions that end at `as_of[t]`, the
price changed by `y[t]` on `target[t]`, the calendar's next session. One session ahead, never
two. Only complete rows are kept; those left out are counted by reason.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.errors import ConstantSeriesError, IncompleteWindowError, TooFewRowsError
from ingest.sessions import Day, as_day

LENGTH = 7
"""Sessions in a window."""

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]
Value = TypeVar("Value", bound=np.generic)


@dataclass(frozen=True, eq=False)
class Windows:
    """Complete windows of one asset, oldest first.

    Attributes:
        symbol: The asset.
        series: Names of the series, in the order of x's last axis.
        x: Changes `(rows, 7, series)`, fractions per session, oldest day first.
        y: Price change of the target session `(rows,)`, a fraction.
        as_of: Last session of each window `(rows,)`, `datetime64[D]`.
        target: The calendar's next session `(rows,)`, `datetime64[D]`.
        dropped: Reason -> windows left out because of it; a window that has several reasons is
            counted once, under the first of: price, the other series in their order, target.
    """

    symbol: str
    series: tuple[str, ...]
    x: Floats
    y: Floats
    as_of: Days
    target: Days
    dropped: Mapping[str, int]

    def __len__(self) -> int:
        """Number of complete windows."""
        return len(self.y)


def build_windows(symbol: str, changes: pd.DataFrame, series: Sequence[str]) -> Windows:
    """Every complete window of a table of changes.

    Args:
        symbol: The asset, for messages.
        changes: One row for *every* calendar session, as `ingest.changes.simple_changes` gives
            them, with the column `price` and the columns of `series`.
        series: The series to use, in order.

    Returns:
        Windows; the last possible origin is the last session but one, whose target is the last.
    """
    if len(changes) and np.isnan(changes["price"].iloc[0]):
        changes = changes.iloc[1:]  # the first session of a history has no change; that is no gap
    values = changes.loc[:, list(series)].to_numpy(dtype=float)
    price = changes["price"].to_numpy(dtype=float)
    days = changes.index.to_numpy().astype("datetime64[D]")
    rows = max(len(price) - LENGTH, 0)
    y = price[LENGTH : LENGTH + rows]
    reasons = _reasons(values, y, series)
    whole = reasons < 0
    said = ["price gap" if name == "price" else f"{name} missing or zero" for name in series]
    said.append("price gap at the target")
    dropped = Counter(said[reason] for reason in reasons[~whole].tolist())
    return Windows(
        symbol=symbol,
        series=tuple(series),
        x=np.ascontiguousarray(stretches(values)[:rows][whole]),
        y=y[whole],
        as_of=days[LENGTH - 1 : LENGTH - 1 + rows][whole],
        target=days[LENGTH : LENGTH + rows][whole],
        dropped=dict(sorted(dropped.items())),
    )


def origin_window(symbol: str, changes: pd.DataFrame, series: Sequence[str], as_of: Day) -> Floats:
    """The window that ends at one origin: what a forecast made there may look at.

    Args:
        symbol: The asset, for messages.
        changes: As for `build_windows`; rows after the origin are not looked at.
        series: The series to use, in order.
        as_of: The origin, a session.

    Returns:
        Changes `(7, series)`, oldest day first.

    Raises:
        IncompleteWindowError: Names the first series and session that are missing.
    """
    origin = as_day(as_of)
    last = int(changes.index.searchsorted(origin, side="right"))
    days = changes.index[max(last - LENGTH, 0) : last]
    if len(days) < LENGTH or days[-1] != origin:
        raise IncompleteWindowError(
            f"{symbol} has no {LENGTH} sessions of changes that end at {origin:%Y-%m-%d}: "
            "import the missing rows, or choose another as-of"
        )
    window = np.stack([changes[name].to_numpy(dtype=float)[last - LENGTH : last] for name in series], axis=1)
    missing = np.isnan(window)
    if missing.any():
        column = int(np.argmax(missing.any(axis=0)))
        session = days[int(np.argmax(missing[:, column]))]
        raise IncompleteWindowError(
            f"{symbol} has no change of {series[column]} on {session:%Y-%m-%d} (that session's level or "
            f"the one before is missing or zero), so the window of {origin:%Y-%m-%d} is incomplete: "
            "import the missing value, or choose another as-of"
        )
    return window


def require_usable(windows: Windows, minimum: int, wanting: str = "") -> None:
    """Refuses windows from which nothing can be learned.

    Args:
        windows: The complete windows up to an origin.
        minimum: Complete windows needed.
        wanting: How many rows would do, as `rows_wanted` tells; empty where that is not known.

    Raises:
        TooFewRowsError: States how many there are, how many are needed, and what was dropped.
        ConstantSeriesError: The price never moved.
    """
    if len(windows) < minimum:
        lost = ", ".join(f"{count} dropped: {reason}" for reason, count in windows.dropped.items())
        raise TooFewRowsError(
            f"{windows.symbol} has {len(windows)} complete windows of {LENGTH} sessions and their next, "
            f"and at least {minimum} are needed{f' ({lost})' if lost else ''}: import a longer history{wanting}"
        )
    if not windows.y.any():
        first, last = windows.as_of[0], windows.target[-1]
        raise ConstantSeriesError(
            f"{windows.symbol} has a price that never moves from {first} to {last}: "
            "there is nothing to forecast; check the file's close column"
        )


def rows_wanted(known: npt.NDArray[np.bool_], rows: int, minimum: int, warm_up: int) -> str:
    """How many rows an asset with too few would have to have, in words.

    Those that it has stay as they are, with their gaps; the further ones are sessions without any, before or after.

    Args:
        known: Which sessions have a price change `(sessions,)`, oldest first.
        rows: Rows of these sessions.
        minimum: Complete windows needed.
        warm_up: Changes that must have been seen before one counts in a window.

    >>> rows_wanted(np.arange(61) > 0, rows=61, minimum=60, warm_up=20)
    ' (88 rows without a gap would do; it has 61)'
    """
    further = minimum + warm_up + 2 * LENGTH
    price = np.concatenate([known, np.ones(further, dtype=bool)])
    seen = np.concatenate([[0], np.cumsum(price)[:-1]])
    whole = stretches((price & (seen >= warm_up))[:, None])[:-1].all(axis=(1, 2)) & price[LENGTH:]
    enough = int(np.searchsorted(np.cumsum(whole), minimum)) + LENGTH + 1
    return f" ({rows + enough - known.size} rows without a gap would do; it has {rows})"


def stretches(values: npt.NDArray[Value]) -> npt.NDArray[Value]:
    """Every seven sessions in a row `(sessions - 6, 7, series)` of values `(sessions, series)`; none of fewer."""
    if len(values) < LENGTH:
        return np.empty((0, LENGTH, values.shape[1]), values.dtype)
    return np.lib.stride_tricks.sliding_window_view(values, LENGTH, axis=0).transpose(0, 2, 1)


def _reasons(values: Floats, y: Floats, names: Sequence[str]) -> npt.NDArray[np.intp]:
    """Why each window is incomplete `(rows,)`, as a place among the names of the series; past them for the target.

    The first of the reasons counts; -1 where the window is complete.
    """
    holes: npt.NDArray[np.bool_] = np.asarray(stretches(np.isnan(values))[: len(y)].any(axis=1))
    order = sorted(range(len(names)), key=lambda at: names[at] != "price")
    conditions = [*(holes[:, at] for at in order), np.isnan(y)]
    found: npt.NDArray[np.intp] = np.select(conditions, [np.intp(at) for at in [*order, len(names)]], default=-1)
    return found
