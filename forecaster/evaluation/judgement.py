"""Everything that the exported rows of one asset say of its models: skill, calibration, and the best of many."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from forecaster.evaluation import calibration, direction
from forecaster.evaluation.calibration import Calibration, calibrations
from forecaster.evaluation.confidence_set import confidence_set
from forecaster.evaluation.direction import Direction, directions
from forecaster.evaluation.novel_days import Harder, novel_days
from forecaster.evaluation.superiority import superiority
from forecaster.evaluation.verdicts import (
    LEVEL,
    MINIMUM_DAYS,
    NAMES,
    REFERENCES,
    SCORES,
    Comparison,
    compare,
    compare_all,
    excess,
    in_order,
    in_words,
)

if TYPE_CHECKING:
    import pandas as pd

_SCORED = 0.95


@dataclass(frozen=True)
class Standing:
    """A model among all the others, by one score.

    Attributes:
        model: The model.
        score: Which score.
        mean: Its mean on the days that all of them share.
        p: Of the Model Confidence Set.
    """

    model: str
    score: str
    mean: float
    p: float

    @property
    def inside(self) -> bool:
        """Whether it may be the best: the set of all these holds the best in 95 % of all samples."""
        return self.p > LEVEL


@dataclass(frozen=True)
class Contest:
    """All models against one reference, by one score.

    Attributes:
        reference: What they are compared with.
        score: Which score.
        p: Of the test of superior predictive ability.
        level: What it must fall below, after correction for references, scores and trials.
    """

    reference: str
    score: str
    p: float
    level: float

    @property
    def won(self) -> bool:
        """Whether there is evidence that some model is better than the reference."""
        return self.p < self.level


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

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it in words."""
        return (
            *in_words(self.comparisons),
            *self._together(),
            *self._tried(),
            *calibration.in_words(self.calibrations),
            *direction.in_words(self.directions),
        )

    @property
    def summary(self) -> tuple[str, ...]:
        """What it says of all models together; everything, where there are too few days for that."""
        return self._together() or self.sentences

    def _together(self) -> tuple[str, ...]:
        said = []
        for score in SCORES if self.standings else ():
            own = [standing for standing in self.standings if standing.score == score]
            best = ", ".join(standing.model for standing in own if standing.inside)
            one = "" if sum(standing.inside for standing in own) == 1 else "one of "
            told = "no model can be ruled out" if all(standing.inside for standing in own) else f"{one}{best}"
            said.append(
                f"Best in {NAMES[score]}, with 95% confidence: {told} (Model Confidence Set, {self.days} days)."
            )
        for reference in dict.fromkeys(contest.reference for contest in self.contests):
            own_contests = [contest for contest in self.contests if contest.reference == reference]
            won = " and ".join(NAMES[contest.score] for contest in own_contests if contest.won)
            told = f"some model is better in {won}" if won else "no evidence that any model is better"
            figures = ", ".join(f"{NAMES[contest.score]} p = {contest.p:.2g}" for contest in own_contests)
            said.append(f"All models against {reference}: {told} (SPA, {figures}; {self.days} days).")
        return tuple(said)

    def _tried(self) -> tuple[str, ...]:
        if not self.comparisons:
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
    return Judgement(
        comparisons=compare(scored, trials),
        pairs=compare_all(scored, trials),
        days=len(panels["crps"]),
        standings=[standing for score, panel in enough.items() for standing in _standings(panel, score)],
        contests=_contests(enough, excess(trials, count)),
        calibrations=calibrations(scored),
        directions=directions(scored, excess(trials, count)),
        models=count,
        trials=max(trials, count),
        counted=trials > 0,
        novel=novel_days(scored, warn_above),
    )


def _panel(scored: pd.DataFrame, score: str) -> pd.DataFrame:
    """Scores `(days, models)` on the days that all models share, but for those that lack too many."""
    wide = scored.pivot_table(index="target", columns="model", values=score, sort=True)
    kept = [name for name in in_order(str(name) for name in wide) if wide[name].notna().mean() >= _SCORED]
    return wide[kept].dropna()


def _standings(panel: pd.DataFrame, score: str) -> list[Standing]:
    found = confidence_set(panel.to_numpy())
    return [
        Standing(str(name), score, float(panel[name].mean()), float(p)) for name, p in zip(panel, found, strict=True)
    ]


def _contests(panels: dict[str, pd.DataFrame], times: float) -> list[Contest]:
    pairs = [(name, score) for name in REFERENCES for score, panel in panels.items() if name in panel]
    level = LEVEL / (len(pairs) * times) if pairs else LEVEL
    return [
        Contest(name, score, superiority(panels[score].to_numpy(), list(panels[score]).index(name)), level)
        for name, score in pairs
    ]
