"""Steps of a price that look like a split that nobody adjusted for.

The level falls to a half, a quarter, a tenth in one session, or rises as many times, within what the asset moves in a
day; before and after it is calm, and it does not come back. It may be a real move all the same: a person knows.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

Logs = npt.NDArray[np.float64]

RATIOS = (Fraction(3, 2), *(Fraction(n) for n in (2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50, 100)))
"""New shares for an old one, and the other way round."""
FAR = 8.0
"""The step is this many robust standard deviations of the asset's own."""
OWN, LEAST, MOST = 3.0, 0.02, 0.05
"""The rest of the step is the day's own move: so many robust standard deviations, and not less or more than this."""
SIDE = 5
"""Sessions before and after, which stay on their own side: within a third of the step."""

_NORMAL = 1.4826
"""Standard deviation of a normal over its median absolute deviation."""


@dataclass(frozen=True)
class Split:
    """A step that looks like a split.

    Attributes:
        row: The first row after it.
        ratio: New shares for an old one; below 1 for a reverse split.
    """

    row: int
    ratio: Fraction

    @property
    def told(self) -> str:
        """In a broker's words."""
        return f"{self.ratio.numerator} for {self.ratio.denominator}"


def unadjusted_splits(level: Logs) -> tuple[Split, ...]:
    """Every step that looks like a split, oldest first.

    Args:
        level: Logarithms of the total-return levels `(rows,)`, oldest first.

    >>> calm = 100 * np.exp(np.cumsum(np.tile([0.01, -0.01], 20)))
    >>> [one.told for one in unadjusted_splits(np.log(np.append(calm, calm / 4)))]
    ['4 for 1']
    """
    steps = np.diff(level)
    if not steps.size:
        return ()
    spread = _NORMAL * float(np.median(np.abs(steps - np.median(steps))))
    if not spread:
        return ()
    slack = min(max(OWN * spread, LEAST), MOST)
    far = np.flatnonzero(np.abs(steps) > max(FAR * spread, slack)) + 1
    found = ((int(row), _ratio(float(steps[row - 1]), slack)) for row in far if _lasts(level, int(row)))
    return tuple(Split(row, ratio) for row, ratio in found if ratio is not None)


def _ratio(step: float, slack: float) -> Fraction | None:
    """The usual ratio that a step is nearest to, None where it is near to none."""
    nearest = min(RATIOS, key=lambda ratio: abs(abs(step) - np.log(float(ratio))))
    if abs(abs(step) - np.log(float(nearest))) > slack:
        return None
    return nearest if step < 0 else 1 / nearest


def _lasts(level: Logs, row: int) -> bool:
    """Whether the level is calm before a step, and stays where it went."""
    before, after = level[max(row - SIDE, 0) : row], level[row : row + SIDE]
    reach = abs(level[row] - level[row - 1]) / 3
    near = (np.median(before) - level[row - 1], np.median(after) - level[row])
    return bool(np.abs(near).max() < reach)
