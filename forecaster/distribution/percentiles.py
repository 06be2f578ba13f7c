"""All 99 percentiles of a distribution, for whoever computes with forecasts elsewhere."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
import scipy  # it loads what is asked of it, when it is asked

from forecaster.distribution.predictive import LEVELS as RECORDED

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.distribution.predictive import Predictive
    from forecaster.floats import Floats

LEVELS = tuple(percent / 100 for percent in range(1, 100))
"""Their levels."""

NAMES = tuple(f"q{percent:02d}" for percent in range(1, 100))
"""What they are called, `q01` to `q99`."""

KEPT = 32
"""Distributions whose percentiles are kept: some forecasters say the same on many days."""


FINER = 6
"""Into how many parts the curve through the recorded quantiles is cut, each, before the percentiles are read off it."""


@lru_cache(maxsize=KEPT)
def percentiles(predictive: Predictive) -> Mapping[str, float]:
    """The percentiles by name, fractions per session; those that are recorded have the bits that the record has.

    >>> from forecaster.distribution.predictive import Predictive
    >>> round(percentiles(Predictive.of(loc=[0.0], scale=[1.0]))["q97"], 3)
    1.881
    """
    found = None if predictive.tick else _between(predictive)
    values = predictive.quantile(LEVELS) if found is None else found
    return {**dict(zip(NAMES, values.tolist(), strict=True)), **predictive.quantiles}


def _between(predictive: Predictive) -> Floats | None:
    """All percentiles, read off a curve between points whose probability and density are known.

    In normal scores a quantile is nearly linear in its level; a cubic with the right values and slopes at the recorded
    quantiles and at five points between each pair is off by less than a hundred-thousandth of their range.

    Returns:
        `(99,)`; None where the recorded ones do not rise, or the density vanishes between them.
    """
    ndtri, interpolate = scipy.special.ndtri, scipy.interpolate
    known, score = np.array([*predictive.quantiles.values()]), ndtri(RECORDED)
    if not (np.diff(known) > 0).all():
        return None
    part = np.arange(FINER * (score.size - 1) + 1) / FINER
    points = interpolate.PchipInterpolator(score, known)(np.interp(part, np.arange(score.size), score))
    at = ndtri(predictive.cdf(points))
    with np.errstate(over="ignore"):
        slope = np.exp(-0.5 * at**2 - predictive.log_prob(points)) / np.sqrt(2 * np.pi)
    if not (np.isfinite(slope).all() and (np.diff(at) > 0).all()):
        return None
    found: Floats = interpolate.CubicHermiteSpline(at, points, slope)(ndtri(LEVELS))
    return found if (np.diff(found) > 0).all() else None
