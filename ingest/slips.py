"""Slips of a unit: a few levels about a hundred or a thousand times what stands around them.

A price in pence among pounds, a volume in lots, a count in thousands: for one to five known levels
the series lies 40 to 2,500 times above or below the median of its neighbours, five on either side,
and then comes back. Nothing is said where it fades as it does after news, nor where the neighbours
are so scattered that nothing can be told.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

LONGEST = 5
"""Levels of a run; a longer one is another scale, not a slip."""
SIDE = 5
"""Neighbours on either side."""
LOW, HIGH = 40.0, 2500.0
"""A hundred and a thousand times, for levels that themselves move by up to 2.5 times."""

_EITHER = 20.0
"""Each side for itself is this far away: a level that fades after news is not."""
_JUMP = 10.0
"""A run begins and ends with a jump by at least this factor."""
_CALM, _REST = 4.0, 0.2
"""All neighbours but a fifth, which may hold another slip, lie within this factor of their median."""


@dataclass(frozen=True)
class Slip:
    """A run of levels out of scale.

    Attributes:
        rows: Their positions.
        factor: Their median over that of their neighbours.
    """

    rows: tuple[int, ...]
    factor: float


def slips(levels: Numbers) -> tuple[Slip, ...]:
    """Every slip in a series of levels, oldest first.

    Args:
        levels: `(rows,)`; what is missing or zero is passed over.

    >>> slips(np.array([5.0, 6.0, 5.5, 0.0, 5.2, 580.0, 6.1, 5.8, 5.9, 6.0]))
    (Slip(rows=(5,), factor=99.1...),)
    """
    known = np.flatnonzero(levels > 0)
    logs = np.log(levels[known])
    edges = [0, *(np.flatnonzero(np.abs(np.diff(logs)) > np.log(_JUMP)) + 1), len(logs)]
    found = []
    for start, end in pairwise(edges):
        distance = _distance(logs, int(start), int(end)) if end - start <= LONGEST else 0.0
        if distance:
            found.append(Slip(tuple(known[start:end].tolist()), float(np.exp(distance))))
    return tuple(found)


def _distance(logs: Numbers, start: int, end: int) -> float:
    """How far a run of log levels lies from its neighbours; zero where it is no slip."""
    before, after = logs[max(start - SIDE, 0) : start], logs[end : end + SIDE]
    around = np.concatenate([before, after])
    if len(around) < SIDE:
        return 0.0
    level, middle = np.median(logs[start:end]), np.median(around)
    scattered = np.mean(np.abs(around - middle) > np.log(_CALM)) > _REST
    sides = [np.median(side) for side in (before, after) if len(side) > SIDE // 2]
    near = any(abs(level - side) < np.log(_EITHER) for side in sides)
    distance = float(level - middle)
    return 0.0 if scattered or near or not np.log(LOW) <= abs(distance) <= np.log(HIGH) else distance
