"""A record made in seconds: an honest model, one that is too sure of itself and climatology, on normal changes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.distribution.predictive import Predictive
from forecaster.evaluation.scoring import score
from forecaster.issuing.diagnostics import AssetFacts, Diagnostics, Inputs
from forecaster.issuing.forecast import Forecast
from forecaster.issuing.unlike import Unlike

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.records.ledger import Ledger

FIRST = pd.Timestamp("2018-01-01")
SD = 0.02
"""Of the changes, fraction per session."""
WIDTHS = {"climatology": 1.0, "garch": 1.0, "ewma": 0.5}
"""Model to the width of its forecasts, in that of the changes: the last is too sure."""


def close(day: pd.Timestamp) -> datetime:
    """When a session of the calendar 24/7 ends."""
    return (day + pd.Timedelta(days=1)).to_pydatetime().replace(tzinfo=UTC)


def issued(symbol: str, model: str, day: pd.Timestamp, width: float, *, config: str = "a") -> Forecast:
    """A normal forecast; every tenth day it is unreliable."""
    odd = day.day % 10 == 0
    return Forecast(
        symbol=symbol,
        model=model,
        as_of=day,
        horizon=1,
        target=day + pd.Timedelta(days=1),
        status="unreliable" if odd else "ok",
        reason=f"k-hat {0.9 + day.day / 100} is above 0.9" if odd else "",
        predictive=Predictive.of([0.0], [width * SD]),
        diagnostics=Diagnostics(
            Inputs(
                asset=AssetFacts("24/7", "csv_file", simulated=True, attention_kind="", target_close=""),
                close=100.0,
                volatility=SD * (1 + day.day / 31),
                series=("price",),
                sessions=(),
                window=(),
                fitted_at=f"{day:%Y-%m-%d}",
                rows=500 + day.day,
            ),
            figures={"k_hat": 0.2, "alpha": 0.1},
            novelty=Unlike(0.5, "mahalanobis", 500, 0.99, ()),
        ),
        data_vintage="0" * 64,
        config_sha256=config * 64,
        seed=1,
        code_version="0.1.0+00000000",
    )


def fill(
    ledger: Ledger,
    days: int,
    widths: Mapping[str, float] = WIDTHS,
    *,
    first: int = 0,
    symbol: str = "COIN",
    config: str = "a",
    late: bool = False,
) -> None:
    """Records a forecast a day and model, and settles all but the last day's.

    Args:
        ledger: Where.
        days: How many.
        widths: See `WIDTHS`.
        first: Days from `FIRST` to the first origin.
        symbol: The asset.
        config: A digit, of which the hash of settings is made.
        late: Whether all are recorded after their targets' close.
    """
    rng = np.random.default_rng([first, len(symbol)])
    for number in range(first, first + days):
        day = FIRST + pd.Timedelta(days=number)
        now = close(day) + timedelta(days=3 if late else 0, hours=1)
        ledger.record([issued(symbol, model, day, width, config=config) for model, width in widths.items()], now)
        if number == first + days - 1:
            return
        y = float(rng.normal(0, SD))
        outcome = {"symbol": symbol, "as_of": f"{day:%Y-%m-%d}", "horizon": 1, "y": y, "close": 100.0}
        target = {"target": f"{day + pd.Timedelta(days=1):%Y-%m-%d}", "data_vintage": "0" * 64}
        scores = [(model, score(Predictive.of([0.0], [width * SD]), y)) for model, width in widths.items()]
        ledger.settle({**outcome, **target}, scores, now)
