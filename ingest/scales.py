"""Stretches of a price that are written in another unit, however long they last.

A price in pence among pounds, a lot among shares: the series jumps by about a hundred or a thousand times in one
session, and as a rule back again. Jumps cut it into pieces. A piece is believed where it holds rows that are believed
already, or where it goes on at the level of the last piece that is. What jumps away and does not come back cannot be
told from a new unit of account, and is not believed either: a person knows.

A market that falls apart is no jump. It takes several sessions, each of them large: where the sessions just before or
just after a step have gone the same way, the step belongs to them.
"""

from itertools import pairwise

import numpy as np
import numpy.typing as npt

Logs = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

JUMP = 40.0
"""A step by this factor in one session is written, not traded: a hundred times for a price that halved as well."""
FADE = 4.0
"""Within `REACH` sessions the price went this far the same way: the step is part of a collapse, or of a rise."""
REACH = 5
"""Sessions on each side of a step that are asked for that."""
SAME = 10.0
"""Two pieces whose levels agree within this factor are written in the same unit."""
FEWEST = 3
"""Fewer other rows than this judge nobody."""


def out_of_scale(level: Logs, trusted: Mask) -> Mask:
    """Which rows are written in another unit than those that are believed.

    Args:
        level: Logarithms of the total-return levels `(rows,)`, oldest first; a split with its factor is no step in it.
        trusted: Rows that are believed already `(rows,)`. Where there is none, the unit of most rows is believed.

    >>> pounds = np.log(np.array([5.0, 5.1, 5.0, 5.2]))
    >>> out_of_scale(np.append(pounds, np.log([510.0, 505.0])), np.zeros(6, bool)).tolist()
    [False, False, False, False, True, True]
    """
    found = np.zeros(level.size, dtype=bool)
    cuts = _cuts(level, trusted) if level.size > FEWEST else []
    if not cuts:
        return found
    edges = [0, *cuts, level.size]
    pieces = [slice(start, end) for start, end in pairwise(edges)]
    known = [bool(trusted[piece].any()) for piece in pieces]
    if not any(known):
        known = _most(level, pieces)
    for piece, own in zip(pieces, _believed(level, pieces, known), strict=True):
        found[piece] = not own
    return found


def _cuts(level: Logs, trusted: Mask) -> list[int]:
    """Rows that begin a piece: the step to them stands alone, and is not one between rows that are believed."""
    steps = np.diff(level)
    settled = trusted[1:] & trusted[:-1]
    large = np.flatnonzero((np.abs(steps) > np.log(JUMP)) & ~settled)
    return [int(at) + 1 for at in large if not _fades(level, int(at) + 1, float(np.sign(steps[at])))]


def _fades(level: Logs, at: int, way: float) -> bool:
    """Whether the price went the way of the step to a row just before it, or just after."""
    before, after = level[max(at - REACH, 0) : at], level[at : at + REACH]
    came, goes = level[at - 1] - np.median(before), np.median(after) - level[at]
    return bool(max(way * came, way * goes) > np.log(FADE))


def _most(level: Logs, pieces: list[slice]) -> list[bool]:
    """The piece to begin with where none is believed yet: the first in the unit in which most rows are written."""
    starts = np.array([piece.start for piece in pieces])
    rows = np.diff(np.append(starts, level.size))
    unit = np.cumsum(np.concatenate([[0.0], level[starts[1:]] - level[starts[1:] - 1]]))
    order = np.argsort(unit, kind="stable")
    total = np.concatenate([[0], np.cumsum(rows[order])])
    low = np.searchsorted(unit[order], unit - np.log(SAME) / 2, side="left")
    high = np.searchsorted(unit[order], unit + np.log(SAME) / 2, side="right")
    first = int(np.argmax(total[high] - total[low]))
    return [at == first for at in range(len(pieces))]


def _believed(level: Logs, pieces: list[slice], known: list[bool]) -> list[bool]:
    """Whether each piece is believed: it is known, or it goes on where the last believed one ended."""
    first, found = known.index(True), list(known)
    near = level[pieces[first].start]
    for at in reversed(range(first)):
        found[at] = bool(abs(level[pieces[at].stop - 1] - near) < np.log(SAME))
        near = level[pieces[at].start] if found[at] else near
    near = level[pieces[first].stop - 1]
    for at in range(first + 1, len(pieces)):
        found[at] = known[at] or bool(abs(level[pieces[at].start] - near) < np.log(SAME))
        near = level[pieces[at].stop - 1] if found[at] else near
    return found
