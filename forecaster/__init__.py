"""Honest daily predictive distributions, recorded before the outcome and scored after it.

import forecaster

forecast = forecaster.forecast(closes)  # a Series of closes with dates, or a frame of prices
forecast.table()
forecast.predictive["garch"].value_at_risk(0.95)

Four names, each loaded when it is asked for: torch, pandas and matplotlib stay out until then.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from forecaster.frames.backtest import backtest
    from forecaster.frames.forecast import forecast
    from forecaster.frames.leaders import leaderboard
    from forecaster.frames.scored import score

__all__ = ["backtest", "forecast", "leaderboard", "score"]

_HOMES = {"backtest": "backtest", "forecast": "forecast", "leaderboard": "leaders", "score": "scored"}
"""Name to the room in which it lives."""


def __getattr__(name: str) -> Any:  # noqa: ANN401  # whatever the name stands for
    """One of the names above, loaded now."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"forecaster.frames.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """The names above, and no more."""
    return sorted(__all__)
