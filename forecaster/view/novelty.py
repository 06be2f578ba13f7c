"""How unlike the past a day is: its window and covariates held against those that a fit learnt from.

A forecast of a day unlike all others extrapolates. How unlike it is, is the share of training rows that are less so, by
a distance that was learnt from these rows: where days are alike, one in a hundred is beyond 0.99. Everything is a
function of the rows known at the fit, and of the day's own window.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

import numpy as np

from forecaster.families.mahalanobis import mahalanobis
from forecaster.view.arrays import origin, training
from ingest.covariates import KNOWN
from ingest.windows import LENGTH

if TYPE_CHECKING:
    from forecaster.contract import Examples, Origin
    from forecaster.floats import Floats
    from forecaster.view.view import View

Method = Literal["mahalanobis", "autoencoder"]

SEED = 20131220
"""Of the network: the same rows give the same novelty for ever."""


class Distance(Protocol):
    """What was learnt from some rows."""

    def below(self, row: Floats) -> int:
        """How many of the rows are less unlike the others than this one `(inputs,)` is."""

    def parts(self, row: Floats) -> Floats:
        """What each input adds to that `(inputs,)`, in nats."""


@dataclass(frozen=True)
class Added:
    """What one input adds to the novelty of a day.

    Attributes:
        name: The series or the covariate.
        lag: Sessions back of a change in the window, 1 for the newest; 0 for a covariate.
        nats: By how much less improbable the day would be, had this input the value that the others lead one to expect.
    """

    name: str
    lag: int
    nats: float


@dataclass(frozen=True)
class Novelty:
    """How unlike the past a day is.

    Attributes:
        percentile: Part of the training rows that are less unlike the others, from 0 to `rows / (rows + 1)`.
        rows: How many there were.
        added: What each input adds, the most first.
    """

    percentile: float
    rows: int
    added: tuple[Added, ...]


def novelty(view: View, method: Method = "mahalanobis", fitted: View | None = None) -> Novelty:
    """How unlike the past a view's day is.

    Args:
        view: The day.
        method: `mahalanobis`, a distance by mean and covariance, or `autoencoder`, a network that takes seconds to
            train.
        fitted: The day whose training rows stand for the past; the view's own where None.

    Raises:
        IncompleteWindowError: Where a change in the day's window is missing.
        TooFewRowsError: Fewer whole windows than the minimum.
        ConstantSeriesError: A price that never moves.
    """
    known = fitted or view
    examples = training(known).examples
    distance = known.once(("distance", method), lambda: _learnt(method, _rows(examples)))
    row, count = _row(origin(view, examples.series, examples.covariates), examples.covariates), len(examples.y)
    parts = distance.parts(row)
    names = _names(examples)
    added = tuple(Added(names[at][0], names[at][1], float(parts[at])) for at in np.argsort(-parts, kind="stable"))
    return Novelty(distance.below(row) / (count + 1), count, added)


def _learnt(method: Method, rows: Floats) -> Distance:
    if method == "mahalanobis":
        return mahalanobis(rows)
    from forecaster.families.autoencoder import halves  # noqa: PLC0415  # torch takes a second, which the other spares

    return halves(rows, SEED)


def _rows(examples: Examples) -> Floats:
    return np.hstack([examples.standard.reshape(len(examples.y), -1), examples.z[:, _told(examples.covariates)]])


def _row(day: Origin, names: tuple[str, ...]) -> Floats:
    return np.concatenate([day.standard.ravel(), day.z[_told(names)]])


def _told(names: tuple[str, ...]) -> list[int]:
    """Places of covariates that say something of a day: that a series is known is none of them."""
    return [at for at, name in enumerate(names) if not name.endswith(KNOWN)]


def _names(examples: Examples) -> list[tuple[str, int]]:
    """Name and lag of each input, in order."""
    window = [(name, LENGTH - day) for day in range(LENGTH) for name in examples.series]
    return window + [(examples.covariates[at], 0) for at in _told(examples.covariates)]
