"""The one verdict on an asset: evidence of skill, or the lack of it, in one sentence.

Skill is to be better than what anybody has for nothing: climatology, or GARCH where that was run. There is evidence of
it in a score where a comparison claims so, and nowhere else: every other sentence and mark of a judgement about which
model is better follows from the same claims (`forecaster.evaluation.judgement`). Being better than the deterministic
network is told beside it and is no skill: on a random walk most models are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from forecaster.evaluation.references import REFERENCES
from forecaster.evaluation.scoreboard import PREDICT_ZERO
from forecaster.evaluation.verdicts import MINIMUM_DAYS, NAMES, too_few

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

FLOORS = ("garch", "climatology", PREDICT_ZERO)
"""The references against which being better is skill, the harder one first."""


class Compared(Protocol):
    """A model against a reference, in some scores."""

    @property
    def model(self) -> str:
        """The model."""

    @property
    def reference(self) -> str:
        """What it is compared with."""

    @property
    def days(self) -> int:
        """Common days."""

    @property
    def scores(self) -> tuple[str, ...]:
        """In what."""

    @property
    def claims(self) -> Mapping[str, str]:
        """`better` or `worse` for each score that gives evidence of it."""

    @property
    def still(self) -> Mapping[str, str]:
        """What would be a claim, did it not rest on days without a change."""


@dataclass(frozen=True)
class Evidence:
    """A model that is better than a reference.

    Attributes:
        model: The model.
        reference: What it is better than.
        better: In which scores.
        worse: In which scores it is worse.
    """

    model: str
    reference: str
    better: tuple[str, ...]
    worse: tuple[str, ...]


@dataclass(frozen=True)
class Skill:
    """What the comparisons of one asset are evidence of.

    Attributes:
        days: The fewest and the most common days of a comparison.
        references: What models were compared with.
        scores: In what.
        evidence: Every model that is better than a reference.
        still: Models that gain against a floor only by days without a change.
        of: What the days are called in the sentence.
    """

    days: tuple[int, int]
    references: tuple[str, ...]
    scores: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    still: tuple[str, ...]
    of: str = "days"

    @property
    def found(self) -> bool:
        """Whether there is evidence of skill."""
        return any(one.reference in FLOORS for one in self.evidence)

    @property
    def sentence(self) -> str:
        """The verdict."""
        if not self.references:
            return f"No evidence of skill: no model has a reference ({', '.join(REFERENCES)}) to be compared with."
        if self.days[1] < MINIMUM_DAYS:
            return too_few(self.days[1])
        low, high = self.days
        over = f"over {high if low == high else f'{low} to {high}'} {self.of}"
        floors = [name for name in FLOORS if name in self.references]
        beyond = [name for name in self.references if name not in FLOORS]
        if self.found:
            told = [self._of(name) or f"none against {name}" for name in floors]
            rest = [self._of(name) for name in beyond]
            return f"Evidence of skill {over}: {'; '.join(filter(None, (*told, *rest, *self._stood())))}."
        unbeaten = [*floors, *(name for name in beyond if not self._of(name))]
        names = _listed(unbeaten, "or")
        against = f" against {names}" if unbeaten else ""
        rest = [f"{said}, which is no skill" for name in beyond if (said := self._of(name))]
        scores = _scores(self.scores)
        return f"{'; '.join((f'No evidence of skill{against} in {scores} {over}', *rest, *self._stood()))}."

    def _of(self, reference: str) -> str:
        """Who is better than a reference, and in what; empty where nobody is."""
        own = [one for one in self.evidence if one.reference == reference]
        parts = []
        for better, worse in dict.fromkeys((one.better, one.worse) for one in own):
            who = [one.model for one in own if (one.better, one.worse) == (better, worse)]
            but = f" (and worse in {_scores(worse)})" if worse else ""
            names = f"{_listed(who, 'and')} {'is' if len(who) == 1 else 'are'}"
            parts.append(f"{names} better than {reference} in {_scores(better)}{but}")
        lacking = [score for score in self.scores if own and not any(score in one.better for one in own)]
        return ", ".join(parts) + (f", none in {_scores(lacking)}" if lacking else "")

    def _stood(self) -> Iterator[str]:
        if self.still:
            yield f"what {_listed(self.still, 'and')} would gain rests on days without a change, which is no skill"


def skill(comparisons: Sequence[Compared], of: str = "days") -> Skill:
    """The verdict that follows from all comparisons of one asset.

    Args:
        comparisons: Each model against each reference.
        of: What their days are called.
    """
    days = [one.days for one in comparisons] or [0]
    sides = {(one.model, one.reference): one.claims for one in comparisons}
    evidence = [
        Evidence(
            model,
            reference,
            tuple(score for score, side in claims.items() if side == "better"),
            tuple(score for score, side in claims.items() if side == "worse"),
        )
        for (model, reference), claims in sides.items()
    ]
    return Skill(
        days=(min(days), max(days)),
        references=tuple(
            name for name in (*REFERENCES, PREDICT_ZERO) if any(one.reference == name for one in comparisons)
        ),
        scores=comparisons[0].scores if comparisons else (),
        evidence=tuple(one for one in evidence if one.better),
        still=tuple(dict.fromkeys(
            one.model for one in comparisons if one.reference in FLOORS and "better" in one.still.values()
        )),
        of=of,
    )  # fmt: skip


def _scores(scores: Sequence[str]) -> str:
    return " and ".join(NAMES.get(score, score) for score in scores)


def _listed(names: Sequence[str], word: str) -> str:
    """Names in a sentence.

    >>> _listed(["a", "b", "c"], "or")
    'a, b or c'
    """
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
