"""All 99 percentiles of a distribution, for whoever computes with forecasts elsewhere."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.distribution.predictive import Predictive

LEVELS = tuple(percent / 100 for percent in range(1, 100))
"""Their levels."""

NAMES = tuple(f"q{percent:02d}" for percent in range(1, 100))
"""What they are called, `q01` to `q99`."""

KEPT = 32
"""Distributions whose percentiles are kept: some forecasters say the same on many days."""


@lru_cache(maxsize=KEPT)
def percentiles(predictive: Predictive) -> Mapping[str, float]:
    """The percentiles by name, fractions per session; those that are recorded have the bits that the record has.

    >>> from forecaster.distribution.predictive import Predictive
    >>> round(percentiles(Predictive.of(loc=[0.0], scale=[1.0]))["q97"], 3)
    1.881
    """
    return {**dict(zip(NAMES, predictive.quantile(LEVELS).tolist(), strict=True)), **predictive.quantiles}
