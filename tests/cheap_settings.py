"""A home's forecaster.toml under which every fit and every report is quick."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path

CHEAP = """\
train_window = 120
track_days = 8
minimum_rows = 40
[models.bayesian_linear]
steps = 40
draws = 20
[models.bayesian_mlp]
steps = 40
draws = 20
[models.direction]
draws = 20
[models.baseline_mlp]
epochs = 5
[models.regimes]
draws = 20
checks = 100
[models.bayes_by_backprop]
steps = 20
draws = 20
[models.variational_regression]
steps = 20
[models.ensemble]
members = ["climatology", "ewma"]
[models.recalibrated]
members = ["climatology", "ewma"]
[report]
days = 3
[compute]
workers = 1
"""
TWO = ("climatology", "bayesian_linear")
"""The quickest models: one without a fit and one with."""


def write_cheap(home: Path, **forecast: Any) -> None:
    """Writes it; further keys of its section forecast by name, such as `models=TWO`."""
    keys = "".join(f"{key} = {json.dumps(value)}\n" for key, value in forecast.items())
    (home / "forecaster.toml").write_text(f"[forecast]\n{keys}{CHEAP}")
