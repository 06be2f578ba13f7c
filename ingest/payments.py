r"""Dividends and splits that stand in columns of their own, as total-return factors (`ingest.adjustments`).

A dividend d of a share that closes at c multiplies the session's factor by `1 + d/c`. A split of s to one multiplies
it by s where the closes are as quoted; where a provider has divided earlier closes by it already, it must not. Which of
the two it is, the closes themselves tell: over a split, either they or s times they go on. Whether they are lowered for
dividends already is told by their digits: prices are quoted in round hundredths, lowered ones are not.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.adjustments import DIGITS
from ingest.errors import BadValueError

Numbers = npt.NDArray[np.float64]

_CLEAR = 0.18
"""A split whose logarithm is larger tells by itself whether closes fell with it."""
_MOVES = 0.4
"""What a close may move in its logarithm beside a split."""
_REGULAR = 0.1
"""Share of rows: whatever is paid more often is no dividend of a day."""
_ROUND, _NOT_ROUND = 0.8, 0.5
_TICKS = (0.01, 0.001, 0.0001)
_SIXTY_FOURTH = 1 / 64
_DOUBLE = 2e-7
"""Relative: what a price in single precision is off by."""
_FEW = 8


class Payments(NamedTuple):
    """What each row pays: `(rows,)`; a split of 0 or 1 is none."""

    dividend: Numbers
    split: Numbers


class Factors(NamedTuple):
    """Total-return factors `(rows,)`, NaN where they are not known, and what a user should know."""

    factors: Numbers
    notes: tuple[str, ...] = ()


def payment_factors(close: Numbers, payments: Payments, where: str, dividends: str = "") -> Factors:
    """The factor of each session, from its dividend and its split.

    Args:
        close: Closes `(rows,)`, oldest first, NaN where there is none: a payment on such a row counts on the next that
            has one.
        payments: Of the same rows.
        where: The file, for messages.
        dividends: `paid` or `included` as the user says, else nothing.

    Raises:
        BadValueError: Whether the closes include the dividends, nothing tells.

    >>> import numpy as np
    >>> paid = Payments(np.array([0.0, 2.6, 0.0]), np.array([0.0, 0.0, 4.0]))
    >>> payment_factors(np.array([130.0, 130.0, 32.0]), paid, "f").factors.tolist()
    [1.0, 1.02, 4.0]
    """
    paid, splits = np.nan_to_num(payments.dividend), np.nan_to_num(payments.split, nan=1.0)
    splits = np.where(splits <= 0, 1.0, splits)
    if np.mean(paid > 0) > _REGULAR and np.sum(paid > 0) > 1:
        return Factors(np.full(close.size, np.nan), ("dividends on so many days are no payments, left out",))
    if np.mean(splits != 1) > _REGULAR and np.sum(splits != 1) > 1:
        return Factors(np.full(close.size, np.nan), ("splits on so many days are none, left out",))
    known = ~np.isnan(close)
    paid, splits, waiting = _moved(paid, splits, known)
    notes: tuple[str, ...] = ()
    if waiting:
        notes = ("a dividend or a split after the last close waits for its row: import it again with one",)
    factors = np.ones(close.size)
    closes = close[known]
    raw = _are_raw(closes, splits[known], where)
    quoted = np.where(raw, splits[known], 1.0)
    included = _included(closes, paid[known], np.where(raw, 1.0, splits[known]), where, dividends)
    yields = np.zeros(closes.size) if included else paid[known] / closes
    if included:
        notes += ("the closes are adjusted for dividends already",)
    factors[known] = [float(f"{factor:.{DIGITS}g}") for factor in quoted * (1.0 + yields)]
    return Factors(factors, notes)


def _moved(paid: Numbers, splits: Numbers, known: npt.NDArray[np.bool_]) -> tuple[Numbers, Numbers, bool]:
    """Payments on the next row with a close, and whether one has none after it."""
    paid_then, splits_then = np.zeros(paid.size), np.ones(splits.size)
    owed, ratio = 0.0, 1.0
    for row in range(paid.size):
        owed, ratio = owed / splits[row] + paid[row], ratio * splits[row]
        if known[row]:
            paid_then[row], splits_then[row] = owed, ratio
            owed, ratio = 0.0, 1.0
    return paid_then, splits_then, bool(owed or ratio != 1)


def _are_raw(closes: Numbers, splits: Numbers, where: str) -> npt.NDArray[np.bool_]:
    """Whether closes fell with each split `(rows,)`; a small one follows the clear ones, or all together.

    Raises:
        BadValueError: They did something else.
    """
    raw = np.zeros(closes.size, dtype=bool)
    rows = [row for row in np.flatnonzero(splits != 1) if row]
    if not rows:
        return raw
    sizes = np.log(splits[rows])
    falls = np.log(closes[np.array(rows) - 1] / closes[rows])
    evidence = falls**2 - (falls - sizes) ** 2
    clear = np.abs(sizes) >= _CLEAR
    against = clear & (np.minimum(np.abs(falls), np.abs(falls - sizes)) > _MOVES)
    if against.any():
        at = rows[int(np.argmax(against))]
        raise BadValueError(
            f"{where}: a split of {splits[at]:g} where the close goes from {closes[at - 1]:g} to {closes[at]:g}: "
            "correct the split, new shares for one old, or the closes"
        )
    together = float(evidence[clear].sum() if clear.any() else evidence.sum()) > 0
    raw[rows] = np.where(clear, evidence > 0, together)
    return raw


def _included(closes: Numbers, paid: Numbers, later: Numbers, where: str, said: str) -> bool:
    """Whether closes are lowered for their dividends already.

    Args:
        closes: `(rows,)`.
        paid: Dividends `(rows,)`.
        later: Splits that closes are divided by already `(rows,)`.
        where: The file.
        said: By the user.

    Raises:
        BadValueError: Nothing tells.
    """
    days = np.flatnonzero(paid > 0)
    before = days[days > 0]
    if said or not before.size:
        return said == "included"
    last = int(before[-1])
    quoted = closes * np.append(np.cumprod(later[:0:-1])[::-1], 1.0)
    ticks = [tick for tick in _TICKS if closes.size - last < _FEW or _round(quoted[last:], tick) > _ROUND]
    share = _round(quoted[:last], ticks[0]) if ticks else None
    if share is None or _NOT_ROUND < share <= _ROUND or not _tells(quoted[:last], ticks[0]):
        raise BadValueError(
            f"{where}: whether its closes are adjusted for its dividends already, their digits do not tell: say "
            "--dividends paid where they are as quoted, --dividends included where they are adjusted"
        )
    return share <= _NOT_ROUND


def _round(prices: Numbers, tick: float) -> float:
    """The share of prices that are multiples of a tick, or of the fractions of a dollar that were quoted till 2001."""
    off = np.minimum(*(np.abs(prices - np.round(prices / step) * step) for step in (tick, _SIXTY_FOURTH)))
    return float(np.mean(off <= np.maximum(prices * _DOUBLE, 1e-9)))


def _tells(prices: Numbers, tick: float) -> bool:
    """Whether prices are small enough that a multiple of the tick is no chance."""
    return bool(np.median(prices) * _DOUBLE * 4 < tick)
