"""What moved a forecast: parts that add up to the whole, found where they were planted, and on record."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from forecaster.contract import Origin
from forecaster.distribution.predictive import Predictive
from forecaster.issuing.attribution import attribution
from forecaster.issuing.issue import issue
from forecaster.replay.backtest import last_origins

NAMES = ("short_volatility", "leverage", "range")
SLOPES = np.array([[0.2, -0.1, 0.3], [0.3, -0.1, 0.1]])
ORIGIN = Origin(np.full((7, 1), 0.02), np.ones((7, 1)), 0.02, np.array([1.0, 2.0, -1.0]), np.full(50, 0.01))


def predict(origin: Origin) -> Predictive:
    """Two draws of a log scale that is linear, and of a location that is a tenth of the window's mean."""
    scale = origin.volatility * np.exp(SLOPES @ origin.z)
    return Predictive.of(0.1 * origin.volatility * origin.standard.mean() * np.ones(2), scale, 5.0)


def test_parts_are_those_of_the_posterior_and_add_up():
    parts = attribution(predict, NAMES, ORIGIN, replace(ORIGIN, z=np.zeros(3)))
    assert list(parts) == ["window", "volatility", "leverage", "range"]
    assert parts["leverage"].width == pytest.approx(-0.2, rel=1e-5)
    assert parts["range"].width == pytest.approx(-0.2, rel=1e-5)
    assert parts["range"].width_sd == pytest.approx(0.1, rel=1e-5)
    assert parts["volatility"].width == pytest.approx(np.log(2) + 0.25, rel=1e-5)
    assert parts["volatility"].width_before == pytest.approx(np.log(2), rel=1e-5)
    assert parts["window"].shift == pytest.approx(0.002, rel=1e-5)
    assert parts["window"].width == pytest.approx(0.0, abs=1e-6)
    usual = predict(replace(ORIGIN, z=np.zeros(3), volatility=0.01))
    whole = np.log(predict(ORIGIN).scale.astype(float) / usual.scale).mean()
    assert sum(part.width for part in parts.values()) == pytest.approx(whole, rel=1e-5)


def test_without_a_day_before_its_part_is_not_told():
    assert attribution(predict, NAMES, ORIGIN, None)["leverage"].width_before is None


def test_a_wild_day_is_named_in_the_forecast_on_record(history_of, settings_of):
    """A fall of eight volatilities widens the next forecast through volatility, and the record says so."""
    changes = 0.01 * np.random.default_rng(3).standard_normal(400)
    changes[-1] = -0.08
    settings = settings_of(models={"bayesian_linear": {"steps": 40, "draws": 20}})
    history = history_of(changes)
    (wild,) = issue(history, history.last, ("bayesian_linear",), settings)
    parts = wild.diagnostics.attribution
    assert parts["volatility"].width > parts["volatility"].width_before + 0.2
    (calm,) = issue(history, last_origins(history, 1)[0], ("bayesian_linear",), settings)
    assert abs(calm.diagnostics.attribution["volatility"].width) < 0.4
    (plain,) = issue(history, history.last, ("climatology",), settings)
    assert plain.diagnostics.attribution is None
