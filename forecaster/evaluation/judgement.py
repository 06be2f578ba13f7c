"""Everything that the exported rows of one asset say of its models: skill, calibration, and the best of many.

One rule decides which model is better: the claims of the comparisons with the references. The verdict
(`forecaster.evaluation.skill`) is made of them, and what is said of all models together follows them too. A reference
is beaten in a score where some comparison claims so, whatever the test of superior predictive ability finds. A model
cannot be ruled out as the best unless a claim says that it is worse than a reference or that something is better than
it; models that are no references may be ruled out by the Model Confidence Set besides. So no two sentences disagree.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecaster.evaluation import calibration, conditions, direction
from forecaster.evaluation.calibration import Calibration, calibrations
from forecaster.evaluation.confidence_set import confidence_set
from forecaster.evaluation.direction import Direction, directions
from forecaster.evaluation.novel_days import Harder, novel_days
from forecaster.evaluation.references import REFERENCES, in_order
from forecaster.evaluation.skill import Skill, skill
from forecaster.evaluation.superiority import superiority
from forecaster.evaluation.unreliable import unreliable
from forecaster.evaluation.verdicts import (
    LEVEL,
    MINIMUM_DAYS,
    NAMES,
    SCORES,
    Comparison,
    compare,
    compare_all,
    excess,
    in_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from forecaster.evaluation.conditions import Condition

_SCORED = 0.95


@dataclass(frozen=True)
class Standing:
    """A model among all the others, by one score.

    Attributes:
        model: The model.
        score: Which score.
        mean: Its mean on the days that all of them share.
        p: Of the Model Confidence Set.
        inside: Whether it may be the best, as far as the claims and that set can tell.
    """

    model: str
    score: str
    mean: float
    p: float
    inside: bool


@dataclass(frozen=True)
class Contest:
    """All models against one reference, by one score.

    Attributes:
        reference: What they are compared with.
        score: Which score.
        p: Of the test of superior predictive ability: a second look, which decides nothing.
        won: Whether a comparison claims that some model is better than the reference.
    """

    reference: str
    score: str
    p: float
    won: bool


@dataclass(frozen=True)
class Judgement:
    """The verdicts on one asset.

    Attributes:
        comparisons: Each model against each reference.
        pairs: Each model against every other.
        days: Days that all models share, but for those that lack more than one day in twenty.
        standings: The Model Confidence Set of each score; empty where those days are too few.
        contests: The tests of superior predictive ability, likewise.
        calibrations: A model each.
        directions: What each model's P(up) was worth.
        models: Models that were scored.
        trials: Configurations ever tried, these among them.
        counted: Whether a home counted what was ever tried.
        novel: Days unlike their past against the others, a model each; empty where warned days are too few.
        conditions: Each model on each kind of day; empty where quantiles or days are lacking.
        unreliable: Sentences on forecasts that failed their own checks or were another's.
        bare: The verdict on forecasts that are no distributions, where it is these that are judged.
        told: Sentences on these.
    """

    comparisons: list[Comparison]
    pairs: list[Comparison]
    days: int
    standings: list[Standing]
    contests: list[Contest]
    calibrations: list[Calibration]
    directions: list[Direction]
    models: int
    trials: int
    counted: bool = True
    novel: list[Harder] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    unreliable: tuple[str, ...] = ()
    bare: Skill | None = None
    told: tuple[str, ...] = ()

    @property
    def verdict(self) -> Skill:
        """Evidence of skill, or the lack of it."""
        return self.bare or skill(self.comparisons)

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it in words, the verdict first."""
        said = (
            self.verdict.sentence,
            *self.told,
            *in_words(self.comparisons),
            *self._together(),
            *self._tried(),
            *calibration.in_words(self.calibrations),
            *conditions.in_words(self.conditions),
            *direction.in_words(self.directions),
            *self.unreliable,
        )
        return tuple(dict.fromkeys(said))

    def _together(self) -> Iterator[str]:
        for score in dict.fromkeys(standing.score for standing in self.standings):
            own = [standing for standing in self.standings if standing.score == score]
            left = [standing.model for standing in own if standing.inside]
            told = "all of them" if len(left) == len(own) else ", ".join(left) or "none can be told from the others"
            yield (
                f"Cannot be ruled out as the best in {NAMES[score]}, with 95% confidence: {told} (Model Confidence Set "
                f"and the claims; {self.days} days)."
            )
        for reference in dict.fromkeys(contest.reference for contest in self.contests):
            own_contests = [contest for contest in self.contests if contest.reference == reference]
            figures = " and ".join(f"{contest.p:.2g} in {NAMES[contest.score]}" for contest in own_contests)
            yield (
                f"Chance alone would do as well against {reference} as the best of all models: p = {figures} (SPA, a "
                f"second look that decides nothing; {self.days} days)."
            )

    def _tried(self) -> tuple[str, ...]:
        if self.bare or not self.comparisons:
            return ()
        level, times = self.comparisons[0].level, excess(self.trials, self.models)
        tried = f"{self.trials} configurations have been backtested in this home,"
        known = tried if self.counted else "It is not known what else was tried;"
        need = f"{known} {self.models} models are judged here: a claim of skill needs p < {level:.2g}"
        return (f"{need}, not {level * times:.2g}." if times > 1 else f"{need}.",)


