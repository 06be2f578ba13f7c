"""Verdicts over many forecasts, in words: is one model better than another, or is there no evidence of it?

Two models are compared on the same days by the mean difference of their scores, CRPS and log score, each by the test of
`diebold_mariano`. Every sentence of one table shares a two-sided error rate of 5 % (Bonferroni): a claim needs a p
below 5 % / (comparisons x scores). Who has tried more than this table holds has had more chances to be lucky: where N
configurations were ever tried and the table holds k models, the level is divided by N / k too.

Where at least one day in a hundred has no change at all, who stands on such days wins log score by that alone, which is
no skill. A claim then needs the days that moved to give it too: the same sign, and a p below the level on them alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.references import REFERENCES, in_order
from forecaster.evaluation.still_days import Difference, Moved, difference, moved

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from forecaster.floats import Floats

MINIMUM_DAYS = 60
"""Fewest common days on which a claim of skill is made at all."""
LEVEL = 0.05
SCORES = ("crps", "log_score")
NAMES = {"crps": "CRPS", "log_score": "log score"}
"""What the scores are called in a sentence."""


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
        moved: What is left on days that moved; None where fewer than `still_days.ATOM` of them stood still, or that is
            not known.
        scores: Those that both have.
    """

    model: str
    reference: str
    days: int
    skill: float
    crps: Difference
    log_score: Difference
    level: float
    moved: Moved | None = None
    scores: tuple[str, ...] = SCORES

    @property
    def claims(self) -> dict[str, str]:
        """`better` or `worse` for each score that gives evidence of it, days without a change left out too."""
        return {score: side for score, side in self._sides().items() if self._moves(score)}

    @property
    def claim(self) -> str:
        """`better`, `worse`, or empty where there is no evidence of either, or of both."""
        said = set(self.claims.values())
        return said.pop() if len(said) == 1 else ""

    @property
    def still(self) -> dict[str, str]:
        """What would be a claim, did the days that moved alone give it too."""
        return {score: side for score, side in self._sides().items() if not self._moves(score)}

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
        if self._same:
            return "the same scores"
        return f"t = {' and '.join(f'{self._difference(score).t:.1f}' for score in self.scores)}"

    @property
    def _same(self) -> bool:
        return all(self._difference(score).mean == 0 for score in self.scores)

    def _sides(self) -> dict[str, str]:
        if self.days < MINIMUM_DAYS:
            return {}
        found = {score: self._difference(score) for score in self.scores}
        return {score: "better" if d.mean < 0 else "worse" for score, d in found.items() if d.p < self.level}

    def _moves(self, score: str) -> bool:
        """Whether the days that moved alone say the same."""
        if self.moved is None:
            return True
        alone, all_days = getattr(self.moved, score), self._difference(score)
        return bool(alone.p < self.level and alone.mean * all_days.mean > 0)

    def _verdict(self) -> str:
        sides = {side: [NAMES[s] for s, c in self.claims.items() if c == side] for side in ("better", "worse")}
        said = [f"{side} than {self.reference} in {' and '.join(names)}" for side, names in sides.items() if names]
        return f"{self.model}: {', '.join(said)}" if said else ""

    def _figures(self) -> str:
        if self._same:
            return f"the same scores; {self.days} days"
        told = []
        for score in self.scores:
            d = self._difference(score)
            size = f"CRPS {abs(self.skill):.1%}" if score == "crps" else f"log score {abs(d.mean):.3f} nats"
            told.append(f"{size} {'lower' if d.mean <= 0 else 'higher'}, t = {d.t:.1f}")
        return "; ".join((*told, *self._stood(), f"negative t favours {self.model}", f"{self.days} days"))

    def _stood(self) -> Iterator[str]:
        """What part of it comes from days without a change, and what is not claimed for that."""
        if self.moved is None:
            return
        alone = self.moved.log_score
        yield (
            f"{self.moved.part:+.3f} of the {self.log_score.mean:+.3f} nats come from the {self.moved.still:.0%} of "
            f"days without a change, on the others it is {alone.mean:+.3f}, t = {alone.t:.1f}"
        )
        if self.still:
            unclaimed = " and ".join(NAMES[s] for s in self.still)
            yield f"nothing is claimed in {unclaimed}, as the other days alone do not show it"

    def _difference(self, score: str) -> Difference:
        return self.crps if score == "crps" else self.log_score


