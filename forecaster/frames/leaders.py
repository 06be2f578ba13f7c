"""The models of a backtest from best to worst, each with the verdict on it in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from forecaster.errors import ForecasterError
from forecaster.evaluation.scoreboard import PREDICT_ZERO
from forecaster.replay.export import Backtest

if TYPE_CHECKING:
    from forecaster.evaluation.judgement import Judgement

REFERENCE = "climatology"
"""What the verdicts are against: the floor."""


def leaderboard(backtest: Backtest) -> pd.DataFrame:
    """The models of a backtest by their mean CRPS, lowest first.

    Args:
        backtest: What `backtest` gave.

    Returns:
        A row a symbol and model: `days`, `crps`, `skill_climatology` (the share of climatology's CRPS that is saved, on
        the days that both were scored), `log_score`, the other means of the scoreboard, and `verdict`, the sentence on
        the model against climatology; empty for climatology itself, and where it was not replayed.

    Raises:
        ForecasterError: For anything but a backtest.
    """
    if not isinstance(backtest, Backtest):
        raise ForecasterError(f"leaderboard takes what backtest(...) gave, not {type(backtest).__name__}")
    board = backtest.scores[backtest.scores["model"] != PREDICT_ZERO].drop(columns="origin")
    said = {symbol: _verdicts(judgement) for symbol, judgement in backtest.verdicts.items()}
    verdict = [said[symbol].get(model, "") for symbol, model in zip(board["symbol"], board["model"], strict=True)]
    order = {symbol: at for at, symbol in enumerate(backtest.verdicts)}
    ranked = board.assign(verdict=verdict, place=board["symbol"].map(order)).sort_values(
        ["place", "crps"], kind="stable"
    )
    return ranked.drop(columns="place").set_index(["symbol", "model"])


def _verdicts(judgement: Judgement) -> dict[str, str]:
    """Model to the sentence on it against climatology, without its name."""
    against = [one for one in judgement.comparisons if one.reference == REFERENCE]
    return {one.model: one.sentence.removeprefix(f"{one.model}: ") for one in against}
