"""Recalibration: a forecaster's next PIT, as its past PITs tell it.

A forecaster whose PITs are not uniform is wrong in a way that repeats itself. `learnt` turns its recent PITs into a map
that the next forecast is seen through (`forecaster.distribution.recalibrated` has the formula), and `helps` says
whether such maps, each learnt from the days before alone, have paid so far. All PITs are those of the forecaster as it
is without any map.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from forecaster.distribution.recalibrated import PitMap, kernel_ratio

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from forecaster.floats import Floats


WINDOW, FEWEST = 250, 60
"""Past PITs that a map is learnt from: at most and at least. As many judged days decide whether it is used."""

BANDWIDTH, PRIOR = 0.4, 100
"""Width of the kernels, in normal scores, and how many PITs the identity counts as."""

EDGE = 1e-4
"""PITs are learnt as no nearer to 0 and 1: one surprise, however great, moves the map by a bounded amount."""


def learnt(pits: ArrayLike) -> PitMap:
    """The map learnt from the last 250 of the past PITs `(days,)`, oldest first.

    Raises:
        ValueError: Where there are fewer than 60 or one lies outside [0, 1].
    """
    past = _checked(pits)[-WINDOW:]
    if past.size < FEWEST:
        raise ValueError(f"a map is learnt from at least {FEWEST} past forecasts, not {past.size}")
    return PitMap.of(_scores(past), float(_share(past.size)), BANDWIDTH)


def gains(pits: ArrayLike) -> Floats:
    """What the map learnt from the days before would have gained `(days,)`, in nats of log score; NaN on the first 60.

    Args:
        pits: `(days,)` oldest first.

    Raises:
        ValueError: Where one lies outside [0, 1].
    """
    past = _checked(pits)
    result = np.full(past.size, np.nan)
    if past.size > FEWEST:
        padded = np.concatenate([np.full(WINDOW, np.nan), _scores(past)[:-1]])
        before = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[FEWEST:]
        share = _share(np.minimum(np.arange(FEWEST, past.size), WINDOW))
        ratio = kernel_ratio(special.ndtri(past[FEWEST:]), before, BANDWIDTH)
        result[FEWEST:] = np.log(share * ratio + 1 - share)
    return result


def helps(gained: ArrayLike) -> bool:
    """Whether the maps gained on the last 250 judged days together; never on fewer than 60 judged days.

    Args:
        gained: What `gains` gave `(days,)`, oldest first.
    """
    judged = np.asarray(gained, np.float64)[FEWEST:][-WINDOW:]
    return bool(judged.size >= FEWEST and judged.sum() > 0)


def _checked(pits: ArrayLike) -> Floats:
    past = np.asarray(pits, np.float64)
    if not ((past >= 0) & (past <= 1)).all():
        raise ValueError("a PIT lies in [0, 1]: leave out the days without a forecast")
    return past


def _scores(pits: Floats) -> Floats:
    result: Floats = special.ndtri(np.clip(pits, EDGE, 1 - EDGE))
    return result


def _share(size: ArrayLike) -> Floats:
    n = np.asarray(size, np.float64)
    return n / (n + PRIOR)
