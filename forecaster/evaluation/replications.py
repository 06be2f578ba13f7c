"""Predictive checks: does a model give data like those it was fitted on?

Data of the model's own, replicated on the same rows, are compared with the observed by statistics of which the model
was not asked in so many numbers (Rubin 1984, doi:10.1214/aos/1176346785; Gelman, Meng and Stern 1996). The p-value of a
statistic is the share of replicated sets in which it is larger than observed, an equal one counting half. With draws of
the prior it is uniform if the model is right; with draws of the posterior, which has seen the same data, it keeps to
the middle: near 0 or 1 it says that the model does not give such data, in the middle it says little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forecaster.floats import Floats

    Statistic = Callable[[Floats, Floats], Floats]

BEYOND = 3.0
"""Volatilities beyond which a move counts as large."""

EXTREME = 0.01
"""A p-value nearer to 0 or 1 than this says that the model does not give such data."""


@dataclass(frozen=True, eq=False)
class Check:
    """One statistic of observed and of replicated data.

    Attributes:
        observed: Of the data.
        low: 5 % quantile of it over the replicated sets.
        high: 95 % quantile likewise.
        p: Share of the replicated sets in which it is larger than observed, an equal one counting half.
    """

    observed: float
    low: float
    high: float
    p: float

    @property
    def extreme(self) -> bool:
        """Whether the model does not give such data; also where the statistic is not a number."""
        return not EXTREME <= self.p <= 1 - EXTREME


def check(observed: Floats, replicated: Floats, unit: Floats) -> dict[str, Check]:
    """Every statistic of `STATISTICS`.

    Args:
        observed: The data `(rows,)`, in order of time.
        replicated: The model's `(draws, rows)`.
        unit: What a move of one volatility is in each row `(rows,)`.
    """
    return {name: _check(float(of(observed, unit)), of(replicated, unit)) for name, of in STATISTICS.items()}


def _check(observed: float, replicated: Floats) -> Check:
    low, high = np.quantile(replicated, [0.05, 0.95])
    p = np.nan if np.isnan(observed) else float((replicated > observed).mean() + (replicated == observed).mean() / 2)
    return Check(observed, float(low), float(high), p)


def _standard(y: Floats, power: int) -> Floats:
    centred = y - y.mean(-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Floats = (centred**power).mean(-1) / np.square(centred).mean(-1) ** (power / 2)
    return result


def _autocorrelation(y: Floats) -> Floats:
    """At lag one."""
    centred = y - y.mean(-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        result: Floats = (centred[..., 1:] * centred[..., :-1]).sum(-1) / np.square(centred).sum(-1)
    return result


STATISTICS: Mapping[str, Statistic] = {
    "mean": lambda y, _: y.mean(-1),
    "standard deviation": lambda y, _: y.std(-1, ddof=1),
    "skewness": lambda y, _: _standard(y, 3),
    "kurtosis": lambda y, _: _standard(y, 4),
    "autocorrelation, lag 1": lambda y, _: _autocorrelation(y),
    "the same of absolute values": lambda y, _: _autocorrelation(np.abs(y)),
    "share beyond 3 volatilities": lambda y, unit: (np.abs(y) > BEYOND * unit).mean(-1),
    "smallest": lambda y, _: y.min(-1),
    "largest": lambda y, _: y.max(-1),
}
"""Each of data `(..., rows)` and the unit of each row `(rows,)`: `(...)`."""
