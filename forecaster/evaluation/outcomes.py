"""What came of a forecast: the change of its target session, as it became known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ingest.changes import simple_changes
from ingest.history import vintage_sha256
from ingest.sessions import calendar

if TYPE_CHECKING:
    import pandas as pd

    from ingest.history import History


@dataclass(frozen=True)
class Outcome:
    """The change of a target session.

    Attributes:
        y: The change, a fraction.
        close: Price at its close.
        data_vintage: Hash of the rows it was computed from.
    """

    y: float
    close: float
    data_vintage: str


def outcome(history: History, target: pd.Timestamp, until: pd.Timestamp) -> Outcome | None:
    """The outcome of a target session, None where it has no change (yet).

    It is the change as known at the target's own close, so that a later restatement does not rewrite it; a row that
    arrived later counts once it was known at the close of `until`.
    """
    for moment in (target, until):
        if not history.first <= moment <= history.last:
            continue
        known = history.read(moment)
        rows = known[known["session"] <= target]
        change = simple_changes(rows.tail(3), calendar(history.asset.calendar), ("price",))["price"]
        if target in change.index and np.isfinite(change[target]):
            return Outcome(float(change[target]), float(rows["close"].iloc[-1]), vintage_sha256(rows))
    return None
