"""Honest daily predictive distributions, recorded before the outcome and scored after it.

from forecaster import backtest

found = backtest(["^GSPC"], last=250)
found.forecasts  # a row a symbol, model and target, as in the export
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:  # noqa: ANN401  # whatever the name stands for
    """`backtest`, loaded when it is asked for: it brings torch with it."""
    if name != "backtest":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from forecaster.operation.backtest import backtest  # noqa: PLC0415  # see above

    return backtest
