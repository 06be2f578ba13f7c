"""One axis of a panel: from where to where it reaches, where it has ticks, and what stands at them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import MaxNLocator

from reports.numerals import number, shortest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    Scale = Callable[[Any], NDArray[np.float64]]

_STEPS = (1, 2, 2.5, 5, 10)
_EXACT = 1e-6  # of the distance of two ticks


@dataclass(frozen=True)
class Axis:
    """An axis.

    Attributes:
        low: Where it begins, in units of the data; below `high`.
        high: Where it ends.
        ticks: Where it has ticks.
        words: What stands at each tick; empty for ticks without words.
        label: What it shows, with the unit.
        log: Whether equal ratios are equally far apart; `low` is positive then.
        grid: Whether a faint line crosses the panel at each tick.
    """

    low: float
    high: float
    ticks: tuple[float, ...] = ()
    words: tuple[str, ...] = ()
    label: str = ""
    log: bool = False
    grid: bool = False

    def scale(self, start: float, end: float) -> Scale:
        """The function from data to places on the page, `low` at `start` and `high` at `end`."""
        if self.log:
            factor = (end - start) / math.log(self.high / self.low)
            return lambda value: start + factor * np.log(np.asarray(value, dtype=float) / self.low)
        factor = (end - start) / (self.high - self.low)
        return lambda value: start + factor * (np.asarray(value, dtype=float) - self.low)


def reach(values: Iterable[NDArray[np.float64]], margin: float = 0.0) -> tuple[float, float]:
    """Lowest and highest finite value with a margin, a part of their distance; never the same number twice."""
    known = np.concatenate([np.ravel(part) for part in values] or [np.zeros(0)])
    known = known[np.isfinite(known)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        room = 0.05 * max(abs(low), abs(high)) or 0.05
        return low - room, high + room
    return low - margin * (high - low), high + margin * (high - low)


def even(
    limits: tuple[float, float],
    most: int,
    said: Callable[[Sequence[float]], tuple[str, ...]] | None = None,
    *,
    whole: bool = False,
    label: str = "",
    grid: bool = False,
) -> Axis:
    """An axis with at most `most + 1` ticks at round numbers.

    Args:
        limits: From where to where.
        most: The most distances between ticks.
        said: What stands at them; `alike` where it is None.
        whole: Whether ticks stand at whole numbers alone.
        label: As in `Axis`.
        grid: As in `Axis`.
    """
    low, high = limits
    found = MaxNLocator(most, steps=_STEPS, integer=whole).tick_values(low, high)
    room = _EXACT * (high - low)
    ticks = tuple(float(tick) for tick in found if low - room <= tick <= high + room)
    return Axis(low, high, ticks, (said or alike)(ticks), label, grid=grid)


def powers_of_ten(limits: tuple[float, float], *, label: str = "") -> Axis:
    """A logarithmic axis with a tick at each power of ten."""
    low, high = limits
    powers = range(math.ceil(math.log10(low) - _EXACT), math.floor(math.log10(high) + _EXACT) + 1)
    ticks = tuple(float(10**power) for power in powers)
    return Axis(low, high, ticks, tuple(number(tick, 0) for tick in ticks), label, log=True)


def alike(ticks: Sequence[float]) -> tuple[str, ...]:
    """Numbers with as many decimals each as the one that needs most.

    >>> alike((0.0, 0.05, 0.1)), alike((0.0, 2000.0))
    (('0.00', '0.05', '0.10'), ('0', '2,000'))
    """
    step = min(np.diff(ticks), default=1.0)
    places = next((p for p in range(12) if all(abs(round(t, p) - t) <= _EXACT * step for t in ticks)), 12)
    return tuple(number(tick, places) for tick in ticks)


def terse(ticks: Sequence[float]) -> tuple[str, ...]:
    """Numbers without idle zeros."""
    return tuple(shortest(tick) for tick in ticks)