def judge(scores: pd.DataFrame, trials: int = 0, warn_above: float = 0.99) -> Judgement:
    """Judges the forecasts of one asset.

    Args:
        scores: `model, target, crps, log_score, pit`, and for the direction what `directions` takes, one row per
            forecast; rows without a score are left out; where there is `novelty` too, days unlike their past are
            judged.
        trials: Configurations ever tried; those of the rows alone where they hold more, or where nobody counted (0).
        warn_above: From which novelty on a day is unlike its past.
    """
    scored = scores.dropna(subset=["crps"])
    count = scored["model"].nunique()
    panels = {score: _panel(scored, score) for score in SCORES}
    enough = {s: p for s, p in panels.items() if len(p) >= MINIMUM_DAYS and p.shape[1] > 1}
    comparisons = compare(scored, trials)
    beaten = _beaten(comparisons)
    return Judgement(
        comparisons=comparisons,
        pairs=compare_all(scored, trials),
        days=len(panels["crps"]),
        standings=[one for score, panel in enough.items() for one in _standings(panel, score, beaten)],
        contests=_contests(enough, beaten),
        calibrations=calibrations(scored),
        directions=directions(scored, excess(trials, count)),
        models=count,
        trials=max(trials, count),
        counted=trials > 0,
        novel=novel_days(scored, warn_above),
        conditions=conditions.conditions(scored),
        unreliable=unreliable(scores) if {"status", "reason"} <= set(scores) else (),
    )


def _beaten(comparisons: Sequence[Comparison]) -> set[tuple[str, str]]:
    """Models and scores of which a claim says that something is better: a reference, or a model beside one."""
    return {
        (one.reference if side == "better" else one.model, score)
        for one in comparisons
        for score, side in one.claims.items()
    }


def _panel(scored: pd.DataFrame, score: str) -> pd.DataFrame:
    """Scores `(days, models)` on the days that all models share, but for those that lack too many."""
    wide = scored.pivot_table(index="target", columns="model", values=score, sort=True)
    kept = [name for name in in_order(str(name) for name in wide) if wide[name].notna().mean() >= _SCORED]
    return wide[kept].dropna()


def _standings(panel: pd.DataFrame, score: str, beaten: set[tuple[str, str]]) -> list[Standing]:
    found = confidence_set(panel.to_numpy())
    return [
        Standing(
            model=str(name),
            score=score,
            mean=float(panel[name].mean()),
            p=float(p),
            inside=(str(name), score) not in beaten and (name in REFERENCES or float(p) > LEVEL),
        )
        for name, p in zip(panel, found, strict=True)
    ]


def _contests(panels: dict[str, pd.DataFrame], beaten: set[tuple[str, str]]) -> list[Contest]:
    return [
        Contest(name, score, superiority(panel.to_numpy(), list(panel).index(name)), won=(name, score) in beaten)
        for name in REFERENCES
        for score, panel in panels.items()
        if name in panel
    ]
