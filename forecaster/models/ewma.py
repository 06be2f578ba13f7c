"""The variance of RiskMetrics, a fading average of squared changes, with Student-t errors fitted to the past.

The variance known at a close is `v[t] = sum_k decay^k r[t-k]^2 / sum_k decay^k`, around a mean of zero (J.P. Morgan and
Reuters, RiskMetrics Technical Document, 4th ed. 1996, with a decay of 0.94 for daily changes). Past changes in units of
the volatility known before them are Student-t, whose scale and degrees of freedom are those of maximum likelihood.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from pydantic import Field

from forecaster.contract import Failed, Fitted, ModelSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.contract import Compute, Examples, Origin
    from forecaster.distribution.predictive import Predictive
    from forecaster.floats import Floats


LABEL = "EWMA"
SUMMARY = "RiskMetrics: variance as an exponentially weighted average of squared changes, Student-t errors"
ASSUMPTIONS = (
    "The mean change is zero, and the next session's volatility depends only on the size of recent changes.",
    "Volatility stays where it is: it does not return to a long-run level, and falls count as rises do.",
    "Changes in units of the volatility known before them are Student-t, with the same shape on all days.",
)

FIRST = 20
"""Changes that the average has seen before it is believed."""

FLOOR = 1e-4
"""The variance is never taken below this part of the mean square: where a price stands still, it will not forever."""

NARROWEST = 0.01
"""Least scale, in parts of the root mean square: where most changes are zero the likelihood grows without end."""

DF = (2.05, 500.0)
"""Least and most degrees of freedom: a variance that exists, and what no data tell from a normal."""


class Settings(ModelSettings):
    """How fast the past fades.

    Attributes:
        decay: What a session more takes from the weight of a squared change.
    """

    decay: float = Field(0.94, gt=0, lt=1)


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Maximum likelihood on each training window's changes, one after another."""
    return tuple(_fitted(rows.history, settings.decay) for rows in examples)


def _fitted(changes: Floats, decay: float) -> Fitted | Failed:
    import numpy as np

    floor = FLOOR * float(np.mean(changes**2))
    if not floor > 0:
        return Failed("the changes are all zero")
    known = np.maximum(variances(changes, decay), floor)
    scale, df = _student(changes[FIRST:] / np.sqrt(known[FIRST - 1 : -1]))
    predict = partial(_predict, decay, floor, scale, df)
    return Fitted(predict, diagnostics={"scale": scale, "df": df, "decay": decay})


def _predict(decay: float, floor: float, scale: float, df: float, origin: Origin) -> Predictive:
    import numpy as np

    from forecaster.distribution.predictive import Predictive

    volatility = np.sqrt(max(variances(origin.history, decay)[-1], floor))
    return Predictive.of(0.0, scale * volatility, df)


def variances(changes: Floats, decay: float) -> Floats:
    """The fading average of squared changes known at each close `(sessions,)`, fractions squared."""
    import numpy as np
    from scipy import signal

    fading = signal.lfilter([1.0], [1.0, -decay], changes**2)
    weight = (1 - decay ** np.arange(1, changes.size + 1)) / (1 - decay)
    result: Floats = fading / weight
    return result


def _student(z: Floats) -> tuple[float, float]:
    """Scale and degrees of freedom of maximum likelihood around zero."""
    import numpy as np
    from scipy import optimize

    from forecaster.distribution import student

    def loss(at: Floats) -> float:
        scale, df = np.exp(at)
        return float(np.log(scale) - student.log_density(z / scale, df).mean())

    size = float(np.sqrt(np.mean(z**2))) or 1.0
    bounds = optimize.Bounds(*np.log([[NARROWEST * size, DF[0]], [2 * size, DF[1]]]))
    found = optimize.minimize(loss, np.log([size, 8.0]), method="L-BFGS-B", bounds=bounds)
    scale, df = np.exp(found.x)
    return float(scale), float(df)
