"""The scores of one forecast against its outcome. The folder is the registry: a file here is a score.

Its name is its id. To add one, write `NAME.py` with `SUMMARY` and `score(predictive, y)`; nothing else changes. It is
then a column of a backtest's export, and its mean one of the scoreboard's, unless `MEAN` says otherwise: another name
for the mean, or empty for none. `LOGICAL = True` marks one that is yes or no. Where a score has a direction, lower is
better. The record keeps a list of its own: its columns belong to its format.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from typing import TYPE_CHECKING, Protocol, cast

from ingest.registry import imported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.distribution.predictive import Predictive

FIRST = ("crps", "log_score", "pit", "in50", "in90", "interval_score", "absolute_error", "squared_error")
"""Those that other programs rely on, in the order in which they find them; others follow by name."""


class Score(Protocol):
    """What a score's file offers; see also `mean_of` and `logical`.

    Attributes:
        SUMMARY: What it is, in a line, with its units.
    """

    SUMMARY: str

    def score(self, predictive: Predictive, y: float) -> float:
        """The score of a forecast whose outcome is `y`, a finite fraction per session."""
        ...


def names() -> tuple[str, ...]:
    """The ids of all scores."""
    return tuple(load())


def load() -> Mapping[str, Score]:
    """All scores by id, in the order of `names`."""
    return _in(tuple(__path__))


@cache  # looking into the folder takes a while, and a backtest scores often
def _in(folders: tuple[str, ...]) -> Mapping[str, Score]:
    found = {module.name for module in pkgutil.iter_modules(folders)}
    ids = (*FIRST, *sorted(found.difference(FIRST)))
    return {name: cast("Score", imported(f"{__name__}.{name}")) for name in ids}


def mean_of(name: str) -> str:
    """What the scoreboard calls the mean of a score; empty where it shows none."""
    return str(getattr(load()[name], "MEAN", name))


def logical(name: str) -> bool:
    """Whether a score is yes or no."""
    return bool(getattr(load()[name], "LOGICAL", False))
