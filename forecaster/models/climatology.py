"""The empirical distribution of past changes: what anyone can say without a model, and the floor for all of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from forecaster.contract import Fitted, ModelSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.contract import Compute, Examples, Origin
    from forecaster.distribution.predictive import Predictive

SUMMARY = "the empirical distribution of past changes, the same every day: the benchmark"
ASSUMPTIONS = (
    "The next change is a draw from the changes of the training window, whatever happened last.",
    "Tails are known only from changes that occurred.",
)


class Settings(ModelSettings):
    """No choices to make."""


def fit(examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute) -> tuple[Fitted, ...]:
    """Smooths the changes of each training window; the forecast ignores the origin."""
    return tuple(_smoothed(rows) for rows in examples)


def _smoothed(examples: Examples) -> Fitted:
    from forecaster.distribution.predictive import Predictive

    return Fitted(partial(_same, Predictive.of_sample(examples.history)))


def _same(distribution: Predictive, origin: Origin) -> Predictive:
    return distribution
