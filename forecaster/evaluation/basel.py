"""The traffic light of the Basel Committee on Banking Supervision (1996, Annex 10a of the market risk framework)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DAYS = 250
RATE = 0.01
_YELLOW, _RED = 5, 10


def traffic_light(pit: NDArray[np.float64]) -> tuple[int, str]:
    """Breaches of the 1 % quantile in the last 250 days, and the zone: green, yellow from 5 of them, red from 10.

    The zone is empty where the days are fewer.
    """
    breaches = int((pit[-DAYS:] < RATE).sum())
    if pit.size < DAYS:
        return breaches, ""
    return breaches, "red" if breaches >= _RED else "yellow" if breaches >= _YELLOW else "green"
