"""Bars that cannot be: which of open, high, low and close is wrong.

A forecast rests on the close. An open, high or low that cannot be true is taken for missing, and its row is kept. Where
the three agree with each other and with the sessions around and the close does not, it is the close that is wrong, and
`ingest.suspicion` holds the row back.
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

TICK = 10.0
"""An open, high or low this many times above, or below, both closes beside it is a stray tick."""
OUTSIDE = 1.05
"""A price this many times above the high, or below the low, is no rounding."""
USUAL = 1.5
"""With nothing known after it, a close this far from the one before may still be right."""
FIELDS = ("open", "high", "low")

Logs = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


def without_wild_fields(rows: pd.DataFrame, known: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """The rows, with every open, high and low that cannot be as missing, and how many these are.

    A row whose close is the one that is wrong stays as it came: it is held back whole.

    Args:
        rows: A panel.
        known: The panel around them, these rows among it, one row a session, oldest first.
    """
    if rows.empty or rows[list(FIELDS)].isna().all(axis=None):
        return rows, 0
    at = np.searchsorted(known["session"].to_numpy(), rows["session"].to_numpy())
    wild = (_ticks(known) | _crossed(known))[at] & ~odd_closes(known)[at, None]
    wild &= rows[list(FIELDS)].notna().to_numpy()
    return rows.assign(**{name: rows[name].mask(wild[:, i]) for i, name in enumerate(FIELDS)}), int(wild.sum())


def odd_closes(panel: pd.DataFrame) -> Mask:
    """Rows whose close lies outside their bar while the closes of the sessions around them lie nearer to the bar.

    Where nothing is known after a row, a close that moved no more than `USUAL` is left alone.

    Args:
        panel: One row a session, oldest first.

    Returns:
        `(rows,)`.
    """
    opened, high, low, close = (_log(panel, name) for name in (*FIELDS, "close"))
    factor = _log(panel, "adjustment")
    before, after = np.full(close.size, np.nan), np.full(close.size, np.nan)
    before[1:], after[:-1] = close[:-1] - factor[1:], close[1:] + factor[1:]
    top = np.fmax(np.fmax(opened, high), low)
    bottom = np.fmin(np.fmin(opened, high), low)
    outside = (close > top + np.log(OUTSIDE)) | (close < bottom - np.log(OUTSIDE))
    odd = outside & ~(np.isnan(before) & np.isnan(after))
    for beside in (before, after):
        gap = np.maximum(np.maximum(beside - top, bottom - beside), 0.0)
        odd &= np.isnan(beside) | (gap < np.abs(beside - close))
    moved = np.abs(close - before) > np.log(USUAL)
    found: Mask = odd & (~np.isnan(after) | moved)
    return found


def _ticks(panel: pd.DataFrame) -> Mask:
    """Stray ticks `(rows, fields)`: far from this session's close and from the one before it."""
    close, bars = _log(panel, "close"), np.stack([_log(panel, name) for name in FIELDS], axis=1)
    before = np.concatenate([close[:1], close[:-1]])
    lower, upper = np.minimum(close, before) - np.log(TICK), np.maximum(close, before) + np.log(TICK)
    found: Mask = (bars < lower[:, None]) | (bars > upper[:, None])
    return found


def _crossed(panel: pd.DataFrame) -> Mask:
    """Fields `(rows, fields)` that contradict their bar: a high below, or a low above, what was traded.

    Of a high below the low both go, unless open and close tell which of them is wrong.
    """
    opened, high, low, close = (_log(panel, name) for name in (*FIELDS, "close"))
    crossed, slack = high < low, np.log(OUTSIDE)
    short = np.fmax(opened, close) > high + slack
    tall = np.fmin(opened, close) < low - slack
    alone = short != tall
    high_wrong = (crossed & ~(alone & tall)) | (~crossed & (close > high + slack))
    low_wrong = (crossed & ~(alone & short)) | (~crossed & (close < low - slack))
    open_wrong = ~crossed & ~high_wrong & ~low_wrong & (short | tall)
    return np.stack([open_wrong, high_wrong, low_wrong], axis=1)


def _log(panel: pd.DataFrame, name: str) -> Logs:
    level: Logs = np.log(panel[name].to_numpy(dtype=float))
    return level
