"""The one entry: exported rows in, one row per symbol, model and rule out.

A position is called worth its costs only where three things hold: its Sharpe ratio is above buy-and-hold's and above
that of the same positions at other times, each at 5 % shared by all positions of the asset (Bonferroni), and its
deflated Sharpe ratio is at least 95 %.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecaster.decisions.account import HOLD, daily
from forecaster.decisions.chance import against_chance
from forecaster.decisions.costs import SESSIONS, cost_rate
from forecaster.decisions.drawdown import drawdown
from forecaster.decisions.positions import RULES
from forecaster.decisions.sharpe import deflated, difference, ratio, standard_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from forecaster.decisions.settings import Decisions

LEVEL = 0.05
MINIMUM_DAYS = 60
"""Fewest sessions on which anything is called worth its costs."""
COLUMNS = (
    "symbol", "model", "rule", "asset_class", "days", "position", "turnover", "cost", "return", "volatility", "sharpe",
    "sharpe_se", "drawdown", "hold_difference", "hold_p", "random_sharpe", "random_p", "trials", "deflated", "worth",
)  # fmt: skip
"""Of `decisions.csv`."""


def decide(rows: pd.DataFrame, asset_classes: Mapping[str, str], settings: Decisions, trials: int = 1) -> pd.DataFrame:
    """What each rule would have earned with each model's forecasts, beside buy-and-hold on the same sessions.

    Args:
        rows: The export's rows, as `account.daily` takes them.
        asset_classes: Symbol to asset class.
        settings: Rules and costs.
        trials: Configurations ever backtested; where `rows` hold more models, their number. Each counts once a rule.

    Returns:
        `COLUMNS`, buy-and-hold first. `position` is the mean size; `turnover`, `cost`, `return` and `volatility` are a
        year's, in units or fractions of capital, after costs; Sharpe ratios are a session's times the root of sessions
        a year. `hold_difference` is the Sharpe ratio minus buy-and-hold's, `random_sharpe` the median of the same
        positions at other times; p-values are one-sided. What cannot be told is NaN.
    """
    judged = [
        {"symbol": symbol, **row}
        for symbol, own in rows.groupby("symbol", sort=False)  # one at a time: accounts are large
        for row in _judged(daily(own, asset_classes, settings), asset_classes[str(symbol)], settings, trials)
    ]
    return pd.DataFrame(judged, columns=list(COLUMNS))


def _judged(own: pd.DataFrame, asset_class: str, settings: Decisions, trials: int) -> Iterator[dict[str, Any]]:
    """The rows of one asset, from its daily accounts."""
    sessions, rate = SESSIONS[asset_class], cost_rate(asset_class, settings)
    models = own["model"].nunique() - 1
    tried = max(trials, models) * len(RULES)
    hold = own.loc[own["model"] == HOLD, "net"].to_numpy(float)
    for (model, rule), account in own.groupby(["model", "rule"], sort=False):
        facts = {"model": model, "rule": rule, "asset_class": asset_class, **_summary(account, sessions)}
        if model == HOLD:
            yield {**facts, "trials": tried, "worth": False}
            continue
        against = _against(account, hold, sessions, rate)
        sure = deflated(account["net"].to_numpy(float), tried)
        level = LEVEL / (models * len(RULES))
        beaten = against["hold_p"] < level and against["random_p"] < level
        worth = bool(beaten and sure >= 1 - LEVEL and len(account) >= MINIMUM_DAYS)
        yield {**facts, **against, "trials": tried, "deflated": sure, "worth": worth}


def _summary(account: pd.DataFrame, sessions: int) -> dict[str, float]:
    net = account["net"].to_numpy(float)
    return {
        "days": net.size,
        "position": account["position"].abs().mean(),
        "turnover": account["turnover"].mean() * sessions,
        "cost": account["cost"].mean() * sessions,
        "return": net.mean() * sessions,
        "volatility": net.std() * np.sqrt(sessions),
        "sharpe": ratio(net) * np.sqrt(sessions),
        "sharpe_se": standard_error(net) * np.sqrt(sessions),
        "drawdown": drawdown(net),
    }


def _against(account: pd.DataFrame, hold: NDArray[np.float64], sessions: int, rate: float) -> dict[str, float]:
    net, wanted, y = (account[name].to_numpy(float) for name in ("net", "position", "y"))
    gap, hold_p = difference(net, hold)
    usual, random_p = against_chance(wanted, y, rate)
    year = np.sqrt(sessions)
    return {"hold_difference": gap * year, "hold_p": hold_p, "random_sharpe": usual * year, "random_p": random_p}
