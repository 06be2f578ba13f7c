"""One forecast, as it is issued, recorded, replayed and scored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from forecaster.predictive import QUANTILES

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from forecaster.predictive import Predictive

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


def number(value: float) -> float | None:
    """A JSON number, nothing where it is not finite."""
    return float(value) if np.isfinite(value) else None
