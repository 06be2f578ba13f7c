"""Forecasts that are no distributions, by the one score that they can be held to: verdicts in words.

The same days, the same test (`diebold_mariano`) and the same care for many comparisons as in `evaluation.verdicts`: all
comparisons of one table share an error rate of 5 %.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from forecaster.evaluation.diebold_mariano import diebold_mariano
from forecaster.evaluation.verdicts import LEVEL, MINIMUM_DAYS, excess

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pandas as pd


def compared(own: pd.DataFrame, other: pd.DataFrame, names: Mapping[str, str], trials: int = 0) -> tuple[str, ...]:
    """A sentence for each model of a file, reference and score.

    Args:
        own: `model, target` and the scores, a row per forecast of the file, of one asset.
        other: The same of the references.
        names: Score to what it is called; lower is better.
        trials: Configurations ever tried; those of the tables alone where they hold more.
    """
    models, references = list(dict.fromkeys(own["model"])), list(dict.fromkeys(other["model"]))
    tests = len(models) * len(references) * len(names) * excess(trials, len(models) + len(references))
    return tuple(_sentences(own, other, names, LEVEL / max(tests, 1)))


def _sentences(own: pd.DataFrame, other: pd.DataFrame, names: Mapping[str, str], level: float) -> Iterator[str]:
    for model, mine in own.groupby("model", sort=False):
        for reference, theirs in other.groupby("model", sort=False):
            both = mine.merge(theirs, on="target", suffixes=("", "_other")).sort_values("target")
            for score, called in names.items():
                pair = both[[score, f"{score}_other"]].dropna().to_numpy(float)
                yield _sentence(f"{model}", f"{reference}", called, pair, level)


def _sentence(model: str, reference: str, called: str, pair: np.ndarray, level: float) -> str:
    days, none = len(pair), f"{model}: no evidence of skill against {reference} in {called}"
    if days < MINIMUM_DAYS:
        return f"{none}; {days} days are too few to judge ({MINIMUM_DAYS} are needed)."
    apart, least = pair[:, 0] - pair[:, 1], float(pair[:, 1].mean())
    t, p = diebold_mariano(apart)
    side = "lower" if apart.mean() <= 0 else "higher"
    part = f"{abs(float(apart.mean()) / least):.1%} {side}" if least else f"{abs(float(apart.mean())):.2g} {side}"
    said = f"{model}: {'better' if t < 0 else 'worse'} than {reference} in {called}" if p < level else none
    return f"{said} ({part}, t = {t:.1f}; negative t favours {model}; {days} days)."
