"""A file's points, or one quantile of each forecast: errors beside those of our own points, and nothing more."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.distribution.predictive import Predictive
from forecaster.evaluation import calibration
from forecaster.evaluation.calibration import calibrations
from forecaster.referee.one_score import compared
from forecaster.replay.backtest import DISTRIBUTION

if TYPE_CHECKING:
    from forecaster.floats import Floats
    from forecaster.referee.forms import Forms

ERRORS = {"absolute_error": "absolute error", "squared_error": "squared error"}
PINBALL = "quantile score"


def board(own: pd.DataFrame) -> pd.DataFrame:
    """The mean errors of those without a distribution, one row per asset and model."""
    bare = own[own["crps"].isna()]
    found = bare.groupby(["symbol", "model"], sort=False).agg(
        days=("y", "size"), mae=("absolute_error", "mean"), mse=("squared_error", "mean")
    )
    return found.reset_index().assign(origin="replayed")


def sentences(own: pd.DataFrame, others: pd.DataFrame, forms: Forms, trials: int) -> tuple[str, ...]:
    """Verdicts on those without a distribution, each asset apart."""
    bare = own[own["crps"].isna()].rename(columns={"target_date": "target"})
    beside = others.rename(columns={"target_date": "target"})
    if forms.form == "one quantile":
        level = float(forms.levels[0])
        bare = bare.assign(**{PINBALL: _pinball(bare["y"].to_numpy(float), forms.points["quantile"], level)})
        beside = beside.assign(**{PINBALL: _of_distributions(beside, level)})
        names = {PINBALL: f"the quantile score at {level:.3g}"}
    else:
        names = {name: called for name, called in ERRORS.items() if bare[name].notna().any()}
    said: list[str] = []
    for symbol, rows in bare.groupby("symbol", sort=False):
        ours = beside[beside["symbol"] == symbol]
        told = (*compared(rows, ours, names, trials), *calibration.in_words(calibrations(rows)))
        said += [f"{symbol}: {sentence}" for sentence in told]
    return tuple(said)


def _pinball(y: Floats, quantile: Floats, level: float) -> Floats:
    """`(1{y <= q} - level)(q - y)`, as `frames.scored` gives it."""
    return np.asarray(((y <= quantile) - level) * (quantile - y))


def _of_distributions(rows: pd.DataFrame, level: float) -> Floats:
    laws = [Predictive.from_bytes(data) if isinstance(data, bytes) else None for data in rows[DISTRIBUTION]]
    quantiles = np.array([float(law.quantile(level)) if law is not None else np.nan for law in laws], np.float64)
    return np.where(np.isfinite(quantiles), _pinball(rows["y"].to_numpy(float), quantiles, level), np.nan)
