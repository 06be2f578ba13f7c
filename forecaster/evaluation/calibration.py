"""Are a model's probabilities what they say? Tests of its PITs, and what they find in words.

A PIT is the probability that the forecast gave to outcomes below the one that came. Of a calibrated model PITs are
uniform and independent, and everything here follows from the column `pit` alone. All tests of one table share an error
rate of 5 % (Holm 1979), and so do the words that rest on them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from forecaster.evaluation import coverage
from forecaster.evaluation.basel import traffic_light
from forecaster.evaluation.berkowitz import berkowitz
from forecaster.evaluation.christoffersen import conditional_coverage, independence
from forecaster.evaluation.exact import Exact, lot
from forecaster.evaluation.holm import holm
from forecaster.evaluation.kupiec import kupiec
from forecaster.evaluation.ljung_box import ljung_box
from forecaster.evaluation.references import in_order
from forecaster.evaluation.uniformity import band, histogram, kolmogorov_smirnov
from forecaster.evaluation.verdicts import LEVEL, MINIMUM_DAYS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd
    from numpy.typing import NDArray

RATES = (0.05, 0.01)
"""Left tails: 95 and 99 % value at risk."""
_EDGE = 1e-15  # a PIT that was rounded to 0 or 1 has a normal score all the same


@dataclass(frozen=True)
class Result:
    """One test of one model.

    Attributes:
        name: Which; one of breaches or coverage ends in its level in per cent.
        statistic: Its statistic.
        observed: Part of days that it is about, NaN where it is about none.
        expected: What that part should be.
        p: Its p-value: below 5 % in 5 % of all samples of a calibrated model.
        bound: The same without the lot between ties, see `exact`; what a claim rests on.
        adjusted: `bound` after Holm's correction for all tests of the table.
    """

    name: str
    statistic: float
    observed: float
    expected: float
    p: float
    bound: float
    adjusted: float = 1.0


@dataclass(frozen=True)
class Calibration:
    """What the PITs of one model say.

    Attributes:
        model: The model.
        days: Days with a PIT.
        tests: By name.
        counts: Days in each of ten bins of the PIT.
        band: Between which counts all ten lie in 95 % of all samples of a calibrated model.
        mean: Mean of the PITs, 0.5 where forecasts are right on average.
        sd: Standard deviation of their normal scores, one where widths are right.
        breaches: Days among the last 250 below the 1 % quantile.
        light: The Basel zone, empty where there are fewer days.
    """

    model: str
    days: int
    tests: dict[str, Result]
    counts: list[int]
    band: tuple[int, int]
    mean: float
    sd: float
    breaches: int
    light: str

    @property
    def findings(self) -> tuple[str, ...]:
        """What is wrong, each with the number behind it; empty where there is no evidence of anything."""
        said = (*_widths(self), *_left_tail(self), *_dependence(self))
        return said or tuple(_shape(self))

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        if self.days < MINIMUM_DAYS:
            return f"{self.model}: {self.days} days are too few to judge calibration ({MINIMUM_DAYS} are needed)."
        if found := self.findings:
            return f"{self.model}: {'; '.join(found)} ({self.days} days)."
        least = min(test.adjusted for test in self.tests.values())
        return (
            f"{self.model}: no evidence of miscalibration over all days "
            f"({len(self.tests)} tests, least p {least:.2g}; {self.days} days)."
        )


def in_words(found: Sequence[Calibration]) -> tuple[str, ...]:
    """One sentence per model with a finding, and one for all others; none of those with too few days to judge."""
    judged = [own for own in found if own.days >= MINIMUM_DAYS]
    clean = ", ".join(own.model for own in judged if not own.findings)
    said = tuple(own.sentence for own in judged if own.findings)
    return (
        (*said, f"No evidence of miscalibration over all days in {len(judged[0].tests)} tests each: {clean}.")
        if clean
        else said
    )


def calibrations(scores: pd.DataFrame) -> list[Calibration]:
    """Judges every model that has a PIT.

    Args:
        scores: `model, target, pit`, one row per forecast of one asset; rows without a PIT are left out.
    """
    rows = scores.dropna(subset=["pit"]).sort_values("target", kind="stable")
    found = [_judged(str(name), own["pit"].to_numpy(float)) for name, own in rows.groupby("model")]
    ranks = {name: i for i, name in enumerate(in_order(each.model for each in found))}
    return _shared(sorted(found, key=lambda each: ranks[each.model]))


def _judged(model: str, pit: NDArray[np.float64]) -> Calibration:
    z = stats.norm.ppf(pit.clip(_EDGE, 1 - _EDGE))
    enough = pit.size >= MINIMUM_DAYS
    return Calibration(
        model=model,
        days=pit.size,
        tests={test.name: test for test in _tests(pit, z)} if enough else {},
        counts=histogram(pit),
        band=band(pit.size),
        mean=float(pit.mean()),
        sd=float(z.std()),
        breaches=traffic_light(pit)[0],
        light=traffic_light(pit)[1],
    )


def _tests(pit: NDArray[np.float64], z: NDArray[np.float64]) -> Iterator[Result]:
    for name, (statistic, p) in {
        "kolmogorov_smirnov": kolmogorov_smirnov(pit),
        "ljung_box": ljung_box(z),
        "ljung_box_squares": ljung_box((pit - 0.5) ** 2),
        "berkowitz": berkowitz(z),
    }.items():
        yield Result(name, statistic, np.nan, np.nan, p, p)
    drawn = lot(pit)
    for level in coverage.LEVELS:
        out = coverage.outside(pit, level)
        yield _exact(f"coverage_{level:.0%}", kupiec(out, 1 - level, drawn), 1 - out.mean(), level)
    for rate in RATES:
        below, at = pit < rate, f"{1 - rate:.0%}"
        part = float(below.mean())
        yield _exact(f"kupiec_{at}", kupiec(below, rate, drawn), part, rate)
        yield _exact(f"independence_{at}", independence(below, drawn), part, rate)
        yield _exact(f"conditional_coverage_{at}", conditional_coverage(below, rate, drawn), part, rate)


def _exact(name: str, found: Exact, observed: float, expected: float) -> Result:
    return Result(name.removesuffix("%"), found.statistic, float(observed), expected, found.p, found.bound)


def _shared(found: Sequence[Calibration]) -> list[Calibration]:
    """The same with p-values that all tests share."""
    bounds = [test.bound for each in found for test in each.tests.values()]
    adjusted = iter(holm(bounds))
    return [
        replace(each, tests={name: replace(t, adjusted=float(next(adjusted))) for name, t in each.tests.items()})
        for each in found
    ]


def _widths(own: Calibration) -> Iterator[str]:
    """Too narrow, too wide: of the intervals on either side of their level, the one with the clearest evidence."""
    wrong = [test for name, test in own.tests.items() if name.startswith("coverage") and test.adjusted < LEVEL]
    for words, side in (("too narrow", -1), ("too wide", 1)):
        found = [test for test in wrong if side * (test.observed - test.expected) > 0]
        if found:
            worst = min(found, key=lambda test: test.bound)
            yield f"{words} ({worst.observed:.1%} of days in the {worst.expected:.0%} interval, {_p(worst)})"


def _left_tail(own: Calibration) -> Iterator[str]:
    wrong = [own.tests[f"kupiec_{1 - rate:.0%}".removesuffix("%")] for rate in RATES if own.tests]
    wrong = [test for test in wrong if test.adjusted < LEVEL]
    if wrong:
        worst = min(wrong, key=lambda test: test.bound)
        words = "too narrow" if worst.observed > worst.expected else "too wide"
        part = f"{worst.observed:.1%} of days below the {worst.expected:.0%} quantile"
        yield f"{words} in the left tail ({part}, {_p(worst)})"


def _dependence(own: Calibration) -> Iterator[str]:
    words = {
        "ljung_box": "PITs are autocorrelated",
        "ljung_box_squares": "widths do not follow volatility: squares of the PITs are autocorrelated",
        "independence_95": "breaches of the 5% quantile depend on the day before",
        "independence_99": "breaches of the 1% quantile depend on the day before",
    }
    for name, said in words.items():
        if name in own.tests and own.tests[name].adjusted < LEVEL:
            yield f"{said} ({_p(own.tests[name])})"


def _shape(own: Calibration) -> Iterator[str]:
    """What is wrong where none of the above is."""
    words = {
        "kolmogorov_smirnov": f"PITs are not uniform (mean {own.mean:.2f}",
        "berkowitz": f"normal scores of the PITs are not standard normal (sd {own.sd:.2f}",
        "conditional_coverage_95": f"breaches of the 5% quantile are not as they should be ({own.days} days",
        "conditional_coverage_99": f"breaches of the 1% quantile are not as they should be ({own.days} days",
    }
    for name, said in words.items():
        if name in own.tests and own.tests[name].adjusted < LEVEL:
            yield f"{said}, {_p(own.tests[name])})"


def _p(test: Result) -> str:
    return "p < 0.0001" if test.adjusted < 1e-4 else f"p = {test.adjusted:.2g}"  # noqa: PLR2004  # as it is shown
