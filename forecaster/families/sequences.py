"""Windows of any length from a history of changes, in units of a volatility that was known before each ends.

The rows that models see hold seven days. A longer memory is cut from the history itself, change after change: no row
has to be found again in it, and nothing is known of a window but what it holds. The volatility is an exponentially
weighted mean square, whose first value is that of the first `WARM_UP` changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from scipy.signal import lfilter

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.floats import Floats

FADE = 0.94
"""Part of the mean square that is left after a session (RiskMetrics 1996)."""

WARM_UP = 20
"""Changes that the first volatility is made of; no window ends before them."""

CLIP = 8.0
"""The largest change that a window holds, in volatilities: a response may be as large as it was."""

LEAST = 0.05
"""No volatility is below this part of the root mean square of all changes, where a price stood still."""

CHANNELS = 2
"""A change and its size."""


def known_volatility(history: Floats) -> Floats:
    """Standard deviation as known after each change from the `WARM_UP`th on `(sessions - WARM_UP + 1,)`, fractions."""
    square = history**2
    first = square[:WARM_UP].mean()
    later, _ = lfilter([1 - FADE], [1.0, -FADE], square[WARM_UP:], zi=[FADE * first])
    known: Floats = np.sqrt(np.append(first, later))
    return np.maximum(known, max(LEAST * float(np.sqrt(square.mean())), np.finfo(float).tiny))


def windows(history: Floats, length: int) -> tuple[Tensor, Tensor]:
    """Windows `(rows, length, 2)` and the change after each `(rows,)` in volatilities, float32; oldest first.

    A history with fewer changes than `needed(length, 1)` has none.
    """
    ends = np.arange(max(length, WARM_UP), len(history))
    known = known_volatility(history)[ends - WARM_UP] if len(ends) else np.empty(0)
    each = np.empty((0, length))
    if len(ends):
        each = np.lib.stride_tricks.sliding_window_view(history, length)[ends - length]
    return _steps(each, known), torch.tensor(history[ends] / known, dtype=torch.float32)


def last_window(history: Floats, length: int) -> tuple[Tensor, float]:
    """The window that ends with the last change `(length, 2)`, and the volatility known then, a fraction."""
    known = known_volatility(history)[-1:]
    return _steps(history[None, -length:], known)[0], float(known[0])


def needed(length: int, rows: int) -> int:
    """Changes that so many windows and the changes after them need."""
    return max(length, WARM_UP) + rows


def _steps(each: Floats, known: Floats) -> Tensor:
    standard = np.clip(each / known[:, None], -CLIP, CLIP)
    return torch.tensor(np.stack([standard, np.abs(standard)], -1), dtype=torch.float32)
