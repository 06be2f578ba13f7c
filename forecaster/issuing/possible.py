"""Is a forecast possible? What is recorded as ok must be, whatever a model or a pool made of the data.

A price cannot lose more than all of itself; a forecast cannot be far wider, or far narrower, than anything that the
asset ever showed; and a series that stands still is no market. What an asset showed is told robustly, by the median
size of the changes in every 20 sessions: a single jump that is not adjusted, or a few wrong prices, widen a forecast
and leave the yardstick as it was. Right after large changes a forecast may be wide, as these are news; it may not stay
so.

Everything here is a function of the distribution and of the changes known at its origin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.view.arrays import known_changes

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive
    from forecaster.floats import Floats
    from forecaster.issuing.forecast import Forecast
    from forecaster.view.view import View

MASS = 1e-3
"""The most of its mass that a forecast may have below a change of -100 %."""
SPAN = 20
"""Sessions over which a dispersion is taken, and for which a large change is news."""
WIDE = 2.0
"""Times the widest `SPAN` sessions, where nothing large has happened in the last of them."""
NEWS = 1.5
"""Times the largest change of the last `SPAN` sessions: what an exponentially weighted variance makes of it is half."""
WIDEST = 8.0
"""Times the widest `SPAN` sessions, whatever has happened."""
NARROW = 4.0
"""The narrowest `SPAN` sessions over this."""
NOTHING = 1e-3
"""Less than this part of the widest `SPAN` sessions is no width, also where the price often stands still."""
STILL = 20
"""So many sessions without any change, and twice as many as ever before, are no market."""

_WIDTH = 2 * 1.6449 / 0.6745
"""Width of the central 90 % of a normal over its median absolute value."""


@dataclass(frozen=True)
class Shown:
    """What an asset's changes ever showed, fractions per session.

    Attributes:
        widest: Width of a central 90 % interval in the widest `SPAN` sessions.
        narrowest: In the narrowest.
        news: The largest absolute change of the last `SPAN` sessions.
        still: Sessions at the end that never moved, 0 where the asset has stood still before.
    """

    widest: float
    narrowest: float
    news: float
    still: int

    @classmethod
    def of(cls, changes: Floats) -> Shown:
        """From the known changes `(sessions,)`, oldest first; at least one."""
        size = np.abs(changes)
        median = pd.Series(size).rolling(min(SPAN, size.size)).median().dropna().to_numpy()
        moved = np.concatenate([[-1], np.flatnonzero(size), [size.size]])
        *before, last = (np.diff(moved) - 1).tolist()
        stands = last >= STILL and last > 2 * max(before, default=0)
        return cls(
            float(_WIDTH * median.max()), float(_WIDTH * median.min()), float(size[-SPAN:].max()), last if stands else 0
        )

    @property
    def most(self) -> float:
        """The width from which on a forecast is too wide."""
        return max(WIDE * self.widest, min(NEWS * self.news, WIDEST * self.widest))

    @property
    def least(self) -> float:
        """The width up to which a forecast is too narrow."""
        return max(self.narrowest / NARROW, NOTHING * self.widest)


def checked(made: Forecast, view: View) -> Forecast:
    """A forecast that has a distribution: as it is where it can be, else `unreliable`, and its reason says why."""
    if made.predictive is None:
        return made
    shown = view.once("shown", lambda: Shown.of(known_changes(view)))
    said = impossible(made.predictive, shown, made.symbol)
    return replace(made, status="unreliable", reason="; ".join(filter(None, (made.reason, said)))) if said else made


def impossible(predictive: Predictive, shown: Shown, symbol: str) -> str:
    """Why a forecast cannot be, in a sentence with what to do; empty where it can."""
    if shown.still:
        return (
            f"the last {shown.still} sessions never moved: check whether the source of {symbol} still quotes it; use "
            "another, or stop it (data.stopped)"
        )
    low, high = predictive.quantiles["q05"], predictive.quantiles["q95"]
    said = _beyond(float(predictive.cdf(-1.0))) or _out_of_scale(high - low, shown) or _beside(predictive, low, high)
    remedy = f"see `forecaster data check {symbol}` for a price that is wrong, or a split that is not adjusted"
    return f"{said}: {remedy}" if said else ""


def _beyond(mass: float) -> str:
    return f"{mass:.1%} of it lies below a loss of 100 %, which no price can have" if not mass <= MASS else ""


def _out_of_scale(width: float, shown: Shown) -> str:
    interval = f"its 90 % interval is {width:.2%} wide, where that of any {SPAN} sessions was"
    if not width <= shown.most:
        return f"{interval} {shown.widest:.2%} at most"
    return f"{interval} {shown.narrowest:.2%} at least" if width < shown.least else ""


def _beside(predictive: Predictive, low: float, high: float) -> str:
    mean = predictive.mean
    return "" if low <= mean <= high else f"its mean of {mean:+.1%} lies outside its own 90 % interval"
