"""Positions from the forecast of one session: known at its origin, held over its target.

A position is a part of capital: 1 is all of it, long; -0.5 is half of it, short; 0 is cash. It is a function of its own
row's forecast and of nothing else. A forecast that is withheld, or whose moments are not finite, holds cash.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from forecaster.decisions.settings import Decisions
    from forecaster.floats import Floats


def positions(rule: str, rows: pd.DataFrame, sessions: int, settings: Decisions) -> Floats:
    """Positions by a rule of `RULES`, `(days,)`, within the cap.

    Args:
        rule: Name of the rule.
        rows: Forecasts of one model: `mean, sd, prob_up`, and `q50` where they have it.
        sessions: Sessions a year.
        settings: Target, fraction, band, cap, and whether a position may be short.
    """
    with np.errstate(divide="ignore", invalid="ignore"):  # what has no spread is capped, what is NaN is cash
        wanted = RULES[rule](rows, sessions, settings)
    lowest = -settings.cap if settings.short else 0.0
    return np.clip(np.nan_to_num(wanted, nan=0.0, posinf=settings.cap, neginf=-settings.cap), lowest, settings.cap)


def volatility_target(rows: pd.DataFrame, sessions: int, settings: Decisions) -> Floats:
    """Always long, `target / sd`: as large as gives the volatility aimed at. It takes no view of the direction."""
    daily = settings.target_volatility / np.sqrt(sessions)
    return np.asarray(daily / rows["sd"].to_numpy(float), float)


def kelly(rows: pd.DataFrame, _sessions: int, settings: Decisions) -> Floats:
    """A fraction of `mean / (sd^2 + mean^2)`, the maximum of `E[w y - (w y)^2 / 2]`.

    That is expected log growth to second order, and exact for an even bet (Kelly 1956,
    doi:10.1002/j.1538-7305.1956.tb03809.x; Thorp 2006, doi:10.1016/S1872-0978(06)01009-X).
    """
    mean, sd = rows["mean"].to_numpy(float), rows["sd"].to_numpy(float)
    return np.asarray(settings.kelly_fraction * mean / (sd**2 + mean**2), float)


def direction(rows: pd.DataFrame, sessions: int, settings: Decisions) -> Floats:
    """The volatility target's size on the side of P(up), and nothing where P(up) is within the band around one half.

    Nor where the median is not on that side: where most days do not move at all, a small P(up) is no fall.
    """
    lean = rows["prob_up"].to_numpy(float) - 0.5
    leans = np.abs(lean) > settings.band
    if "q50" in rows:
        leans &= np.sign(rows["q50"].to_numpy(float)) == np.sign(lean)
    side = np.where(leans, np.sign(lean), 0.0)
    return side * np.minimum(volatility_target(rows, sessions, settings), settings.cap)


RULES: Mapping[str, Callable[[pd.DataFrame, int, Decisions], Floats]] = {
    "volatility_target": volatility_target,
    "kelly": kelly,
    "direction": direction,
}
"""Rules by name, in the order in which they are shown."""
