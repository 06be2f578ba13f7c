"""Scores of many forecasts as one table: a row a model, beside what predicting no change would have cost."""

from __future__ import annotations

import numpy as np
import pandas as pd

PREDICT_ZERO = "predict zero"
COLUMNS = (
    "model", "origin", "days", "crps", "skill_climatology", "skill_baseline", "log_score", "mae", "mse", "in50", "in90",
)  # fmt: skip


def scoreboard(scores: pd.DataFrame) -> pd.DataFrame:
    """Means over days, in the models' order of appearance, one block for each origin (live or replayed).

    Args:
        scores: `model, origin, target, y, crps, log_score, absolute_error, squared_error, in50, in90`, a row a
            forecast of one asset; rows without a score are left out.

    Returns:
        `COLUMNS`; skill is against the reference on the days that both were scored, NaN where there are none.
    """
    scored = scores.dropna(subset=["crps"])
    blocks = []
    for origin, block in scored.groupby("origin", sort=True):
        crps = block.pivot_table(index="target", columns="model", values="crps")
        for model, rows in block.groupby("model", sort=False):
            blocks.append(
                {
                    "model": model,
                    "origin": origin,
                    "days": len(rows),
                    "crps": rows["crps"].mean(),
                    "skill_climatology": _skill(crps, str(model), "climatology"),
                    "skill_baseline": _skill(crps, str(model), "baseline_mlp"),
                    "log_score": rows["log_score"].mean(),
                    "mae": rows["absolute_error"].mean(),
                    "mse": rows["squared_error"].mean(),
                    "in50": rows["in50"].astype(float).mean(),
                    "in90": rows["in90"].astype(float).mean(),
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
    return pd.DataFrame(blocks, columns=list(COLUMNS))


def _skill(crps: pd.DataFrame, model: str, reference: str) -> float:
    if reference not in crps or model == reference:
        return np.nan
    both = crps[[model, reference]].dropna()
    return float(1 - both[model].mean() / both[reference].mean()) if len(both) else np.nan
