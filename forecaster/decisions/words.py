"""What the decisions amount to, in plain words with the numbers behind them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from forecaster.decisions.account import HOLD
from forecaster.decisions.decide import LEVEL, MINIMUM_DAYS

if TYPE_CHECKING:
    import pandas as pd

NAMES = {"volatility_target": "volatility target", "kelly": "capped Kelly", "direction": "direction by P(up)"}


def in_words(decisions: pd.DataFrame) -> tuple[str, ...]:
    """Sentences about the decisions of one asset, in the columns of `decide`; none where there are none."""
    tried = decisions[decisions["model"] != HOLD]
    if tried.empty:
        return ()
    hold = float(decisions.loc[decisions["model"] == HOLD, "sharpe"].iloc[0])
    worth = tried[tried["worth"]]
    if len(worth):
        return tuple(_worth(row, hold) for _, row in worth.iterrows())
    days, needed = int(tried["days"].iloc[0]), max(MINIMUM_DAYS, math.floor(len(tried) / LEVEL) + 1)
    none = f"No evidence that any of the {len(tried)} positions tried is worth its costs"
    few = (f"{none}: {days} sessions are too few to judge that many positions ({needed} are needed).",)
    said = (
        few
        if days < needed
        else (f"{none}: none beats both buy-and-hold and random timing by more than luck explains.",)
    )
    rated = tried.dropna(subset=["sharpe"]).sort_values("sharpe")
    return said if rated.empty else (*said, _best(rated.iloc[-1], hold))


def _worth(row: pd.Series, hold: float) -> str:
    return f"{row['model']}, {NAMES[row['rule']]}: worth its costs on these sessions ({_figures(row, hold)})."


def _best(row: pd.Series, hold: float) -> str:
    return f"The highest Sharpe ratio is that of {row['model']}, {NAMES[row['rule']]} ({_figures(row, hold)})."


def _figures(row: pd.Series, hold: float) -> str:
    return (
        f"Sharpe ratio {row['sharpe']:.2f} with a standard error of {row['sharpe_se']:.2f}; against buy-and-hold with "
        f"{hold:.2f}, p = {row['hold_p']:.3f}; against random timing, p = {row['random_p']:.3f}; "
        f"deflated for {row['trials']} trials: {row['deflated']:.0%}"
    )