def too_few(days: int) -> str:
    """What is said where no model can be judged."""
    return f"No evidence of skill: {days} days are too few to judge any model ({MINIMUM_DAYS} are needed)."


def in_words(comparisons: Sequence[Comparison]) -> tuple[str, ...]:
    """One sentence per claim, and one per reference for all models without evidence; a single one on too few days."""
    days = max((c.days for c in comparisons), default=0)
    if comparisons and days < MINIMUM_DAYS:
        return (too_few(days),)
    said = [c.sentence for c in comparisons if c.claims or c.still]
    for reference in dict.fromkeys(c.reference for c in comparisons):
        rest = [c for c in comparisons if c.reference == reference and not (c.claims or c.still)]
        if rest:
            told, least = ", ".join(f"{c.model} ({c.brief})" for c in rest), min(c.days for c in rest)
            over = f"{days} days" if least == days else f"{least} to {days} days"
            sign = "; negative t favours the model" if "t = " in told else ""
            names = " and ".join(NAMES[score] for score in rest[0].scores)
            said.append(f"{told}: no evidence of skill against {reference} in {names} over {over}{sign}.")
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
        scores: `model, target` and `crps`, `log_score` or both, one row per forecast of one asset; where there is the
            outcome `y` too, days without a change are told apart. Rows without a score are left out.
        trials: Configurations ever tried; those of the table alone where it holds more.
    """
    table = _Table.of(scores)
    return table.compared([(m, r) for r in REFERENCES if r in table.names for m in table.names
                           if m not in {r, "climatology"}], trials)  # fmt: skip


def compare_all(scores: pd.DataFrame, trials: int = 0) -> list[Comparison]:
    """Compares every model with every other, each pair once; see `compare`. Its levels are shared by all pairs."""
    table = _Table.of(scores)
    return table.compared(list(combinations(table.names, 2)), trials)


@dataclass(frozen=True, eq=False)
class _Table:
    """The scores of one asset, by day.

    Attributes:
        names: Models that were scored.
        scores: Which scores there are.
        own: Model to score to its values `(days,)`, NaN where it has none.
        still: Days without any change; None where outcomes are not known.
    """

    names: list[str]
    scores: tuple[str, ...]
    own: Mapping[str, Mapping[str, Floats]]
    still: NDArray[np.bool_] | None

    @classmethod
    def of(cls, rows: pd.DataFrame) -> _Table:
        scores = tuple(score for score in SCORES if score in rows and rows[score].notna().any())
        if not scores:
            return cls([], (), {}, None)
        scored = rows.dropna(subset=list(scores[:1]))
        names = in_order(sorted(scored["model"].unique()))
        wide = scored.pivot_table(index="target", columns="model", values=list(scores), sort=True)
        own = {name: {score: _column(wide, score, name) for score in scores} for name in names}
        if "y" not in scored:
            return cls(names, scores, own, None)
        y = scored.drop_duplicates("target").set_index("target")["y"].reindex(wide.index)
        return cls(names, scores, own, (y == 0).to_numpy())

    def compared(self, pairs: Sequence[tuple[str, str]], trials: int) -> list[Comparison]:
        tests = len(pairs) * len(self.scores) * excess(trials, len(self.names))
        return [self._pair(model, reference, LEVEL / tests) for model, reference in pairs]

    def _pair(self, model: str, reference: str, level: float) -> Comparison:
        own, other = self.own[model], self.own[reference]
        both = ~np.any([np.isnan(one[score]) for one in (own, other) for score in self.scores], axis=0)
        apart = {score: own[score][both] - other[score][both] for score in self.scores}
        found = {score: difference(apart.get(score)) for score in SCORES}
        least = float(other["crps"][both].mean()) if "crps" in other and both.any() else np.nan
        skill = 1 - float(own["crps"][both].mean()) / least if least > 0 else np.nan
        left = None if self.still is None else moved(apart, self.still[both])
        return Comparison(model, reference, int(both.sum()), skill, **found, level=level, moved=left,
                          scores=self.scores)  # fmt: skip


def _column(wide: pd.DataFrame, score: str, name: str) -> Floats:
    """A model's values of one score; of one that it never has, none."""
    found: Floats = wide[score, name].to_numpy(float) if (score, name) in wide else np.full(len(wide), np.nan)
    return found
