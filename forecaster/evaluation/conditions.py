"""Where does a forecaster fail? Coverage and scores on kinds of days that are known before their outcomes.

Each model is tested on each kind of `forecaster.evaluation.spells`: do its 50 and 90 % intervals hold as many outcomes
as they say, are its PITs one half on average and as far from it as uniform ones, and are its log score and CRPS no
worse than a reference's, GARCH's where there is one and else climatology's? Kinds are told from that reference's
forecasts, the same days for every model, so that one whose own width never moves is judged on stormy days too; where
there is no GARCH, thirds are by each model's own forecasts.

Coverage has its exact binomial law (mid-p), means of PITs their normal one, all widened where neighbouring days of a
kind go wrong together by more than chance; score differences are judged by `diebold_mariano`. All tests of one asset
share an error rate of 5 % (`joint`): a table of forecasters without fault gives a sentence about any of them in at most
one asset of twenty.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import special

from forecaster.evaluation import coverage, spells
from forecaster.evaluation.diebold_mariano import diebold_mariano
from forecaster.evaluation.joint import joint
from forecaster.evaluation.references import in_order
from forecaster.evaluation.verdicts import LEVEL, MINIMUM_DAYS, NAMES, SCORES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from forecaster.floats import Floats

    Pair = tuple[pd.DataFrame, pd.DataFrame]

REFERENCES = ("garch", "climatology")
"""The first of these that is there is what kinds of days are told from, and what scores are held against."""
FEWEST = 30
"""Days of a kind below which nothing is tested."""
LEVELS = {"coverage_50": 0.5, "coverage_90": 0.9}
_CLEAR = 1.645  # standard errors beyond which neighbouring days are taken to go wrong together


@dataclass(frozen=True)
class Condition:
    """One test of one model on one kind of day.

    Attributes:
        model: The model.
        days_of: The kind, an id of `spells.WORDS`.
        test: coverage_50, coverage_90, pit, spread, crps or log_score.
        days: Days of that kind.
        observed: Share of outcomes in the interval; mean of the PIT, or of `|2 PIT - 1|`; or mean score minus the
            reference's.
        expected: What it should be.
        overall: The same as `observed` over all days of the model.
        reference: What a score is held against; empty for the other tests.
        p: Two-sided; of a score that it is no worse than the reference's.
        adjusted: The same after correction for all tests of the asset.
    """

    model: str
    days_of: str
    test: str
    days: int
    observed: float
    expected: float
    overall: float
    reference: str
    p: float
    adjusted: float = 1.0

    @property
    def fails(self) -> bool:
        """Whether there is evidence that the model fails on such days."""
        return self.adjusted < LEVEL

    @property
    def words(self) -> str:
        """What is wrong, with the figures; for the middle of a sentence."""
        p = "p < 0.0001" if self.adjusted < 1e-4 else f"p = {self.adjusted:.2g}"  # noqa: PLR2004  # as it is shown
        if self.test in LEVELS:
            return f"covers {self.observed:.0%} at {self.expected:.0%} ({p})"
        if self.test == "pit":
            side = "lower" if self.observed < self.expected else "higher"
            return f"outcomes come {side} than it says (mean PIT {self.observed:.2f} for 0.50, {p})"
        if self.test == "spread":
            side = "farther out" if self.observed > self.expected else "nearer its middle"
            return f"outcomes come {side} than it says (mean of |2 PIT - 1| {self.observed:.2f} for 0.50, {p})"
        size = f"{self.observed:.3f} nats" if self.test == "log_score" else f"{self.observed:.2g}"
        return f"{NAMES[self.test]} {size} worse than of {self.reference} ({self.overall:+.2g} over all days, {p})"


def conditions(rows: pd.DataFrame) -> list[Condition]:
    """Tests every model on every kind of day that is there.

    Args:
        rows: `model, target, y, pit, crps, log_score` and quantiles `q05, q50, q95` of one asset, a row a forecast;
            `as_of` where pauses are to be seen in it. Rows without a score are left out.

    Returns:
        None where the columns, a reference, or days are lacking.
    """
    if not {*spells.NEEDED, *SCORES, "pit", "model"} <= set(rows):
        return []
    known = rows.dropna(subset=["y", "pit", *SCORES, "q05", "q50", "q95"]).sort_values("target", kind="stable")
    named = [name for name in REFERENCES if (known["model"] == name).any()]
    if not named:
        return []
    by_model = {str(name): own.set_index("target", drop=False) for name, own in known.groupby("model")}
    found = _found(by_model, named[0])
    parts = np.zeros((len(by_model[named[0]]), len(found)))
    for i, one in enumerate(found):
        parts[one.at, i] = one.part
    one_sided = np.array([one.told.test in SCORES for one in found], bool)
    adjusted = joint(np.array([one.told.p for one in found]), parts, one_sided)
    return [replace(one.told, adjusted=float(p)) for one, p in zip(found, adjusted, strict=True)]


def in_words(found: Sequence[Condition]) -> tuple[str, ...]:
    """A sentence for each model that fails somewhere, and one for all others; none where nothing was tested."""
    if not found:
        return ()
    names = list(dict.fromkeys(one.model for one in found))
    kinds = len({one.days_of for one in found})
    failing = {name: [one for one in found if one.model == name and one.fails] for name in names}
    said = tuple(_sentence(name, wrong) for name, wrong in failing.items() if wrong)
    clean = ", ".join(name for name in names if not failing[name])
    if not clean:
        return said
    least = min(one.adjusted for one in found if not failing[one.model])
    tests = f"{len(found)} tests together, least p {least:.2g}"
    looked = "1 kind" if kinds == 1 else f"{kinds} kinds"
    return (*said, f"No fault is found on {looked} of days of: {clean} ({tests}).")


def _sentence(model: str, wrong: Sequence[Condition]) -> str:
    by_kind: dict[str, list[Condition]] = {}
    for one in wrong:
        by_kind.setdefault(one.days_of, []).append(one)
    parts = [
        f"{' and '.join(one.words for one in _told(own))} in {spells.WORDS[kind]} ({own[0].days} days)"
        for kind, own in by_kind.items()
    ]
    return f"{model}: {'; '.join(parts)}."


def _told(wrong: Sequence[Condition]) -> Iterator[Condition]:
    """What is told of the faults on one kind of day: the plainest of its width, of its middle and of its scores."""
    own = {one.test: one for one in wrong}
    for tests in (("coverage_90", "coverage_50", "spread"), ("pit",), ("log_score", "crps")):
        yield from [own[test] for test in tests if test in own][:1]


class _Found(NamedTuple):
    """A test that is not corrected yet.

    Attributes:
        told: It.
        at: Its days, by their places among the reference's.
        part: What each of them adds to its statistic.
    """

    told: Condition
    at: NDArray[np.int64]
    part: Floats


def _found(by_model: Mapping[str, pd.DataFrame], reference: str) -> list[_Found]:
    common = by_model[reference]
    after = spells.after(common)
    own_thirds = reference != REFERENCES[0]
    found: list[_Found] = []
    for name in in_order(sorted(by_model)):
        rows = by_model[name]
        rows = rows[rows.index.isin(common.index)]
        if len(rows) < MINIMUM_DAYS:
            continue
        at = common.index.get_indexer(rows.index)
        volatility = spells.deviation(rows if own_thirds else common.iloc[at])
        kinds = {**spells.thirds(volatility), **{kind: days[at] for kind, days in after.items()}}
        for kind, inside in kinds.items():
            if FEWEST <= inside.sum() < len(rows):
                found += _tests(name, kind, (rows, common.iloc[at]), inside, at)
    return found


def _tests(name: str, kind: str, pair: Pair, inside: NDArray[np.bool_], at: NDArray[np.int64]) -> Iterator[_Found]:
    rows, reference = pair
    pit, days = rows["pit"].to_numpy(float), int(inside.sum())
    floor = str(reference["model"].iloc[0])

    def told(test: str, values: Floats, expected: float, p: float, against: str = "") -> _Found:
        observed, overall = float(values[inside].mean()), float(values.mean())
        one = Condition(name, kind, test, days, observed, expected, overall, against, p)
        return _Found(one, at[inside], values[inside] - observed)

    for test, level in LEVELS.items():
        hits = ~coverage.outside(pit, level)
        z = _binomial(int(hits[inside].sum()), days, level) / clustering(hits.astype(float), inside)
        yield told(test, hits.astype(float), level, _two_sided(z))
    for test, values in {"pit": pit, "spread": np.abs(2 * pit - 1)}.items():
        z = (values[inside].sum() - days / 2) / np.sqrt(days / 12) / clustering(values, inside)
        yield told(test, values, 0.5, _two_sided(z))
    for score in SCORES if name != floor else ():
        apart = rows[score].to_numpy(float) - reference[score].to_numpy(float)
        if np.ptp(apart[inside]) > 0:
            t, p = diebold_mariano(apart[inside])
            yield told(score, apart, 0.0, p / 2 if t > 0 else 1 - p / 2, floor)


def _binomial(count: int, days: int, level: float) -> float:
    """Normal score of a number of hits, half of its own chance counted (mid-p)."""
    below = float(special.bdtr(count - 1, days, level)) if count else 0.0
    above = float(special.bdtrc(count, days, level))
    half = (1 - below - above) / 2
    z = special.ndtri(below + half) if below + half < 0.5 else -special.ndtri(above + half)  # noqa: PLR2004  # a half
    return float(z)


def _two_sided(z: float) -> float:
    return float(2 * special.ndtr(-abs(z)))


def clustering(values: Floats, inside: NDArray[np.bool_]) -> float:
    """By what the standard error of a mean over some days grows as neighbours among them go together; at least 1.

    Bartlett's weights over `n^(1/3)` days; 1 where that is no more than chance makes of independent days.

    Args:
        values: `(days,)`, by time.
        inside: `(days,)`, those of the mean.
    """
    count = int(inside.sum())
    apart = np.where(inside, values - values[inside].mean(), 0.0)
    square = float(apart @ apart)
    if not square > 0:
        return 1.0
    reach = int(count ** (1 / 3))
    weights = 1 - np.arange(1, reach + 1) / (reach + 1)
    products = np.array([apart[lag:] @ apart[:-lag] for lag in range(1, reach + 1)])
    pairs = np.array([(inside[lag:] & inside[:-lag]).sum() for lag in range(1, reach + 1)])
    excess = 2 * float(weights @ products) / square
    chance = 2 * np.sqrt(float(weights**2 @ pairs)) / count
    return float(np.sqrt(1 + excess)) if excess > _CLEAR * chance > 0 else 1.0
