"""How the rows of an import join what is stored: on one total-return index.

Each new row is put on the store's index through the nearest session that both have (`ingest.overlap`), and its factor
is what makes the change from the row before it come out:

    a[t] = exp(L[t] - L[p]) * c[p] / c[t],    p the session before t in the joined history.

Between two rows of one file that are stored as they came, that is the file's own factor. Where file and store have no
session in common, nothing tells the change between them: adjusted closes do not say what was paid on the file's first
day, and a step as large as a split may be one. Such rows *wait*, until a file has the sessions on both sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ingest.adjustments import ROUNDING
from ingest.overlap import SPLIT, Days, Floats, Mask, Overlap, Places, Prices, overlap

DEVIATIONS = 5.0
"""So many robust standard deviations of its own changes are more than an asset moves."""
DIGITS = 12
"""Significant digits kept of a factor that was worked out."""
_NORMAL = 1.4826
"""Standard deviation of a normal over its median absolute deviation."""


@dataclass(frozen=True, eq=False)
class Joined:
    """What becomes of the rows of an import.

    Attributes:
        factor: Of each row, never missing `(rows,)`.
        restated: Rows that are stored already, in another scale `(rows,)`.
        foreign: Whether they seem to be of another asset, or in another currency.
        needed: Stored sessions that a file must have too, since nothing tells the change between them and its rows,
            oldest first; the new rows wait where there are any.
        behind: Places of stored rows that the import does not have, and that now follow one of its new rows.
        behind_factor: Their factors from now on.
    """

    factor: Floats
    restated: Mask
    foreign: bool
    needed: Days
    behind: Places
    behind_factor: Floats


def joined(stored: Prices, given: Prices, *, adjusted: bool, pays: bool) -> Joined:
    """How the sessions of an import join the stored ones.

    Args:
        stored: The latest vintage of each stored session, every factor known.
        given: The sessions of the import.
        adjusted: Whether its factors come from adjusted closes, so that the change into its first row is not known.
        pays: Whether the asset may pay dividends: what trades on an exchange may.
    """
    common = overlap(stored, given)
    if common.here.size:
        return _linked(common, np.isnan(given.factor), common.restated(pays=pays))
    needed = _unlinked(stored, given, adjusted=adjusted and pays)
    none = np.zeros(given.days.size, dtype=bool)
    return Joined(common.given.factor, none, False, needed, np.empty(0, np.intp), np.empty(0))


def _linked(common: Overlap, unsaid: Mask, restated: Mask) -> Joined:
    stored, given = common.stored, common.given
    days, there, here = _together(stored, given)
    theirs, own = there >= 0, here >= 0
    stands = restated.copy()  # whose close is the stored one
    stands[common.here[common.same]] = True
    kept = theirs & (~own | stands[here])
    close = np.log(np.where(kept, stored.close[there], given.close[here]))
    anchors = stands[common.here] if stands.any() else np.full(common.here.size, True)
    anchor = (np.searchsorted(common.here[anchors], np.arange(given.days.size), side="right") - 1).clip(min=0)
    level = np.where(kept, stored.index[there], (given.index + common.offset[anchors][anchor])[here])
    link = np.ones(days.size)
    link[1:] = np.exp(np.diff(level) - np.diff(close))
    link = _rounded(np.where(np.abs(link - 1.0) < ROUNDING, 1.0, link))
    both = own & np.append(False, own[:-1])
    known = theirs & np.append(False, theirs[:-1])
    factor = np.where(both, _said(common, restated)[here], np.where(known, stored.factor[there], link))
    factor[0] = given.factor[here[0]] if own[0] else stored.factor[there[0]]
    first = int(np.flatnonzero(own)[0])
    if known[first] and not unsaid[0] and not restated[0]:
        factor[first] = given.factor[0]  # a source that knows what was paid on its first day says so
    here_factor = factor[own]
    as_stored = _as_stored(common, unsaid, restated)
    here_factor[common.here[as_stored]] = stored.factor[common.there[as_stored]]
    follows = ~own & ~known & (np.arange(days.size) > 0)
    behind = np.flatnonzero(follows & (np.abs(factor / stored.factor[there] - 1.0) > ROUNDING))
    return Joined(
        here_factor, restated, common.foreign(restated), np.empty(0, "datetime64[D]"), there[behind], factor[behind]
    )


def _said(common: Overlap, restated: Mask) -> Floats:
    """The import's factors, as they are between closes of which a restated one stays as it is stored `(rows,)`."""
    ratio = np.zeros(restated.size)
    ratio[common.here] = np.where(restated[common.here], common.scale, 0.0)
    factor = common.given.factor.copy()
    moved = np.diff(ratio) != 0
    factor[1:][moved] = _rounded(factor[1:][moved] * np.exp(-np.diff(ratio)[moved]))
    return factor


def _rounded(factor: Floats) -> Floats:
    """Without the last digits, which come of the logarithms."""
    return np.array([float(f"{one:.{DIGITS}g}") for one in factor])


def _as_stored(common: Overlap, unsaid: Mask, restated: Mask) -> Mask:
    """Common sessions whose stored factor stands: the import tells the same change, or cannot be believed `(common,)`.

    A file that says nothing of factors, and shows a step where the store has a smaller one, has left a split out.
    """
    stands = restated[common.here] | common.same
    beside = (np.diff(common.here) == 1) & (np.diff(common.there) == 1) & stands[1:] & stands[:-1]
    step, shown = (
        np.abs(np.diff(index)) for index in (common.stored.index[common.there], common.given.index[common.here])
    )
    left_out = unsaid[common.here[1:]] & restated[common.here[:-1]] & (step <= shown)
    found = np.zeros(stands.size, dtype=bool)
    found[1:] = beside & (common.agrees(restated)[1:] | left_out)
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


def _unlinked(stored: Prices, given: Prices, *, adjusted: bool) -> Days:
    """The stored sessions beside an import without one of them, where nothing tells the change between the two."""
    if not stored.days.size or not given.days.size:
        return np.empty(0, "datetime64[D]")
    days, there, here = _together(stored, given)
    seams = np.flatnonzero((here[1:] >= 0) != (here[:-1] >= 0))
    own = np.where(here[seams] >= 0, here[seams], here[seams + 1])
    close = np.log(np.where(here >= 0, given.close[here], stored.close[there]))
    step = np.abs(close[seams + 1] - close[seams])
    large = max(SPLIT, DEVIATIONS * max(_spread(stored), _spread(given)))
    told = ~np.isnan(given.factor[own])  # by a source that knows what was paid on each day
    doubtful = np.full(seams.size, True) if adjusted else ~told & (step > large)
    beside: Days = days[np.where(here[seams] >= 0, seams + 1, seams)][doubtful]
    return beside


def _spread(series: Prices) -> float:
    """The robust standard deviation of a series' log changes."""
    changes = np.diff(series.index)
    return float(_NORMAL * np.median(np.abs(changes - np.median(changes)))) if changes.size else 0.0
