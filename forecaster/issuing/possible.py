"""Is a forecast possible? What is recorded as ok must be, whatever a model or a pool made of the data.

A price cannot lose more than all of itself; a forecast cannot be far wider, or far narrower, than anything that the
asset ever showed; and a series that stands still is no market. What an asset showed is told robustly, by the median
size of every 20 changes in a row: a single jump that is not adjusted, or a few wrong prices, widen a forecast and leave
the yardstick as it was. Right after large changes a forecast may be wide, as these are news; it may not stay so.

Everything here is a function of the distribution and of the changes known at its origin.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.view.arrays import known_changes

if TYPE_CHECKING:
    from forecaster.distribution.predictive import Predictive
    from forecaster.floats import Floats
    from forecaster.issuing.forecast import Forecast
    from forecaster.view.view import View

MASS = 1e-3
"""The most of its mass that a forecast may have below a change of -100 %."""
SPAN = 20
"""Changes over which a dispersion is taken, and sessions for which a large change is news."""
WIDE = 2.5
"""Times the widest `SPAN` changes, where nothing large has happened lately: twice, and a quarter for heavier tails."""
NEWS = 1.5
"""Times the largest change of the last `SPAN` sessions: what an exponentially weighted variance makes of it is half."""
WIDEST = 5.0
"""Times the widest `SPAN` changes, whatever has happened: the day after a fall by a third is within it."""
NARROW = 4.0
"""The narrowest `SPAN` changes over this."""
NOTHING = 1e-3
"""Less than this part of the widest `SPAN` changes is no width, also where the price often stands still."""
STRETCH = 60
"""Sessions of which the share that moved is taken."""
STILL = 20
"""So many sessions without any change, and twice as many as ever before, are no market."""

UNQUOTED = "check whether the source still quotes the asset; use another, or stop the asset (data.stopped)"
"""What to do about an asset that stands still."""

_WIDTH = 2 * 1.6449 / 0.6745
"""Width of the central 90 % of a normal over its median absolute value."""


@dataclass(frozen=True)
class Shown:
    """What an asset's changes ever showed, fractions per session.

    Attributes:
        widest: Width of a central 90 % interval in the widest `SPAN` changes, those of zero left out.
        narrowest: In the narrowest, those of zero among them.
        news: The largest absolute change of the last `SPAN` sessions.
        still: Sessions at the end that never moved, 0 where the asset has stood still before.
        moving: Share of moves in the `STRETCH` changes that have the fewest.
    """

    widest: float
    narrowest: float
    news: float
    still: int
    moving: float

    @classmethod
    def of(cls, changes: Floats) -> Shown:
        """From the known changes `(sessions,)`, oldest first; at least one."""
        size = np.abs(changes)
        moved = np.concatenate([[-1], np.flatnonzero(size), [size.size]])
        *before, last = (np.diff(moved) - 1).tolist()
        stands = last >= STILL and last > 2 * max(before, default=0)
        widest, narrowest = _widths(size[size > 0]).max(), _widths(size).min()
        span = min(STRETCH, size.size)
        moving = float(np.lib.stride_tricks.sliding_window_view(size > 0, span).mean(axis=1).min())
        return cls(float(widest), float(narrowest), float(size[-SPAN:].max()), last if stands else 0, moving)

    @property
    def most(self) -> float:
        """The width from which on a forecast is too wide."""
        return max(WIDE * self.widest, min(NEWS * self.news, WIDEST * self.widest))

    @property
    def least(self) -> float:
        """The width up to which a forecast is too narrow."""
        return max(self.narrowest / NARROW, NOTHING * self.widest)


def _widths(size: Floats) -> Floats:
    """Widths of a central 90 % interval of every `SPAN` absolute changes in a row; 0 where there is no change."""
    if not size.size:
        return np.zeros(1)
    span = min(SPAN, size.size)
    rows = np.sort(np.lib.stride_tricks.sliding_window_view(size, span), axis=1)
    median: Floats = (rows[:, (span - 1) // 2] + rows[:, span // 2]) / 2
    return _WIDTH * median


def checked(made: Forecast, view: View) -> Forecast:
    """A forecast that has a distribution: as it is where it can be, else `unreliable`, and its reason says why."""
    if made.predictive is None:
        return made
    said = impossible(made.predictive, shown(view), made.symbol)
    return replace(made, status="unreliable", reason="; ".join(filter(None, (made.reason, said)))) if said else made


def shown(view: View) -> Shown:
    """What an asset has shown up to a day from which it can be forecast."""
    return view.once("shown", lambda: Shown.of(known_changes(view)))


def impossible(predictive: Predictive, past: Shown, symbol: str) -> str:
    """Why a forecast cannot be, in a sentence with what to do; empty where it can.

    An atom at zero is always possible, and how wide a forecast is, is told of its continuous part.
    """
    quoted, predictive = predictive, predictive.continuous
    if past.still:
        return f"the last {past.still} sessions never moved: {UNQUOTED}"
    low, high = predictive.quantiles["q05"], predictive.quantiles["q95"]
    said = _beyond(float(predictive.cdf(-1.0))) or _out_of_scale(high - low, past) or _beside(predictive, past)
    said = said or _stuck(quoted, past)
    remedy = f"see `forecaster data check {symbol}` for a wrong price or an unadjusted split"
    return f"{said}: {remedy}" if said else ""


def _beyond(mass: float) -> str:
    return f"{mass:.2%} of it lies below a loss of 100 %, which is impossible for a price" if not mass <= MASS else ""


def _out_of_scale(width: float, past: Shown) -> str:
    interval = f"its 90 % interval is {width:.2%} wide, where that of any {SPAN} changes was"
    if not width <= past.most:
        return f"{interval} {past.widest:.2%} at most"
    if width >= past.least:
        return ""
    if past.narrowest / NARROW == past.least:
        return f"{interval} {past.narrowest:.2%} at least"
    nothing = f"its 90 % interval of {100 * width:.2g} % is next to nothing"
    return f"{nothing}, where that of {SPAN} moves was up to {past.widest:.2%}"


def _stuck(predictive: Predictive, past: Shown) -> str:
    """Of a price in ticks: whether it says that no tick will be left, as the price left it in every stretch of days."""
    if not predictive.tick:
        return ""
    stays = float(np.exp(predictive.with_atom(0.0, predictive.tick).log_prob(0.0))) * predictive.tick
    if not 1 - stays < past.moving / NARROW:
        return ""
    return f"it gives {stays:.1%} to no change, where of any {STRETCH} sessions {past.moving:.0%} moved at least"


def _beside(predictive: Predictive, past: Shown) -> str:
    low, middle, high = (predictive.quantiles[name] for name in ("q05", "q50", "q95"))
    mean = predictive.mean
    if not abs(middle) <= past.widest:
        return f"its median is {middle:+.1%}, where a 90 % interval of any {SPAN} changes was {past.widest:.2%} at most"
    return "" if low <= mean <= high else f"its mean of {mean:+.1%} lies outside its own 90 % interval"
