r"""The sessions that a store and an import both have: is it the same history, perhaps in another scale?

A provider divides its whole past by every later split, and many by every later dividend too, so that two files of one
history differ in their closes. What they share is the total return: the log of its index,

    L[t] = log c[t] + sum of log a[s], s <= t,        c the close, a the factor (`ingest.adjustments`)

differs by a constant between two that tell the same history. Where closes differ and most changes agree, the rows are
*restated*: they say nothing new. Any other close that differs is a correction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.adjustments import ROUNDING

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]
Days = npt.NDArray[np.datetime64]

SAME = 1e-6
"""Values this near, relative, are equal up to their last digits."""
MANNERS = 0.05
"""Providers reckon a payment against the close before it or after it: it counts for a little more, or less."""
MOST = 0.5
"""Rows are restated where at least this share of their changes is that of the store."""
SPLIT = 0.1
"""A log change of this size or more may be a split."""
QUOTES = 0.003
"""Changes of two providers' closes of one asset differ by no more; those of two assets differ by more, as a rule."""
FEWEST = 3
"""Fewer changes than this say little of which asset it is."""
UNLIKE = 0.5
"""Two histories whose changes differ by this many of an asset's own standard deviations are of two assets."""
RATIOS = (1.25, 4 / 3, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 10, 12, 15, 20, 25, 30, 40, 50, 100)
"""Of usual splits."""
BESIDES = 0.03
"""Dividends since move the ratio of a split by no more."""
SMALL = 1e-3
"""No dividend worth asking about is smaller."""
COARSE = 0.005
"""A price that is written more coarsely than this, relative, is compared as if it were not."""
_NORMAL = 1.4826
"""Standard deviation of a normal over its median absolute deviation."""
_DECIMALS = 10
"""No price is told more finely than this."""


@dataclass(frozen=True, eq=False)
class Prices:
    """Closes and factors of a series, oldest first, each `(rows,)`; a factor is NaN where nothing is said of it."""

    days: Days
    close: Floats
    factor: Floats

    @cached_property
    def index(self) -> Floats:
        """The log of the total-return index `(rows,)`; where nothing is said of a factor, nothing was paid."""
        level: Floats = np.log(self.close) + np.cumsum(np.log(np.nan_to_num(self.factor, nan=1.0)))
        return level

    @cached_property
    def spread(self) -> float:
        """The robust standard deviation of its log changes."""
        changes = np.diff(self.index)
        return float(_NORMAL * np.median(np.abs(changes - np.median(changes)))) if changes.size else 0.0


def prices(rows: pd.DataFrame) -> Prices:
    """The prices of a panel."""
    days = rows["session"].to_numpy().astype("datetime64[D]")
    return Prices(days, rows["close"].to_numpy(dtype=float), rows["adjustment"].to_numpy(dtype=float))


