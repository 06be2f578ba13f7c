"""What came of a forecast: the change up to its target session, as it became known."""

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
    """The change up to a target session.

    Attributes:
        y: The change, a fraction.
        close: Price at its close.
        data_vintage: Hash of the rows it was computed from.
    """

    y: float
    close: float
    data_vintage: str


def outcome(history: History, target: pd.Timestamp, until: pd.Timestamp, horizon: int = 1) -> Outcome | None:
    """The outcome of a target session, None where it has no change (yet).

    It is the change as known at the target's own close, so that a later restatement does not rewrite it; a row that
    arrived later counts once it was known at the close of `until`. Over several sessions it is their total return, the
    product of their changes: where one of the closes is missing, there is none.

    Args:
        history: The asset's.
        target: The session that was forecast.
        until: The last session whose rows count.
        horizon: Sessions from the origin to the target.
    """
    found = (
        known_at(history, target, moment, horizon)
        for moment in (target, until)
        if history.first <= moment <= history.last
    )
    return next((one for one in found if one is not None), None)


def known_at(history: History, target: pd.Timestamp, moment: pd.Timestamp, horizon: int = 1) -> Outcome | None:
    """The outcome of a target session as it was known at the close of a session; None where it had no change then.

    Args:
        history: The asset's.
        target: The session that was forecast.
        moment: The session, one that the rows reach.
        horizon: Sessions from the origin to the target.
    """
    known = history.read(moment)
    rows = known[known["session"] <= target]
    changes = simple_changes(rows.tail(3 * horizon), calendar(history.asset.calendar), ("price",))["price"]
    y = _total(changes.iloc[-horizon:].to_numpy()) if target in changes.index else np.nan
    return Outcome(y, float(rows["close"].iloc[-1]), vintage_sha256(rows)) if np.isfinite(y) else None


def _total(changes: np.ndarray) -> float:
    """The change over several sessions; that of one alone is as it is, to the last bit."""
    return float(changes[0]) if changes.size == 1 else float(np.prod(1 + changes) - 1)
