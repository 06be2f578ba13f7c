"""The daily account of positions: turnover, costs and what is left.

The turnover of a session is `|w[t] - w[t-1]|` between the positions wanted, from cash before the first; what a position
drifts by within a session is not charged, nor is its sale after the last. Cash earns nothing, and to be short costs
nothing beyond turnover.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.decisions.costs import SESSIONS, cost_rate
from forecaster.decisions.positions import RULES, positions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forecaster.decisions.settings import Decisions

HOLD = "buy and hold"
"""What stands for a model where all capital is held throughout."""
COLUMNS = ("symbol", "model", "rule", "as_of", "target_date", "y", "position", "turnover", "cost", "net")


def daily(rows: pd.DataFrame, asset_classes: Mapping[str, str], settings: Decisions) -> pd.DataFrame:
    """Every rule's position of every model on every session, and what it brought: `COLUMNS`, oldest first.

    All models of an asset, and buy-and-hold, are on the same sessions: those with an outcome. A model without a
    forecast for one of them is in cash.

    Args:
        rows: The export's rows, any order: `symbol, model, as_of, target_date, y, mean, sd, prob_up, status`, `q50`.
        asset_classes: Symbol to `equity`, `currency`, `crypto` or `commodity`.
        settings: Rules and costs.

    Returns:
        `position` in units of capital, `turnover` likewise; `cost` and `net` are fractions of capital a session, and
        `net = position * y - cost`.
    """
    known = rows[np.isfinite(rows["y"])]
    usable = known.assign(**{c: known[c].where(known["status"] != "withheld") for c in ("mean", "sd", "prob_up")})
    parts = [part for symbol, own in usable.groupby("symbol", sort=False)
             for part in _accounts(own, asset_classes[str(symbol)], settings)]  # fmt: skip
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))


def _accounts(own: pd.DataFrame, asset_class: str, settings: Decisions) -> Iterator[pd.DataFrame]:
    """The accounts of one asset: buy-and-hold, then each model by each rule."""
    days = own.drop_duplicates("target_date").sort_values("target_date")[["symbol", "as_of", "target_date", "y"]]
    rate = cost_rate(asset_class, settings)
    yield _account(days.assign(model=HOLD, rule="hold", position=1.0), rate)
    for model, forecasts in own.groupby("model", sort=False):
        aligned = forecasts.set_index("target_date").reindex(days["target_date"])
        for rule in RULES:
            wanted = positions(rule, aligned, SESSIONS[asset_class], settings)
            yield _account(days.assign(model=model, rule=rule, position=wanted), rate)


def _account(held: pd.DataFrame, rate: float) -> pd.DataFrame:
    turnover = held["position"].diff().fillna(held["position"]).abs()
    cost = rate * turnover
    net = held["position"] * held["y"] - cost
    return held.assign(turnover=turnover, cost=cost, net=net)[list(COLUMNS)]
