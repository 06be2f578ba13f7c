"""Forecasts that are no distributions, by the few scores that they can be held to.

The same days, the same test (`diebold_mariano`) and the same care for many comparisons as in `evaluation.verdicts`: all
comparisons of one table share an error rate of 5 %.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, ClassVar

from forecaster.evaluation.diebold_mariano import diebold_mariano
from forecaster.evaluation.verdicts import LEVEL, MINIMUM_DAYS, excess

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from forecaster.floats import Floats


@dataclass(frozen=True)
class Beside:
    """A model of a file against a reference.

    Attributes:
        model: The model.
        reference: What it is compared with.
        days: Common days.
        found: Score, by what it is called, to the mean difference, that as a part of the reference's mean (NaN where
            this is zero), t and p.
        level: The level that a p must fall below for a claim.
    """

    still: ClassVar[Mapping[str, str]] = MappingProxyType({})
    model: str
    reference: str
    days: int
    found: Mapping[str, tuple[float, float, float, float]]
    level: float

    @property
    def scores(self) -> tuple[str, ...]:
        """What they are compared in."""
        return tuple(self.found)

    @property
    def claims(self) -> dict[str, str]:
        """`better` or `worse` for each score that gives evidence of it."""
        if self.days < MINIMUM_DAYS:
            return {}
        return {s: "better" if t < 0 else "worse" for s, (_, _, t, p) in self.found.items() if p < self.level}

    @property
    def sentences(self) -> tuple[str, ...]:
        """One for each score, with the figures behind it."""
        return tuple(self._sentence(score) for score in self.found)

    def _sentence(self, score: str) -> str:
        none = f"{self.model}: no evidence of skill against {self.reference} in {score}"
        if self.days < MINIMUM_DAYS:
            return f"{none}; {self.days} days are too few to judge ({MINIMUM_DAYS} are needed)."
        mean, part, t, _ = self.found[score]
        side = self.claims.get(score)
        said = f"{self.model}: {side} than {self.reference} in {score}" if side else none
        size = f"{abs(part):.1%}" if part == part else f"{abs(mean):.2g}"  # noqa: PLR0124  # not NaN
        way = "lower" if mean <= 0 else "higher"
        return f"{said} ({size} {way}, t = {t:.1f}; negative t favours {self.model}; {self.days} days)."


def compared(own: pd.DataFrame, other: pd.DataFrame, names: Mapping[str, str], trials: int = 0) -> list[Beside]:
    """Each model of a file against each reference.

    Args:
        own: `model, target` and the scores, a row per forecast of the file, of one asset.
        other: The same of the references.
        names: Score to what it is called; lower is better.
        trials: Configurations ever tried; those of the tables alone where they hold more.
    """
    models, references = list(dict.fromkeys(own["model"])), list(dict.fromkeys(other["model"]))
    tests = len(models) * len(references) * len(names) * excess(trials, len(models) + len(references))
    found = []
    for model, mine in own.groupby("model", sort=False):
        for reference, theirs in other.groupby("model", sort=False):
            both = mine.merge(theirs, on="target", suffixes=("", "_other")).sort_values("target")
            both = both.dropna(subset=[column for score in names for column in (score, f"{score}_other")])
            figures = {
                called: _figures(both[score].to_numpy(float), both[f"{score}_other"].to_numpy(float))
                for score, called in names.items()
            }
            found.append(Beside(str(model), str(reference), len(both), figures, LEVEL / tests))
    return found


def _figures(own: Floats, other: Floats) -> tuple[float, float, float, float]:
    if not own.size:
        return (float("nan"),) * 3 + (1.0,)
    mean, least = float((own - other).mean()), float(other.mean())
    return mean, mean / least if least else float("nan"), *diebold_mariano(own - other)