@dataclass(frozen=True, eq=False)
class Overlap:
    """What two series have in common.

    Attributes:
        stored: The store's.
        given: The import's; what it does not say of a factor is filled in.
        there, here: Places of the common sessions in either `(common,)`.
        scale: Log of the stored close over the given one `(common,)`.
        slack: By how much a scale may be off, since prices are written with so many decimals `(common,)`.
    """

    stored: Prices
    given: Prices
    there: Places
    here: Places
    scale: Floats
    slack: Floats

    @cached_property
    def same(self) -> Mask:
        """Whether both closes are equal, up to their last digits `(common,)`."""
        equal: Mask = np.abs(self.scale) <= SAME
        return equal

    @cached_property
    def offset(self) -> Floats:
        """The store's total-return index over the import's, in logs `(common,)`."""
        return self.stored.index[self.there] - self.given.index[self.here]

    def agrees(self, restated: Mask) -> Mask:
        """Whether the change up to each common session, from the common one before, is the same `(common,)`.

        Between two restated ones, it need only be as near as two providers are.
        """
        both = restated[self.here] & np.append(False, restated[self.here][:-1])
        near: Mask = self._apart <= np.where(both, QUOTES, ROUNDING)
        return near

    @cached_property
    def _apart(self) -> Floats:
        """By how much those changes differ, beyond the rounding of prices `(common,)`."""
        apart = np.full(self.scale.size, np.inf)
        apart[1:] = np.abs(np.diff(self.offset)) - self.slack[1:] - self.slack[:-1]
        paid = np.abs(np.log(self.stored.factor[self.there])) + np.abs(np.log(self.given.factor[self.here]))
        return apart - MANNERS * paid

    def restated(self, *, pays: bool) -> Mask:
        """Which rows of the import are only in another scale than the store `(rows,)`.

        Args:
            pays: Whether the asset may pay dividends or be split: what never does, is not restated.
        """
        found = np.zeros(self.given.days.size, dtype=bool)
        if not pays:
            return found
        if self.here.size == 1:  # where the only one differs, the others of the import say how it goes on
            goes_on = self.given.days.size > 1
            found[self.here] = not self.same[0] and goes_on and (not self.large[0] or self._like_a_split(0))
            return found
        edges = np.flatnonzero(np.diff(self.same.astype(np.int8), prepend=1, append=1))
        for start, end in edges.reshape(-1, 2).tolist():
            found[self.here[start:end]] = self._same_history(start, end)
        return found

    def doubtful(self, restated: Mask, *, pays: bool) -> bool:
        """Whether closes differ from the first on, and one cannot say why: a correction, or a payment since.

        Args:
            restated: As the method of this name says it.
            pays: As there.
        """
        if self.same[0] or restated[self.here[0]]:
            return False
        if self.here.size > 1:  # the file begins with rows that differ, and others are the same
            return pays and self.here[0] == 0 and bool(self.same.any() and abs(self.scale[0]) > SMALL)
        return pays if self.given.days.size == 1 else bool(self.large[0])

    def foreign(self, restated: Mask, *, pays: bool) -> bool:
        """Whether most common closes are of another history: of another asset, or in another currency.

        Args:
            restated: As the method of this name says it.
            pays: As there.
        """
        others = ~self.same & ~restated[self.here]
        if others.sum() < max(2, self.same.size / 2):
            return False
        changes = np.abs(np.diff(self.offset)[others[1:]])
        moves = changes.size >= FEWEST and np.median(changes) > UNLIKE * self.stored.spread
        return bool(abs(np.median(self.scale[others])) > (SPLIT if pays else BESIDES) or moves)

    @cached_property
    def large(self) -> Mask:
        """Whether closes differ by as much as a split may make them `(common,)`."""
        found: Mask = np.abs(self.scale) > SPLIT
        return found

    @cached_property
    def _beside(self) -> Mask:
        """Whether the common session before each is the one before it in both `(common,)`."""
        return np.append(False, (np.diff(self.here) == 1) & (np.diff(self.there) == 1))

    def _like_a_split(self, at: int) -> bool:
        """Whether two closes differ as a usual split makes them, with small dividends besides."""
        usual = np.log([*RATIOS, *(1 / ratio for ratio in RATIOS)])
        return bool((np.abs(usual - self.scale[at]) < BESIDES).any())

    def _same_history(self, start: int, end: int) -> bool:
        """Whether a run of differing closes goes as the store's do, from the session before it to the one after it.

        What differs by no more than prices are rounded by agrees in any case: that is a correction of a last digit.
        """
        size = np.abs(self.scale[start:end])
        large = bool(np.median(size) > SPLIT)
        if float(np.median(size - self.slack[start:end])) <= ROUNDING:
            return False
        inside, last = max(start, 1), min(end, self.same.size - 1)
        told = self._beside[inside : last + 1]  # over sessions that a series lacks, its change is not known for sure
        if not told.any():
            return self._like_a_split(start) or not large
        apart = self._apart[inside : last + 1]
        known = apart <= (QUOTES if large and apart.size >= FEWEST else ROUNDING)
        came = start > 0 and told[0] and not known[0]
        went = end < self.same.size and told[-1] and not known[-1]
        return bool(known[told].mean() >= MOST) and not came and (not went or known.sum() >= FEWEST or large)


def overlap(stored: Prices, given: Prices) -> Overlap:
    """What a store's latest rows, every factor known, and those of an import have in common.

    A factor that the import does not say is the store's, unless its closes moved as closes do that hold the payment.
    """
    _, there, here = np.intersect1d(stored.days, given.days, assume_unique=True, return_indices=True)
    old, new = stored.close[there], given.close[here]
    scale = np.log(old) - np.log(new)
    slack = SAME + np.minimum(np.minimum(_tick(old) / old, _tick(new) / new) / 2, COARSE)  # one of them was quoted
    slack[np.abs(scale) <= SAME] = SAME
    apart = np.abs(np.diff(scale, prepend=scale[:1]))
    paid = np.abs(np.diff(scale, prepend=scale[:1]) + np.log(stored.factor[there]))  # as closes would that hold it
    near = slack + np.append(slack[:1], slack[:-1]) + ROUNDING
    holds = (paid < apart / 4) & (apart > near)
    taken = np.isnan(given.factor[here]) & ~holds
    factor = given.factor.copy()
    factor[here[taken]] = stored.factor[there[taken]]
    log = np.abs(np.log(stored.factor[there]))
    twice = holds & (np.abs(np.log(factor[here] / stored.factor[there])) < log / 10)  # in its closes and beside them
    factor[here[twice]] = 1.0
    return Overlap(stored, replace(given, factor=np.nan_to_num(factor, nan=1.0)), there, here, scale, slack)


def _tick(close: Floats) -> float:
    """The last decimal that some of these closes are written with."""
    for decimals in range(_DECIMALS):
        if np.allclose(close, np.round(close, decimals), rtol=1e-12, atol=0):
            return float(10.0**-decimals)
    return float(10.0**-_DECIMALS)
