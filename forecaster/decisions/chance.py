"""What the same positions would have earned at other times: are they better than chance?

The positions of an asset are moved against its outcomes by every number of sessions in turn, the end joined to the
start. A moved series is random in what it knows of the outcomes, and has the very positions, turnover, costs and
autocorrelation of the one it came from. The p-value is the share of all moves, the one of zero sessions among them,
whose Sharpe ratio is at least as high; it is never below one over the number of sessions.

The p-value is exact where positions know nothing of past outcomes either. Where they follow them, some moves look ahead
and the drift on the way counts for both: on 500 sessions of a random walk a bet against the last 5 (60) falls below 5 %
in 7 % (14 %) of all cases, a bet with them in 3 % (none). So it is never the only ground of a claim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from forecaster.floats import Floats


ROUNDING = 1e-9
"""Ratios nearer than this are equal."""


def against_chance(positions: Floats, y: Floats, rate: float) -> tuple[float, float]:
    """The median Sharpe ratio (of a session) of the moved positions, and the p-value.

    Both are NaN where there is nothing to move: fewer than two sessions, or no ratio.
    """
    ratios = moved_ratios(positions, y, rate)
    if ratios.size < 2 or not np.isfinite(ratios).all():  # noqa: PLR2004  # one move is none
        return float("nan"), float("nan")
    return float(np.median(ratios[1:])), float(np.mean(ratios >= ratios[0] - ROUNDING))


def moved_ratios(positions: Floats, y: Floats, rate: float) -> Floats:
    """Sharpe ratios after costs for each move, `(days,)`, the first of them unmoved.

    The position before the first session is the last one's: only then does every move have the same turnover.

    Args:
        positions: `(days,)`, in units of capital.
        y: Outcomes `(days,)`, fractions.
        rate: Cost of one unit of turnover, a fraction.
    """
    turnover = np.abs(positions - np.roll(positions, 1))
    n, costs = positions.size, rate * turnover
    # Sums of net = w y - c and of its square, over all moves at once: each is a circular correlation with y or y^2.
    mean = (_correlated(positions, y) - costs.sum()) / n
    squares = _correlated(positions**2, y**2) - 2 * _correlated(positions * costs, y) + (costs**2).sum()
    variance = squares / n - mean**2
    return np.where(variance > ROUNDING**2, mean / np.sqrt(np.maximum(variance, ROUNDING**2)), np.nan)


def _correlated(moved: Floats, fixed: Floats) -> Floats:
    """`sum_t moved[t - k] fixed[t]` for k = 0 ... n - 1, indices modulo n."""
    product = np.fft.rfft(fixed) * np.conj(np.fft.rfft(moved))
    return np.fft.irfft(product, n=fixed.size)
