"""Rows that are too unlikely to believe: held back with a typed reason until a person decides.

Only what hardly any market has ever done is held back; a crash of a third is kept, and `ingest.checks`
points at it. Nothing is corrected: a row is believed as it came, or not at all.
"""

from enum import StrEnum

import numpy as np
import numpy.typing as npt
import pandas as pd

TICK = 10.0
"""An open, high or low this many times above, or below, both closes beside it is a stray tick."""
OUTSIDE = 1.05
"""A close this many times above the high, or below the low, is no rounding."""
SLIP = 50.0
"""A close this many times above or below the median of its neighbours is written in another unit."""
SPIKE = 3.0
"""A close this many times above both neighbours, or below both, which agree among themselves, is a slip of the pen."""
AGREE = 1.5
"""Neighbours on two sides agree within this factor."""
REACH = 5
"""Neighbours on each side that a close is compared with."""
FEWEST = 3
"""Fewer neighbours than this judge nobody."""

Logs = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


class Reason(StrEnum):
    """Why a row is held back."""

    TICK = "bad tick"
    BAR = "impossible bar"
    UNIT = "unit slip"
    SPIKE = "price spike"
    SEAM = "joins nothing stored"


def suspicions(rows: pd.DataFrame, known: pd.DataFrame) -> pd.Series:
    """Why each row is held back; empty text where it is believed.

    Args:
        rows: A panel.
        known: The panel around them, these rows among it, one row a session, oldest first.

    Returns:
        A `Reason` or empty text for each of rows, in their order and with their index.
    """
    at = np.searchsorted(known["session"].to_numpy(), rows["session"].to_numpy())
    close = np.log(known["close"].to_numpy())
    level = close + np.cumsum(np.log(known["adjustment"].to_numpy()))
    before = np.concatenate([close[:1], close[:-1]])[at]
    reasons = np.full(len(rows), "", dtype=object)
    for reason, found in (
        (Reason.TICK, _ticks(rows, before)),
        (Reason.BAR, _bars(rows)),
        (Reason.SPIKE, _spikes(level)[at]),
        (Reason.UNIT, _slips(level)[at]),
    ):
        reasons[found] = reason.value
    return pd.Series(reasons, index=rows.index, dtype="str")


def _ticks(rows: pd.DataFrame, before: Logs) -> Mask:
    """Stray ticks: far from this session's close and from the one before it."""
    close, bars = np.log(rows["close"].to_numpy()), np.log(rows[["open", "high", "low"]].to_numpy())
    lower, upper = np.minimum(close, before) - np.log(TICK), np.maximum(close, before) + np.log(TICK)
    found: Mask = ((bars < lower[:, None]) | (bars > upper[:, None])).any(axis=1)
    return found


def _bars(rows: pd.DataFrame) -> Mask:
    high, low, close = (np.log(rows[name].to_numpy()) for name in ("high", "low", "close"))
    found: Mask = (high < low) | (close > high + np.log(OUTSIDE)) | (close < low - np.log(OUTSIDE))
    return found


def _slips(level: Logs) -> Mask:
    found = np.zeros(level.size, dtype=bool)
    for at in _near_a_jump(level):
        beside = np.concatenate([level[max(0, at - REACH) : at], level[at + 1 : at + 1 + REACH]])
        found[at] = beside.size >= FEWEST and abs(level[at] - np.median(beside)) > np.log(SLIP)
    return found


def _spikes(level: Logs) -> Mask:
    found = np.zeros(level.size, dtype=bool)
    before, here, after = level[:-2], level[1:-1], level[2:]
    far = (here > np.maximum(before, after) + np.log(SPIKE)) | (here < np.minimum(before, after) - np.log(SPIKE))
    found[1:-1] = far & (np.abs(before - after) < np.log(AGREE))
    return found


def _near_a_jump(level: Logs) -> npt.NDArray[np.intp]:
    """Positions within reach of a step large enough to lead to a slip; at all others a median is spared."""
    steps = np.flatnonzero(np.abs(np.diff(level)) > np.log(SLIP) / (2 * REACH))
    near = (steps[:, None] + np.arange(-REACH, REACH + 2)).ravel()
    return np.unique(near[(near >= 0) & (near < level.size)])
