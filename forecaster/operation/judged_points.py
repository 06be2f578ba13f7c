"""A file's points, or one quantile of each forecast: errors beside those of our own points, and nothing more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.distribution.predictive import Predictive
from forecaster.evaluation import calibration
from forecaster.evaluation.calibration import calibrations
from forecaster.evaluation.scoreboard import PREDICT_ZERO
from forecaster.evaluation.skill import FLOORS, skill
from forecaster.evaluation.verdicts import MINIMUM_DAYS
from forecaster.referee.one_score import compared
from forecaster.replay.backtest import DISTRIBUTION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.evaluation.judgement import Judgement
    from forecaster.floats import Floats
    from forecaster.referee.forms import Forms

ERRORS = {"absolute_error": "absolute error", "squared_error": "squared error"}
PINBALL = "quantile score"


def board(own: pd.DataFrame, scores: pd.DataFrame) -> pd.DataFrame:
    """The scoreboard with those that have no distribution, by their mean errors, and predicting zero beside points.

    Args:
        own: The file's rows, none of them a distribution.
        scores: The scoreboard of all others, with `symbol`.

    Returns:
        The columns of `scores`, asset by asset.
    """
    parts = []
    for symbol, rows in own.groupby("symbol", sort=False):
        ours, zero = scores[scores["symbol"] == symbol], _zero(rows)
        if rows["mean"].notna().any() or rows["absolute_error"].notna().any():
            ours = ours[ours["model"] != PREDICT_ZERO]
        else:
            zero = zero.iloc[:0]  # of a quantile far from the middle, errors are not shown
        parts += [_means(rows, str(symbol)), ours, _means(zero, str(symbol))]
    return pd.concat([part for part in parts if len(part)], ignore_index=True).reindex(columns=scores.columns)


def _means(rows: pd.DataFrame, symbol: str) -> pd.DataFrame:
    found = rows.groupby("model", sort=False).agg(
        days=("y", "size"), mae=("absolute_error", "mean"), mse=("squared_error", "mean")
    )
    return found.reset_index().assign(symbol=symbol, origin="replayed")


def _zero(rows: pd.DataFrame) -> pd.DataFrame:
    """Predicting no change, on the days of some rows."""
    days = rows.drop_duplicates("target_date")[["target_date", "y"]]
    return days.assign(model=PREDICT_ZERO, absolute_error=days["y"].abs(), squared_error=days["y"] ** 2)


def bare(
    judgements: Mapping[str, Judgement], own: pd.DataFrame, others: pd.DataFrame, forms: Forms, trials: int
) -> dict[str, Judgement]:
    """The judgements of assets whose forecasts are no distributions: their verdict is on these.

    Args:
        judgements: By symbol, of those beside them.
        own: The file's rows.
        others: Our forecasters' rows. Where none of them is a floor (`evaluation.skill`), points are held to zero.
        forms: What the file's forecasts are.
        trials: Configurations ever tried.
    """
    quantile = forms.form == "one quantile"
    if quantile:
        level = float(forms.levels[0])
        own = own.assign(**{PINBALL: _pinball(own["y"].to_numpy(float), forms.points["quantile"], level)})
        others = others.assign(**{PINBALL: _of_distributions(others, level)})
        names = {PINBALL: f"the quantile score at {level:.3g}"}
    else:
        names = {name: called for name, called in ERRORS.items() if own[name].notna().any()}
    found = dict(judgements)
    for symbol, asset in own.groupby("symbol", sort=False):
        ours = others[others["symbol"] == symbol]
        if not quantile and not set(FLOORS) & set(ours["model"]):
            ours = pd.concat([ours, _zero(asset)]) if len(ours) else _zero(asset)
        rows = asset.rename(columns={"target_date": "target"})
        each = compared(rows, ours.rename(columns={"target_date": "target"}), names, trials)
        verdict = skill(each)
        judged = [sentence for one in each for sentence in one.sentences if verdict.days[1] >= MINIMUM_DAYS]
        told = (*judged, *calibration.in_words(calibrations(rows)))
        found[str(symbol)] = replace(found[str(symbol)], bare=verdict, told=told)
    return found


def _pinball(y: Floats, quantile: Floats, level: float) -> Floats:
    """`(1{y <= q} - level)(q - y)`, as `frames.scored` gives it."""
    return np.asarray(((y <= quantile) - level) * (quantile - y))


def _of_distributions(rows: pd.DataFrame, level: float) -> Floats:
    laws = [Predictive.from_bytes(data) if isinstance(data, bytes) else None for data in rows[DISTRIBUTION]]
    quantiles = np.array([float(law.quantile(level)) if law is not None else np.nan for law in laws], np.float64)
    return np.where(np.isfinite(quantiles), _pinball(rows["y"].to_numpy(float), quantiles, level), np.nan)
