"""Verdicts over many forecasts, in words: is one model better than another, or is there no evidence of it?

Two models are compared on the same days by the mean difference of their scores, CRPS and log score, each by the test of
`diebold_mariano`. Every sentence of one table shares a two-sided error rate of 5 % (Bonferroni): a claim needs a p
below 5 % / (comparisons x scores). Who has tried more than this table holds has had more chances to be lucky: where N
configurations were ever tried and the table holds k models, the level is divided by N / k too.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.diebold_mariano import diebold_mariano

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

MINIMUM_DAYS = 60
"""Fewest common days on which a claim of skill is made at all."""
LEVEL = 0.05
REFERENCES = ("climatology", "garch", "baseline_mlp")
SCORES = ("crps", "log_score")
NAMES = {"crps": "CRPS", "log_score": "log score"}
"""What the scores are called in a sentence."""


@dataclass(frozen=True)
class Difference:
    """The score of a model minus that of a reference.

    Attributes:
        mean: Mean over days, in the score's own units (change, nats); negative is better.
        t: Corrected Diebold-Mariano statistic.
        p: Two-sided p-value of `t`.
    """

    mean: float
    t: float
    p: float


@dataclass(frozen=True)
class Comparison:
    """A model against a reference on the days that both were scored.

    Attributes:
        model: The model.
        reference: What it is compared with.
        days: Common days.
        skill: `1 - mean CRPS / mean CRPS of the reference`.
        crps: Difference of CRPS.
        log_score: Difference of log scores.
        level: The level that a p must fall below for a claim, after correction for all comparisons and trials.
    """

    model: str
    reference: str
    days: int
    skill: float
    crps: Difference
    log_score: Difference
    level: float

    @property
    def claims(self) -> dict[str, str]:
        """`better` or `worse` for each score that gives evidence of it."""
        if self.days < MINIMUM_DAYS:
            return {}
        found = {score: self._difference(score) for score in SCORES}
        return {score: "better" if d.mean < 0 else "worse" for score, d in found.items() if d.p < self.level}

    @property
    def claim(self) -> str:
        """`better`, `worse`, or empty where there is no evidence of either, or of both."""
        said = set(self.claims.values())
        return said.pop() if len(said) == 1 else ""

    @property
    def sentence(self) -> str:
        """The verdict in words, with the figures behind it."""
        none = f"{self.model}: no evidence of skill against {self.reference}"
        if self.days < MINIMUM_DAYS:
            return f"{none}; {self.days} days are too few to judge ({MINIMUM_DAYS} are needed)."
        return f"{self._verdict() or none} ({self._figures()})."

    @property
    def brief(self) -> str:
        """The figures alone, in few words."""
        if self.days < MINIMUM_DAYS:
            return f"{self.days} days are too few"
        if self.crps.mean == self.log_score.mean == 0:
            return "the same scores"
        return f"t = {self.crps.t:.1f} and {self.log_score.t:.1f}"

    def _verdict(self) -> str:
        sides = {side: [NAMES[s] for s, c in self.claims.items() if c == side] for side in ("better", "worse")}
        said = [f"{side} than {self.reference} in {' and '.join(names)}" for side, names in sides.items() if names]
        return f"{self.model}: {', '.join(said)}" if said else ""

    def _figures(self) -> str:
        if self.crps.mean == self.log_score.mean == 0:
            return f"the same scores; {self.days} days"
        sides = ["lower" if d.mean <= 0 else "higher" for d in (self.crps, self.log_score)]
        return (
            f"CRPS {abs(self.skill):.1%} {sides[0]}, t = {self.crps.t:.1f}; "
            f"log score {abs(self.log_score.mean):.3f} nats {sides[1]}, t = {self.log_score.t:.1f}; "
            f"negative t favours {self.model}; {self.days} days"
        )

    def _difference(self, score: str) -> Difference:
        return self.crps if score == "crps" else self.log_score


def in_order(models: Iterable[str]) -> list[str]:
    """Models as they are shown: those that are judged first, then what they are judged by.

    >>> in_order(["baseline_mlp", "bayesian_linear", "climatology"])
    ['bayesian_linear', 'climatology', 'baseline_mlp']
    """
    names = list(models)
    return [n for n in names if n not in REFERENCES] + [n for n in REFERENCES if n in names]


def in_words(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """One sentence per claim, and one per reference for all models without evidence; a single one on too few days."""
    days = max((c.days for c in comparisons), default=0)
    if comparisons and days < MINIMUM_DAYS:
        return (f"No evidence of skill: {days} days are too few to judge any model ({MINIMUM_DAYS} are needed).",)
    said = [c.sentence for c in comparisons if c.claims]
    for reference in dict.fromkeys(c.reference for c in comparisons):
        rest = [c for c in comparisons if c.reference == reference and not c.claims]
        if rest:
            told, least = ", ".join(f"{c.model} ({c.brief})" for c in rest), min(c.days for c in rest)
            over = f"{days} days" if least == days else f"{least} to {days} days"
            sign = "; negative t favours the model" if "t = " in told else ""
            said.append(f"No evidence of skill against {reference} in CRPS and log score over {over}: {told}{sign}.")
    return tuple(said)


def excess(trials: int, models: int) -> float:
    """By what every level is divided where more configurations were tried than a table holds models.

    >>> excess(36, 12), excess(3, 12)
    (3.0, 1.0)
    """
    return max(1.0, trials / max(models, 1))


def compare(scores: pd.DataFrame, trials: int = 0) -> list[Comparison]:
    """Compares every model with each reference that was scored too.

    Args:
        scores: `model, target, crps, log_score`, one row per forecast of one asset; rows without a score are left out.
        trials: Configurations ever tried; those of the table alone where it holds more.
    """
    names = _scored(scores)
    pairs = [(m, r) for r in REFERENCES if r in names for m in names if m not in {r, "climatology"}]
    return _compared(scores, pairs, trials)


def compare_all(scores: pd.DataFrame, trials: int = 0) -> list[Comparison]:
    """Compares every model with every other, each pair once; see `compare`. Its levels are shared by all pairs."""
    return _compared(scores, list(combinations(_scored(scores), 2)), trials)


def _scored(scores: pd.DataFrame) -> list[str]:
    return in_order(sorted(scores.loc[scores["crps"].notna(), "model"].unique()))


def _compared(scores: pd.DataFrame, pairs: Sequence[tuple[str, str]], trials: int) -> list[Comparison]:
    scored = scores.dropna(subset=["crps"])
    wide = scored.pivot_table(index="target", columns="model", values=list(SCORES), sort=True)
    tests = len(pairs) * len(SCORES) * excess(trials, scored["model"].nunique())
    own = {
        name: {score: wide[score, name].to_numpy(float) for score in SCORES} for name in {n for p in pairs for n in p}
    }
    return [_compare(own, model, reference, LEVEL / tests) for model, reference in pairs]


def _compare(
    scored: Mapping[str, Mapping[str, NDArray[np.float64]]], model: str, reference: str, level: float
) -> Comparison:
    own, other = scored[model], scored[reference]
    both = ~np.any([np.isnan(one[score]) for one in (own, other) for score in SCORES], axis=0)
    days, differences = int(both.sum()), {}
    for score in SCORES:
        apart = own[score][both] - other[score][both]
        differences[score] = Difference(float(apart.mean()) if days else np.nan, *diebold_mariano(apart))
    least = float(other["crps"][both].mean()) if days else np.nan
    skill = 1 - float(own["crps"][both].mean()) / least if least > 0 else np.nan
    return Comparison(model, reference, days, skill, differences["crps"], differences["log_score"], level)
