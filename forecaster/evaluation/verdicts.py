"""Verdicts over many forecasts, in words: is one model better than another, or is there no evidence of it?

Two models are compared on the same days by the mean difference of their CRPS: the test of Diebold and Mariano (1995,
doi:10.1080/07350015.1995.10524599) with Newey-West standard errors, the small-sample correction of Harvey, Leybourne
and Newbold (1997, doi:10.1016/S0169-2070(96)00719-4) and Student-t critical values. Every sentence of one table shares
a two-sided error rate of 5 % (Bonferroni).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from statsmodels.api import OLS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd
    from numpy.typing import NDArray

MINIMUM_DAYS = 60
"""Fewest common days on which a claim of skill is made at all."""
LEVEL = 0.05
REFERENCES = ("climatology", "garch", "baseline_mlp")


@dataclass(frozen=True)
class Comparison:
    """A model against a reference on the days that both were scored.

    Attributes:
        model: The model.
        reference: What it is compared with.
        days: Common days.
        difference: Mean CRPS of the model minus that of the reference, in units of change; negative is better.
        skill: `1 - mean CRPS / mean CRPS of the reference`.
        t: Corrected Diebold-Mariano statistic.
        p: Two-sided p-value of `t`.
        level: The level that `p` must fall below for a claim, after correction for the number of comparisons.
    """

    model: str
    reference: str
    days: int
    difference: float
    skill: float
    t: float
    p: float
    level: float

    @property
    def claim(self) -> str:
        """`better`, `worse`, or empty where there is no evidence of either."""
        if self.days < MINIMUM_DAYS or not self.p < self.level:
            return ""
        return "better" if self.difference < 0 else "worse"

    @property
    def sentence(self) -> str:
        """The verdict in words, with the figures behind it."""
        none = f"{self.model}: no evidence of skill against {self.reference}"
        if self.days < MINIMUM_DAYS:
            return f"{none}; {self.days} days are too few to judge ({MINIMUM_DAYS} are needed)."
        side = "lower" if self.skill >= 0 else "higher"
        figures = f"CRPS {abs(self.skill):.1%} {side}, t = {self.t:.1f}, {self.days} days"
        return (
            f"{self.model}: {self.claim} than {self.reference} ({figures})." if self.claim else f"{none} ({figures})."
        )


def in_order(models: Iterable[str]) -> list[str]:
    """Models as they are shown: those that are judged first, then what they are judged by.

    >>> in_order(["baseline_mlp", "bayesian_linear", "climatology"])
    ['bayesian_linear', 'climatology', 'baseline_mlp']
    """
    names = list(models)
    return [n for n in names if n not in REFERENCES] + [n for n in REFERENCES if n in names]


def in_words(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """A sentence a comparison; one for all of them where the days are too few to judge any."""
    days = max((c.days for c in comparisons), default=0)
    if comparisons and days < MINIMUM_DAYS:
        return (f"No evidence of skill: {days} days are too few to judge any model ({MINIMUM_DAYS} are needed).",)
    return tuple(c.sentence for c in comparisons)


def compare(scores: pd.DataFrame) -> list[Comparison]:
    """Compares every model with each reference that was scored too.

    Args:
        scores: `model, target, crps`, a row a forecast of one asset; rows without a score are left out.
    """
    wide = scores.dropna(subset=["crps"]).pivot_table(index="target", columns="model", values="crps", sort=True)
    names = in_order(str(name) for name in wide)
    pairs = [(m, r) for r in REFERENCES if r in names for m in names if m not in {r, "climatology"}]
    compared = []
    for model, reference in pairs:
        both = wide[[model, reference]].dropna()
        compared.append(
            _compare(model, reference, both[model].to_numpy(), both[reference].to_numpy(), LEVEL / len(pairs))
        )
    return compared


def _compare(
    model: str, reference: str, crps: NDArray[np.float64], other: NDArray[np.float64], level: float
) -> Comparison:
    days, difference = len(crps), crps - other
    skill = 1 - crps.mean() / other.mean() if days and other.mean() > 0 else np.nan
    t, p = diebold_mariano(difference)
    return Comparison(model, reference, days, float(difference.mean()) if days else np.nan, float(skill), t, p, level)


def diebold_mariano(difference: NDArray[np.float64]) -> tuple[float, float]:
    """Corrected statistic and two-sided p-value of a zero mean loss difference `(days,)`, one session ahead.

    Newey-West with `floor(4 (n / 100)^(2/9))` lags; NaN and 1 where fewer than three days or no spread is there.
    """
    n = difference.size
    if n < 3 or np.ptp(difference) == 0:  # noqa: PLR2004  # a variance around a mean needs them
        return float("nan"), 1.0
    lags = int(4 * (n / 100) ** (2 / 9))
    fit = OLS(difference, np.ones(n)).fit(cov_type="HAC", cov_kwds={"maxlags": lags})
    t = float(fit.tvalues[0]) * np.sqrt((n - 1) / n)
    return float(t), float(2 * stats.t.sf(abs(t), n - 1))
