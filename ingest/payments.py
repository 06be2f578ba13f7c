r"""Dividends and splits that stand in columns of their own, as total-return factors (`ingest.adjustments`).

A dividend d of a share that closes at c multiplies the session's factor by `1 + d/c`. A split of s to one multiplies
it by s where the closes are as quoted; where a provider has divided earlier closes by it already, it must not. Which of
the two it is, the closes themselves tell: over a split, either they or s times they go on. Of a split on the first row
they do not tell, and so its factor is not known. Whether closes are lowered for dividends already says
`ingest.lowered_closes`. Of closes that are, or that are divided by a split, the first row's factor is not known either:
their level is that of the day when the file was made. Of a dividend on the first row alone nothing tells whether the
close before it, which is another file's, is lowered for it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.adjustments import DIGITS
from ingest.errors import BadValueError
from ingest.lowered_closes import Paying, are_lowered

Numbers = npt.NDArray[np.float64]

_CLEAR = 0.18
"""A split whose logarithm is larger tells by itself whether closes fell with it."""
_MOVES = 0.4
"""What a close may move in its logarithm beside a split."""
_REGULAR, _MANY_SPLITS = 0.35, 0.1
"""Shares of rows: whatever is paid more often is no dividend of a day (some funds pay every week), or no split."""


class Payments(NamedTuple):
    """What each row pays: `(rows,)`; a split of 0 or 1 is none."""

    dividend: Numbers
    split: Numbers


class Factors(NamedTuple):
    """What payments make.

    Attributes:
        factors: Total-return factors `(rows,)`, NaN where they are not known.
        restated: The closes' level is that of the day when the file was made: they are lowered for dividends that came
            after them, or divided by splits; or nothing tells.
        notes: What a user should know.
    """

    factors: Numbers
    restated: bool = False
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
        BadValueError: Whether the closes include the dividends, nothing tells; or closes contradict a payment.

    >>> import numpy as np
    >>> paid = Payments(np.array([0.0, 2.6, 0.0]), np.array([0.0, 0.0, 4.0]))
    >>> payment_factors(np.array([130.0, 130.0, 32.0]), paid, "f", "paid").factors.tolist()
    [1.0, 1.02, 4.0]
    """
    paid, splits = _said(payments)
    factors = np.full(close.size, np.nan)
    if what := standing(payments):
        return Factors(factors, notes=(f"{what} on too many days to be payments, left out",))
    known = ~np.isnan(close)
    paid, splits, waiting = _moved(paid, splits, known)
    notes: tuple[str, ...] = ()
    if waiting:
        notes = ("a dividend or a split after the last close waits for its row: import it again with one",)
    factors[~known] = 1.0
    closes, paid, splits = close[known], paid[known], splits[known]
    raw = _are_raw(closes, splits, where)
    quoted = np.where(raw, splits, 1.0)
    divided = np.where(raw, 1.0, splits)
    lowered = are_lowered(Paying(closes, paid, quoted, divided), where, dividends)
    if lowered:
        notes += ("the closes are adjusted for dividends already",)
    else:
        _refuse_too_large(closes, paid, quoted, where)
    found = quoted if lowered else quoted * (1.0 + paid / closes)
    factors[known] = [float(f"{factor:.{DIGITS}g}") for factor in found]
    alone = not dividends and bool((paid[:1] > 0).any()) and not (paid[1:] > 0).any()
    if alone:
        notes += ("whether the dividend on its first row counts is not known: use --dividends paid if it does",)
    restated = alone or lowered or bool((divided[1:] != 1).any())
    if closes.size and (restated or splits[0] != 1):
        factors[np.argmax(known)] = np.nan
    return Factors(factors, restated, notes)


def _refuse_too_large(closes: Numbers, paid: Numbers, quoted: Numbers, where: str) -> None:
    """Refuses a dividend that no close before it, or on the first row its own, could pay.

    Raises:
        BadValueError: There is one.
    """
    if not closes.size:
        return
    before = np.append(closes[0], closes[:-1] / quoted[1:])
    if (paid >= before).any():
        row = int(np.argmax(paid >= before))
        rule = "the close before it" if row else "its close, and there is no close before it"
        raise BadValueError(
            f"{where} has a dividend of {paid[row]:g}, as large as {rule}: correct it, or leave it empty"
        )


def standing(payments: Payments) -> str:
    """What stands on so many rows that it is a rate or a sum of a year, in words; nothing where all are payments."""
    paid, splits = _said(payments)
    for what, rows, most in (("dividends", paid > 0, _REGULAR), ("splits", splits != 1, _MANY_SPLITS)):
        if np.mean(rows) > most and np.sum(rows) > 1:
            return what
    return ""


def on_closes(payments: Payments, known: npt.NDArray[np.bool_]) -> Payments:
    """The payments, each on its row or on the next that has a close; splits of 1 for none.

    Args:
        payments: Of the rows.
        known: Which rows have a close `(rows,)`.
    """
    paid, splits, _ = _moved(*_said(payments), known)
    return Payments(paid, splits)


def _said(payments: Payments) -> tuple[Numbers, Numbers]:
    """Dividends, 0 for none, and splits, 1 for none."""
    splits = np.nan_to_num(payments.split, nan=1.0)
    return np.nan_to_num(payments.dividend), np.where(splits <= 0, 1.0, splits)


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
