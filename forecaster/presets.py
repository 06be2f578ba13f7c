"""Named sets of settings. A preset fills in what forecaster.toml leaves open."""

from __future__ import annotations

from typing import Any

DEFAULT = "default"

PRESETS: dict[str, dict[str, Any]] = {
    DEFAULT: {},
    # For trying things out, such as an audit of every forecaster: fits of seconds that have not come to rest.
    "quick": {
        "forecast": {"train_window": 250, "track_days": 20},
        "models": {
            "bayesian_linear": {"steps": 40, "draws": 40},
            "bayesian_mlp": {"steps": 40, "draws": 40},
            "baseline_mlp": {"epochs": 5},
            "regimes": {"draws": 20, "checks": 100},
            "direction": {"draws": 40},
            "bayes_by_backprop": {"steps": 40, "draws": 40},
            "variational_regression": {"steps": 20},
        },
    },
    # As the original study ran: seven columns of raw changes over seven days (49 numbers), errors of a known
    # standard deviation of 1 where daily changes are about 0.08, and networks without a nonlinearity. Its target two
    # days ahead and its checkpoint on the test days are not repeated.
    "study": {
        "forecast": {
            "series": ["open", "high", "low", "price", "volume", "tweets", "market_cap"],
            "train_window": 322,
        },
        "models": {
            "bayesian_linear": {
                "noise": "normal",
                "noise_scale": 1.0,
                "weight_scale": 1.0,
                "other_weight_scale": 1.0,
                "intercept_scale": 1.0,
                "covariates": False,
                "scaling": "none",
            },
            "bayesian_mlp": {
                "activation": "linear",
                "noise": "normal",
                "noise_scale": 1.0,
                "skip": False,
                "hidden_weight_scale": 1.0,
                "covariates": False,
                "scaling": "none",
            },
            "baseline_mlp": {"scaling": "none"},
        },
    },
}
