"""The empirical distribution of past changes: what anyone can say without a model, and the floor for all of them."""

from __future__ import annotations

from forecaster.predictive import Predictive
from forecaster.problem import Examples, Fitted, ModelSettings, Origin

SUMMARY = "the empirical distribution of past changes, the same every day: the floor"


class Settings(ModelSettings):
    """No choices to make."""


def fit(examples: Examples, settings: Settings, seed: int) -> Fitted:
    """Smooths the changes of the training window; the forecast ignores the origin."""
    distribution = Predictive.of_sample(examples.history)

    def predict(origin: Origin) -> Predictive:
        return distribution

    return Fitted(predict)
