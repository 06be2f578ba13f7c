r"""Whether closes are lowered for the dividends that stand beside them: by their digits, then by their falls.

A provider that adjusts closes multiplies all before an ex-day by `1 - d/c`, c being the close before it. Quoted prices
are multiples of a tick, lowered ones are not; but the one before the last ex-day becomes c - d, which is round again,
and a program may round all of them. So the digits of several closes are asked, and where all are round, the falls: over
an ex-day a quoted close moves like any other day less the yield y, a lowered one like any other. With moves of standard
deviation s the logarithm of how much likelier quoted closes make the moves r is

    sum over ex-days of (r² - (r + y)²) / (2 s²),        for quoted closes sum y² / (2 s²) on average.

Small dividends beside large moves say nothing there, and round closes are believed to be quoted, as nearly all are:
they are asked for only where the falls speak against it, the sooner the more they could say.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ingest.errors import BadValueError

Numbers = npt.NDArray[np.float64]

_ROUND, _NOT_ROUND = 0.8, 0.2
"""Shares of closes: quoted thirds of a cent, as a later split leaves, are round in between."""
_CENT = 0.01
_TICKS, _COARSE = (_CENT, 0.001, 0.0001), (0.1, 1.0)
"""Exchanges quote in coarser steps above some price: cents are round all the same, unless a price is too large."""
_SIXTY_FOURTH = 1 / 64
_SINGLE = 1e-7
"""Relative: what a price in single precision is off by."""
_CHANCE = 0.1
"""Share of closes that may be multiples of a tick by chance."""
_SEVERAL = 5
"""Closes whose digits tell."""
_DOUBT, _TELLING = -2.0, 8.0
"""Logarithm of how much likelier lowered closes must be for round ones to be doubted, where the falls say nothing; and
what quoted closes have of it on average where none is needed. In between, in proportion: 1 in 24 of quoted ones is
doubted at most, if their moves are normal."""
_FAR = 3.0
"""Standard deviations: a move beyond says no more than this one."""
_SD_OF_MEDIAN = 1.4826


class Paying(NamedTuple):
    """Closes and what is paid beside them, `(rows,)` each, oldest first.

    Attributes:
        closes: Above zero.
        paid: Dividends, in the closes' own shares.
        split: Splits with which closes fall; 1 for none.
        divided: Splits that earlier closes are divided by already; 1 for none.
    """

    closes: Numbers
    paid: Numbers
    split: Numbers
    divided: Numbers


def are_lowered(given: Paying, where: str, said: str) -> bool:
    """Whether closes are lowered for their dividends already.

    Args:
        given: The closes.
        where: The file, for messages.
        said: `paid` or `included` as the user says, else nothing.

    Raises:
        BadValueError: Nothing tells.

    >>> cents = np.array([20.0, 20.11, 20.04, 20.17, 20.09, 20.14, 19.63, 19.71])
    >>> given = Paying(cents, np.array([0.0, 0, 0, 0, 0, 0, 0.5, 0]), np.ones(8), np.ones(8))
    >>> are_lowered(given, "f", ""), are_lowered(given, "f", "included")
    (False, True)
    """
    ex_days = np.flatnonzero(given.paid > 0)
    ex_days = ex_days[ex_days > 0]
    if said or not ex_days.size:
        return said == "included"
    quoted = given.closes * np.append(np.cumprod(given.divided[:0:-1])[::-1], 1.0)
    share = _round_before(quoted, int(ex_days[-1]))
    if share is not None and share <= _NOT_ROUND:
        return True
    if share is None or share <= _ROUND or not _fall(given, ex_days):
        raise BadValueError(
            f"{where}: its closes do not show whether they are already adjusted for its dividends: use "
            "--dividends paid if they are as quoted, --dividends included if they are adjusted"
        )
    return False


def _round_before(quoted: Numbers, last: int) -> float | None:
    """The share of closes before the last ex-day that are multiples of the tick of those after; None: too few tell."""
    before, after = quoted[: last - 1], quoted[last:]  # the one before is round where it is lowered too
    if before.size < _SEVERAL:
        return None
    least = 2 * float(np.median(before)) * _SINGLE / _CHANCE
    telling = [tick for tick in _TICKS if least < tick] or [tick for tick in _COARSE if least < tick][:1]
    fit = [tick for tick in telling if _round(after, tick) > _ROUND]
    if not fit or (after.size < _SEVERAL and fit[-1] != telling[-1]):
        return None
    return _round(before, fit[0] if after.size >= _SEVERAL else fit[-1])


def _round(prices: Numbers, tick: float) -> float:
    """The share of prices that are multiples of a tick, or of the fractions of a dollar that were quoted till 2001."""
    off = np.minimum(*(np.abs(prices - np.round(prices / step) * step) for step in (tick, _SIXTY_FOURTH)))
    return float(np.mean(off <= np.maximum(prices * _SINGLE, 1e-9)))


def _fall(given: Paying, ex_days: npt.NDArray[np.intp]) -> bool:
    """Whether closes fall on ex-days as quoted ones do, or too little tells that they do not."""
    moves = np.diff(np.log(given.closes)) + np.log(given.split[1:])
    others = np.delete(moves, ex_days - 1)
    least = _CENT / float(np.median(given.closes)) / 2
    sd = max(_SD_OF_MEDIAN * float(np.median(np.abs(others))), least) if others.size else least
    paid = np.log1p(given.paid[ex_days] / given.closes[ex_days]) / sd
    moved = np.clip(moves[ex_days - 1] / sd, -paid - _FAR, _FAR)
    speaks = float(np.sum(moved**2 - (moved + paid) ** 2)) / 2
    usual = float(np.sum(paid**2)) / 2
    return speaks > _DOUBT * max(0.0, 1.0 - usual / _TELLING)
