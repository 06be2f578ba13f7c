"""What is said of many forecasts: differences on the same days with their t, skill, coverage and calibration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from forecaster.evaluation.diebold_mariano import diebold_mariano

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike

LEVELS = (0.5, 0.8, 0.9, 0.95, 0.99)
"""Central intervals whose coverage is told."""

BAND = 0.95
KS_LIMIT = float(stats.kstwobign.ppf(BAND))
"""What sqrt(n) D of uniform and independent PITs stays below in 95 % of all samples, 1.358."""


@dataclass(frozen=True)
class Difference:
    """A forecaster's score less another's on the days that both have one.

    Attributes:
        days: Forecasts compared.
        mean: Mean difference; negative is better. NaN where nothing can be compared.
        t: Its t.
    """

    days: int
    mean: float
    t: float


def difference(rows: pd.DataFrame, model: str, other: str, score: str = "log_score") -> Difference:
    """Compares two forecasters; differences of several assets on one date are summed before the t is computed.

    So assets that move together do not count as independent days. The t is the Diebold-Mariano statistic of
    `forecaster.evaluation` on those sums.

    Args:
        rows: `block, target, model` and the score, one row per forecast, of one window.
        model: Its id.
        other: What it is compared with.
        score: Name of the column.
    """
    wide = wide_of(rows, score)
    if model not in wide or other not in wide:
        return Difference(0, np.nan, np.nan)
    apart = (wide[model] - wide[other]).dropna()
    if apart.empty:
        return Difference(0, np.nan, np.nan)
    sums = apart.groupby(level="target").sum().sort_index()
    return Difference(len(apart), float(apart.mean()), diebold_mariano(sums.to_numpy())[0])


def skill(rows: pd.DataFrame, model: str, other: str = "climatology") -> float:
    """One less the ratio of mean CRPS on the days that both have one; NaN where there are none.

    Over several blocks it is the mean of the blocks' skills, each weighed by its days: changes of one asset are not
    ten times as important as those of another for being ten times as large.
    """
    wide = wide_of(rows, "crps")
    if model not in wide or other not in wide:
        return np.nan
    both = wide[[model, other]].dropna()
    blocks = both.groupby(level="block").agg(["sum", "count"])
    if both.empty:
        return np.nan
    ratio = blocks[model]["sum"] / blocks[other]["sum"]
    return float(1 - np.average(ratio, weights=blocks[model]["count"]))


def wide_of(rows: pd.DataFrame, score: str) -> pd.DataFrame:
    """A column a forecaster, one row per day of a block."""
    return rows.pivot_table(index=["block", "target"], columns="model", values=score)


def inside(pit: ArrayLike, level: float) -> float:
    """Part of the outcomes inside the central interval of a level; NaN where there are none."""
    values = np.asarray(pit, np.float64)
    return float((np.abs(values - 0.5) < level / 2).mean()) if values.size else np.nan


def band(days: int, level: float) -> tuple[float, float]:
    """Between which parts the coverage of so many days lies with a probability of at least 95 %, where it is right.

    Exact quantiles of the binomial law, for independent days.
    """
    low, high = stats.binom.interval(BAND, days, level)
    return low / days, high / days


def uneven(pit: ArrayLike) -> float:
    """Kolmogorov and Smirnov's sqrt(n) D of PITs against the uniform law."""
    values = np.asarray(pit, np.float64)
    return float(np.sqrt(values.size) * stats.kstest(values, "uniform").statistic) if values.size else np.nan
