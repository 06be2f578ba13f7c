"""Kinds of days that are known before their outcomes: calm and stormy ones, and those after breaks, pauses and falls.

Whether a day is of a kind follows from forecasts of it and from what happened before it, never from its own outcome. A
size is judged by the forecast that a common reference had made of it, in its robust standard deviations: the width of
the central 90 % interval over that of a standard normal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from forecaster.floats import Floats

BREAK = 4.0
"""A change farther than so many robust standard deviations from the reference's median is a break."""
AFTER = 20
"""Sessions after a break."""
FALL = -1.0
"""A change below so many robust standard deviations is a fall."""
_WIDTH = 2 * 1.6449
NEEDED = ("target", "y", "q05", "q50", "q95")

WORDS: Mapping[str, str] = {
    "calm": "the third of days with the least forecast volatility",
    "usual": "the middle third of days by forecast volatility",
    "stormy": "the third of days with the greatest forecast volatility",
    "after_break": f"the {AFTER} sessions after a break",
    "after_pause": "sessions after a weekend or holiday",
    "after_fall": "sessions after a fall",
}
"""Every kind by its id, in the middle of a sentence."""
TITLES: Mapping[str, str] = {
    "calm": "Calm third",
    "usual": "Middle third",
    "stormy": "Stormy third",
    "after_break": "After a break",
    "after_pause": "After a pause",
    "after_fall": "After a fall",
}
"""The same as the heading of a column."""


def deviation(rows: pd.DataFrame) -> Floats:
    """The robust standard deviation of each forecast `(days,)`, from `q05` and `q95`."""
    found: Floats = (rows["q95"].to_numpy(float) - rows["q05"].to_numpy(float)) / _WIDTH
    return found


def thirds(volatility: Floats) -> dict[str, NDArray[np.bool_]]:
    """Days in thirds by their rank among those that are judged.

    >>> {name: found.tolist() for name, found in thirds(np.array([3.0, 1.0, 2.0])).items()}
    {'calm': [False, True, False], 'usual': [False, False, True], 'stormy': [True, False, False]}
    """
    rank = np.argsort(np.argsort(volatility, kind="stable"), kind="stable")
    third = 3 * rank // max(volatility.size, 1)
    return {name: third == i for i, name in enumerate(("calm", "usual", "stormy"))}


def after(rows: pd.DataFrame) -> dict[str, NDArray[np.bool_]]:
    """Days after breaks, pauses and falls.

    Args:
        rows: `NEEDED` and, where there is one, `as_of`, of one reference on one asset, a row a day, by target.
    """
    y, scale = rows["y"].to_numpy(float), deviation(rows)
    far = np.abs(y - rows["q50"].to_numpy(float)) > BREAK * scale
    day = np.arange(len(rows))
    last = np.maximum.accumulate(np.where(far, day, -AFTER - 1))  # the newest break up to a day
    before = np.concatenate([[-AFTER - 1], last[:-1]]) if day.size else last
    fell = np.concatenate([[False], (y < FALL * scale)[:-1]]) if day.size else far
    target = pd.to_datetime(rows["target"])
    known = pd.to_datetime(rows["as_of"]) if "as_of" in rows else target.shift()
    paused = ((target.to_numpy() - known.to_numpy()) > np.timedelta64(1, "D")) if day.size else far
    return {"after_break": day - before <= AFTER, "after_pause": np.asarray(paused), "after_fall": fell}
