"""One forecast, as it is issued, recorded, replayed and scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.contract import Failed
from forecaster.distribution.predictive import QUANTILES
from forecaster.issuing.provenance import code_version
from forecaster.json_numbers import number
from forecaster.view.notes import facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from forecaster.contract import Fitted
    from forecaster.distribution.predictive import Predictive
    from forecaster.issuing.training import Trained
    from forecaster.view.view import View


HORIZON = 1


@dataclass(frozen=True, eq=False)
class Forecast:
    """One forecast, as the ledger keeps it.

    Attributes:
        symbol: The asset.
        model: The forecaster's id.
        as_of: Last session whose data were used.
        horizon: Sessions ahead, 1.
        target: The session that is forecast.
        status: ok, unreliable (its own diagnostics failed, or another model stands in) or withheld (there is no
            distribution).
        reason: Why it is not ok.
        predictive: The distribution of the change, None where withheld.
        diagnostics: JSON-ready facts of the fit and its inputs.
        data_vintage: Hash of the rows known at `as_of`.
        config_sha256: Hash of the settings used.
        seed: Seed of the fit.
        code_version: Version of this program.
    """

    symbol: str
    model: str
    as_of: pd.Timestamp
    horizon: int
    target: pd.Timestamp
    status: str
    reason: str
    predictive: Predictive | None
    diagnostics: Mapping[str, Any]
    data_vintage: str
    config_sha256: str
    seed: int
    code_version: str

    def summary(self) -> dict[str, float | None]:
        """`mean, sd, prob_up` and the quantiles `q01` to `q99`; None where withheld."""
        if self.predictive is None:
            return dict.fromkeys(("mean", "sd", "prob_up", *QUANTILES))
        known = self.predictive
        return {"mean": known.mean, "sd": known.sd, "prob_up": known.prob_up, **known.quantiles}


CURVE_POINTS = 120
"""Points of a training curve that are kept with a forecast."""


def forecast(view: View, trained: Trained) -> Forecast:
    """The forecast of a trained model from a day."""
    predictive, reason = trained.predicted(view)
    diagnostics: dict[str, Any] = {"inputs": _inputs(view, trained)}
    if trained.stand_in:
        diagnostics["stand_in"] = trained.stand_in
    if not isinstance(trained.fitted, Failed):
        diagnostics.update(_outputs(trained.fitted))
    return Forecast(
        symbol=view.symbol,
        model=trained.model,
        as_of=view.as_of,
        horizon=HORIZON,
        target=view.target,
        status="withheld" if predictive is None else "unreliable" if reason else "ok",
        reason=reason,
        predictive=predictive,
        diagnostics=diagnostics,
        data_vintage=view.data_vintage,
        config_sha256=trained.config_sha256,
        seed=trained.seed,
        code_version=code_version(),
    )


def _inputs(view: View, trained: Trained) -> dict[str, Any]:
    return {
        **facts(view, trained.series),
        "fitted_at": f"{trained.fitted_at:%Y-%m-%d}",
        "rows": trained.rows,
        "notes": list(trained.notes),
        "findings": list(trained.findings),
    }


def _outputs(fitted: Fitted) -> dict[str, Any]:
    steps = fitted.losses.size
    kept = sorted({int(i) for i in np.linspace(0, steps - 1, min(steps, CURVE_POINTS))})
    facts: dict[str, Any] = {
        "elbo": [[i + 1, number(fitted.losses[i])] for i in kept],
        "figures": {name: number(value) for name, value in fitted.diagnostics.items()},
    }
    if fitted.weights is not None:
        facts["weights"] = {
            "mean": [[number(v) for v in row] for row in fitted.weights.mean.tolist()],
            "sd": [[number(v) for v in row] for row in fitted.weights.sd.tolist()],
        }
    return facts
