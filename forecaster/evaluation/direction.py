"""Does P(up) know the direction? What the recorded P(up) of each model was worth, and the verdict in words.

The reference is a forecast that says the same every day: the share of days that rose, as it is known only afterwards.
No other constant has a lower Brier score, so whoever beats it by more than luck must tell days apart. The difference of
Brier scores is judged by the test of `diebold_mariano`; all models of a table share an error rate of 5 % (Holm), and
divide it further where more was tried (`verdicts.excess`).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.diebold_mariano import diebold_mariano
from forecaster.evaluation.discrimination import area, by_chance
from forecaster.evaluation.holm import holm
from forecaster.evaluation.ranked_probability import FLAT, probability_below, ranked_probability
from forecaster.evaluation.references import in_order
from forecaster.evaluation.reliability import Group, reliability
from forecaster.evaluation.verdicts import LEVEL, MINIMUM_DAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from forecaster.floats import Floats

SHARES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Shares of days answered, those of the largest |P(up) - 1/2| first, whose accuracy is told."""

HALF = SHARES.index(0.5)


@dataclass(frozen=True)
class Direction:
    """What the P(up) of one model was worth.

    Attributes:
        model: The model.
        days: Days with a P(up) and an outcome.
        ups: Share of them that rose.
        brier: Mean of `(P(up) - 1{up})^2`.
        skill: How much lower that is than of the reference, in parts of the reference's; NaN where that is zero.
        rps: Mean ranked probability score of down, flat and up; NaN where no quantiles are recorded.
        auc: Probability that P(up) is higher on a day that rose than on one that did not.
        chance: How far from 0.5 that lies in one of twenty samples of a forecaster that knows nothing.
        accuracy: Share of right answers where only that share of days (`SHARES`) is answered on which P(up) is
            farthest from 1/2.
        groups: Days by P(up): what was said and what came.
        t: Corrected Diebold-Mariano statistic of the Brier scores against the reference's; negative is better.
        p: Its two-sided p-value.
        adjusted: The same after correction for all models of the table and for what else was tried.
    """

    model: str
    days: int
    ups: float
    brier: float
    skill: float
    rps: float
    auc: float
    chance: float
    accuracy: list[float]
    groups: list[Group]
    t: float
    p: float
    adjusted: float = 1.0

    @property
    def right(self) -> float:
        """Share of all days on which the more likely side came."""
        return self.accuracy[-1]

    @property
    def right_half(self) -> float:
        """The same of the half on which P(up) is farthest from 1/2."""
        return self.accuracy[HALF]

    @property
    def verdict(self) -> str:
        """`better` or `worse` than the reference, or empty where there is no evidence of either."""
        if self.days < MINIMUM_DAYS or self.adjusted >= LEVEL:
            return ""
        return "better" if self.t < 0 else "worse"

    @property
    def sentence(self) -> str:
        """The verdict in words, with the figures behind it."""
        figures = f"AUC {self.auc:.2f}; {self.days} days"
        if self.days < MINIMUM_DAYS:
            return f"{self.model}: {self.days} days are too few to judge P(up) ({MINIMUM_DAYS} are needed)."
        if not self.verdict:
            return f"{self.model}: no evidence that P(up) knows the direction ({figures})."
        side = "lower" if self.t < 0 else "higher"
        said = {"better": "P(up) knows something of the direction", "worse": "P(up) moves more than it knows"}
        than = f"Brier score {abs(self.skill):.1%} {side} than of the share of days that rose"
        return f"{self.model}: {said[self.verdict]} ({than}, {_p(self.adjusted)}; {figures})."


def in_words(found: Sequence[Direction]) -> tuple[str, ...]:
    """One sentence per model with a finding, and one for all others; none of those with too few days to judge."""
    judged = [own for own in found if own.days >= MINIMUM_DAYS]
    said = tuple(own.sentence for own in judged if own.verdict)
    rest = [own for own in judged if not own.verdict]
    if not rest:
        return said
    least, most = min(own.days for own in rest), max(own.days for own in rest)
    over = f"{most} days" if least == most else f"{least} to {most} days"
    told = ", ".join(f"{own.model} (AUC {own.auc:.2f})" for own in rest)
    return (*said, f"No evidence that P(up) knows the direction, over {over}: {told}.")


def directions(rows: pd.DataFrame, times: float = 1.0) -> list[Direction]:
    """Judges the P(up) of every model.

    Args:
        rows: `model, target, y, prob_up` and quantiles `q01` to `q99`, one row per forecast of one asset; rows without
            an outcome or a P(up) are left out. Nothing is judged where there is no such column.
        times: By what p-values are multiplied for what else was tried.
    """
    if not {"y", "prob_up"} <= set(rows):
        return []
    known = rows.dropna(subset=["y", "prob_up"]).sort_values("target", kind="stable")
    edges = FLAT * float(known.drop_duplicates("target")["y"].std(ddof=0)) * np.array([-1.0, 1.0])
    found = [_judged(str(name), own, edges) for name, own in known.groupby("model")]
    ordered = {name: i for i, name in enumerate(in_order(own.model for own in found))}
    adjusted = np.minimum(times * holm([own.p for own in found]), 1.0)
    told = [replace(own, adjusted=float(p)) for own, p in zip(found, adjusted, strict=True)]
    return sorted(told, key=lambda own: ordered[own.model])


def _judged(model: str, rows: pd.DataFrame, edges: Floats) -> Direction:
    prob_up, y = rows["prob_up"].to_numpy(float), rows["y"].to_numpy(float)
    up = y > 0
    ups, loss = float(up.mean()), (prob_up - up) ** 2
    reference = (ups - up) ** 2
    t, p = diebold_mariano(loss - reference)
    worth = float(reference.mean())
    return Direction(
        model=model,
        days=up.size,
        ups=ups,
        brier=float(loss.mean()),
        skill=1 - float(loss.mean()) / worth if worth else float("nan"),
        rps=_rps(rows, prob_up, y, edges),
        auc=area(prob_up, up),
        chance=by_chance(up.size, int(up.sum())),
        accuracy=_accuracy(prob_up, up),
        groups=reliability(prob_up, up),
        t=t,
        p=p,
    )


def _accuracy(prob_up: Floats, up: NDArray[np.bool_]) -> list[float]:
    """Of the answers of each of `SHARES`."""
    surest = np.abs(prob_up - 0.5).argsort(kind="stable")[::-1]
    right = ((prob_up > 0.5) == up)[surest].cumsum()  # noqa: PLR2004  # one half
    counts = [max(round(share * up.size), 1) for share in SHARES]
    return [float(right[count - 1]) / count for count in counts]


def _rps(rows: pd.DataFrame, prob_up: Floats, y: Floats, edges: Floats) -> float:
    names = [name for name in map(str, rows) if name[:1] == "q" and name[1:].isdigit()]
    if not names or not edges[1] > 0:
        return float("nan")
    quantiles = rows[names].to_numpy(float)
    below = probability_below(quantiles, np.array([int(name[1:]) / 100 for name in names]), prob_up, edges)
    return float(ranked_probability(below, y, edges).mean())


def _p(adjusted: float) -> str:
    return "p < 0.0001" if adjusted < 1e-4 else f"p = {adjusted:.2g}"  # noqa: PLR2004  # as it is shown
