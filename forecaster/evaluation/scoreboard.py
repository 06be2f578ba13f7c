"""Scores of many forecasts as one table: one row per model, and what predicting no change would have cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.evaluation.scores import FIRST, logical, mean_of, names

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from numpy.typing import NDArray

PREDICT_ZERO = "predict zero"
SKILLS = {"skill_climatology": "climatology", "skill_baseline": "baseline_mlp"}
"""Column of a skill to the reference that it is against."""


def columns(scored: Container[str]) -> tuple[str, ...]:
    """The columns of a scoreboard: measures, then shares of days, and last the scores that were added since.

    >>> columns(FIRST)[3:]
    ('crps', 'skill_climatology', 'skill_baseline', 'log_score', 'mae', 'mse', 'in50', 'in90')
    """
    crps, *others = _means(scored).values()
    return ("model", "origin", "days", crps, *SKILLS, *others)


def _means(scored: Container[str]) -> dict[str, str]:
    """Score to what its mean is called, in the order of the columns."""
    ordered = sorted(names(), key=lambda name: (name not in FIRST, logical(name)))
    return {name: mean for name in ordered if name in scored and (mean := mean_of(name))}


def scoreboard(scores: pd.DataFrame) -> pd.DataFrame:
    """Means over days, in the models' order of appearance, one block for each origin (live or replayed).

    Args:
        scores: `model, origin, target, y` and scores by their ids, one row per forecast of one asset; those without a
            score are left out.

    Returns:
        `columns` of the scores that the table has; skill is against the reference on the days that both were scored,
        NaN where there are none.
    """
    scored, means = scores.dropna(subset=["crps"]), _means(scores)
    blocks = []
    for origin, block in scored.groupby("origin", sort=True):
        crps = block.pivot_table(index="target", columns="model", values="crps")
        paired = {str(model): crps[model].to_numpy(float) for model in crps}
        figures = {name: block[name].to_numpy(float) for name in means}
        models = block["model"].to_numpy(object)
        for model in dict.fromkeys(models):
            rows = models == model
            blocks.append(
                {
                    "model": model,
                    "origin": origin,
                    "days": int(rows.sum()),
                    **{skill: _skill(paired, model, reference) for skill, reference in SKILLS.items()},
                    **{mean: _mean(figures[name][rows]) for name, mean in means.items()},
                }
            )
        y = block.drop_duplicates("target")["y"]
        zero = {
            "model": PREDICT_ZERO,
            "origin": origin,
            "days": len(y),
            "mae": y.abs().mean(),
            "mse": (y**2).mean(),
        }
        blocks.append(zero)
    return pd.DataFrame(blocks, columns=list(columns(scores)))


def _mean(values: NDArray[np.float64]) -> float:
    """Of what is there."""
    missing = np.isnan(values)
    return float(np.where(missing, 0.0, values).sum() / (~missing).sum()) if not missing.all() else np.nan


def _skill(crps: Mapping[str, NDArray[np.float64]], model: str, reference: str) -> float:
    if reference not in crps or model == reference:
        return np.nan
    both = ~(np.isnan(crps[model]) | np.isnan(crps[reference]))
    return float(1 - crps[model][both].mean() / crps[reference][both].mean()) if both.any() else np.nan
