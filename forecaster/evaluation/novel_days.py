"""Were days that are unlike their past harder to forecast than the others?

Novelty lasts, as windows of neighbouring days share most of their changes, and so do losses: of a hundred warned days
few are independent. What the difference of mean losses would be by chance is therefore seen from the warnings as they
are, moved in time: turned round the circle of all days by 1, 2, ... of them, warnings stay together as they were and
losses too, and only what ties one to the other is lost. Where the two have nothing to do with each other, each turn is
as likely as the true one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import fft

from forecaster.evaluation.holm import holm
from forecaster.evaluation.references import in_order
from forecaster.evaluation.verdicts import LEVEL, MINIMUM_DAYS

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEWEST = 5
"""Warned days below which nothing is said."""

REFERENCE = "climatology"


@dataclass(frozen=True)
class Harder:
    """One model on warned days and on the others.

    Attributes:
        model: The model.
        warned: Days with a warning.
        others: Days without.
        log_score: Mean on the warned days, in nats.
        log_score_others: On the others.
        low: Of the central 95 % of differences that chance makes.
        high: Likewise.
        p: How often chance makes a difference as large, of warned days that are harder.
        adjusted: The same corrected for all models.
        crps: Mean CRPS minus the reference's on the warned days, a fraction; NaN where there is no reference.
        crps_others: On the others.
    """

    model: str
    warned: int
    others: int
    log_score: float
    log_score_others: float
    low: float
    high: float
    p: float
    adjusted: float
    crps: float
    crps_others: float

    @property
    def difference(self) -> float:
        """By how much the log score is worse on warned days."""
        return self.log_score - self.log_score_others

    @property
    def sentence(self) -> str:
        """It in words."""
        figures = (
            f"log score {self.log_score:.3f} on {self.warned} warned days and {self.log_score_others:.3f} on the "
            f"{self.others} others, {self.difference:+.3f}; by chance {self.low:+.3f} to {self.high:+.3f}, p = "
            f"{self.p:.2g}"
        )
        found = "warned days were harder" if self.adjusted < LEVEL else "no evidence that warned days were harder"
        return f"{self.model}: {found} ({figures})."


def novel_days(rows: pd.DataFrame, above: float) -> list[Harder]:
    """Holds days that are unlike their past against the others, for each model.

    Args:
        rows: `model, target, crps, log_score, novelty` of one asset; rows without a score or a novelty are left out.
        above: From which novelty on a day is warned.

    Returns:
        A model each; none where the models have too few warned days, or too few days at all.
    """
    if "novelty" not in rows:
        return []
    known = rows.dropna(subset=["log_score", "crps", "novelty"])
    floor = known[known["model"] == REFERENCE].set_index("target")["crps"]
    found = []
    for name in in_order(dict.fromkeys(known["model"])):
        own = known[known["model"] == name].sort_values("target")
        warned = (own["novelty"] >= above).to_numpy()
        if warned.sum() < FEWEST or len(own) < MINIMUM_DAYS or warned.all():
            continue
        edge = own["crps"].to_numpy() - floor.reindex(own["target"]).to_numpy()
        found.append(_harder(name, own["log_score"].to_numpy(float), edge, warned))
    adjusted = holm([one.p for one in found])
    return [replace(one, adjusted=float(p)) for one, p in zip(found, adjusted, strict=True)]


def _harder(name: str, losses: NDArray[np.float64], edge: NDArray[np.float64], warned: NDArray[np.bool_]) -> Harder:
    by_chance = turned(losses, warned)
    true, turns = by_chance[0], by_chance[1:]
    low, high = np.quantile(turns, [0.025, 0.975])
    p = float((1 + (turns >= true).sum()) / (1 + len(turns)))
    return Harder(
        model=name,
        warned=int(warned.sum()),
        others=int((~warned).sum()),
        log_score=float(losses[warned].mean()),
        log_score_others=float(losses[~warned].mean()),
        low=float(low),
        high=float(high),
        p=p,
        adjusted=p,
        crps=float(edge[warned].mean()),
        crps_others=float(edge[~warned].mean()),
    )


def turned(losses: NDArray[np.float64], warned: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean loss of warned days minus that of the others, with the warnings turned by 0, 1, ... days `(days,)`.

    >>> turned(np.array([3.0, 0.0, 0.0, 0.0]), np.array([True, False, False, False])).round(6).tolist()
    [3.0, -1.0, -1.0, -1.0]
    """
    days, count = len(losses), int(warned.sum())
    # Sums at every turn are a circular correlation.
    sums = fft.irfft(fft.rfft(losses) * fft.rfft(warned.astype(float)).conj(), days)
    found: NDArray[np.float64] = sums / count - (losses.sum() - sums) / (days - count)
    return found
