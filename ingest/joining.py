"""How the rows of an import join what is stored: on one total-return index.

Between two rows of one file, its own closes and factors tell the change. Where one of them is only restated
(`ingest.overlap`), the stored close stands, and the factor of the next makes the file's change come out. Between a
row that is new and a stored one that the file does not have, the change is known only where the closes say the same as
the total-return index through the nearest session that both have. Where they do not, or there is no such session and
the file's level may depend on what was paid after its own first day, or the step is as large as a split: the rows
*wait*, until a file has the sessions on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ingest.adjustments import ROUNDING
from ingest.overlap import SPLIT, Days, Floats, Mask, Overlap, Places, Prices, overlap

Basis = Literal["traded", "quoted", "adjusted"]
"""What closes are: as they were traded, each factor a fact, whenever one asks; as some file has them, in a scale of its
own; or in one that depends on all that was paid since, so that the change into the first row is not known."""

DEVIATIONS = 5.0
"""So many robust standard deviations of its own changes are more than an asset moves."""
DIGITS = 12
"""Significant digits kept of a factor that was worked out."""


@dataclass(frozen=True, eq=False)
class Joined:
    """What becomes of the rows of an import.

    Attributes:
        factor: Of each row, never missing `(rows,)`.
        restated: Rows that are stored already, in another scale `(rows,)`.
        foreign: Whether they seem to be of another asset, or in another currency.
        needed: Stored sessions that a file must have too, since nothing tells the change between them and its rows,
            oldest first; the rows wait where there are any.
    """

    factor: Floats
    restated: Mask
    foreign: bool
    needed: Days


def joined(stored: Prices, given: Prices, *, basis: Basis, pays: bool) -> Joined:
    """How the sessions of an import join the stored ones.

    Args:
        stored: The latest vintage of each stored session, every factor known.
        given: The sessions of the import.
        basis: What its closes are.
        pays: Whether the asset may pay dividends or be split: what trades on an exchange may.
    """
    common = overlap(stored, given)
    if common.here.size:
        return _linked(common, np.isnan(given.factor), basis, pays=pays)
    none = np.zeros(given.days.size, dtype=bool)
    return Joined(common.given.factor, none, False, _unlinked(stored, given, basis, pays=pays))


def _linked(common: Overlap, unsaid: Mask, basis: Basis, *, pays: bool) -> Joined:
    restated = common.restated(pays=pays)
    stored, factor = common.stored, _said(common, restated)
    stands = _as_stored(common, unsaid, restated)
    factor[common.here[stands]] = stored.factor[common.there[stands]]
    if common.here[0] == 0 and (unsaid[0] or restated[0] or basis != "traded"):
        factor[0] = stored.factor[common.there[0]]  # a file does not know what stood before its first row
    if basis != "traded" and common.doubtful(restated, pays=pays):
        at = int(common.there[0])
        needed = stored.days[at - 1 : at] if at else stored.days[1:2]
    else:
        needed = _seams(common, restated, factor, basis)
    foreign = basis != "traded" and common.foreign(restated, pays=pays)
    return Joined(factor, restated, foreign, needed)


def _seams(common: Overlap, restated: Mask, factor: Floats, basis: Basis) -> Days:
    """The stored sessions beside new rows where closes and total-return index tell two changes."""
    stored, given = common.stored, common.given
    days, there, here = _together(stored, given)
    new = there < 0
    at = np.flatnonzero((new[1:] & (here[:-1] < 0)) | (new[:-1] & (here[1:] < 0)))
    if basis == "traded" or not at.size:
        return np.empty(0, "datetime64[D]")
    stand = common.same | restated[common.here]
    stand = stand if stand.any() else np.ones(stand.size, dtype=bool)
    anchor = (np.searchsorted(common.here[stand], np.arange(given.days.size), side="right") - 1).clip(min=0)
    index = np.where(new, (given.index + common.offset[stand][anchor])[here], stored.index[there])
    close = np.log(np.where(new, given.close[here], stored.close[there]))
    said = np.log(np.where(new, factor[here], stored.factor[there]))[at + 1]
    apart = np.abs(np.diff(index)[at] - np.diff(close)[at] - said) > ROUNDING
    beside: Days = days[np.where(new[at], at + 1, at)][apart]
    return beside


def _said(common: Overlap, restated: Mask) -> Floats:
    """The import's factors, as they are between closes of which a restated one stays as it is stored `(rows,)`."""
    ratio = np.zeros(restated.size)
    ratio[common.here] = np.where(restated[common.here], common.scale, 0.0)
    factor = common.given.factor.copy()
    moved = np.diff(ratio) != 0
    worked = factor[1:][moved] * np.exp(-np.diff(ratio)[moved])
    factor[1:][moved] = [float(f"{one:.{DIGITS}g}") for one in worked]  # the last digits come of the logarithms
    return factor


def _as_stored(common: Overlap, unsaid: Mask, restated: Mask) -> Mask:
    """Common sessions whose stored factor stands `(common,)`.

    The import tells the same change, or cannot be believed: a file that says nothing of factors, and shows a step as
    large as a split where the store has a smaller one, has left a split out. Or it lacks the session before, which is
    stored: its own factor is of the change since an earlier one.
    """
    stands = restated[common.here] | common.same
    here, there = np.diff(common.here), np.diff(common.there)
    step, shown = (
        np.abs(np.diff(index)) for index in (common.stored.index[common.there], common.given.index[common.here])
    )
    left_out = unsaid[common.here[1:]] & restated[common.here[:-1]] & (step <= shown) & (shown > SPLIT)
    same = (here == 1) & (there == 1) & stands[1:] & stands[:-1] & (common.agrees(restated)[1:] | left_out)
    found = np.zeros(stands.size, dtype=bool)
    found[1:] = same | ((here == 1) & (there > 1))
    return found


def _together(stored: Prices, given: Prices) -> tuple[Days, Places, Places]:
    """All days, and the place of each in either; -1 where it is not there."""
    days = np.union1d(stored.days, given.days)
    places = []
    for one in (stored, given):
        at = np.full(days.size, -1)
        at[np.searchsorted(days, one.days)] = np.arange(one.days.size)
        places.append(at)
    return days, places[0], places[1]


def _unlinked(stored: Prices, given: Prices, basis: Basis, *, pays: bool) -> Days:
    """The stored sessions beside an import without one of them, where nothing tells the change between the two."""
    if not stored.days.size or not given.days.size or basis == "traded":
        return np.empty(0, "datetime64[D]")
    days, there, here = _together(stored, given)
    seams = np.flatnonzero((here[1:] >= 0) != (here[:-1] >= 0))
    close = np.log(np.where(here >= 0, given.close[here], stored.close[there]))
    step = np.abs(close[seams + 1] - close[seams])
    large = step > max(SPLIT, DEVIATIONS * max(stored.spread, given.spread))
    doubtful = large | (basis == "adjusted" and pays)
    beside: Days = days[np.where(here[seams] >= 0, seams + 1, seams)][doubtful]
    return beside
