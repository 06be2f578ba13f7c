"""Value at risk and expected shortfall: losses are positive, by closed forms, by integrals and by draws."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from forecaster.distribution.predictive import Predictive

LEVELS = (0.9, 0.95, 0.99, 0.999)


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("df", [2.5, 4.0, 30.0])
def test_of_a_student_t_by_its_closed_form(df: float, level: float) -> None:
    """McNeil, Frey and Embrechts (2015), example 2.15: a fall is a loss, so that the lower tail is what counts."""
    loc, scale = 0.0005, 0.011
    p = Predictive.of([loc], [scale], df=[df])
    loc, scale, df = (float(np.float32(value)) for value in (loc, scale, df))
    q = stats.t.ppf(level, df)
    shortfall = stats.t.pdf(q, df) / (1 - level) * (df + q * q) / (df - 1)
    assert p.value_at_risk(level) == pytest.approx(-loc + scale * q, rel=1e-7)
    assert p.expected_shortfall(level) == pytest.approx(-loc + scale * shortfall, rel=1e-7)
    assert p.expected_shortfall(level) > p.value_at_risk(level) > 0


@pytest.mark.parametrize("level", LEVELS)
def test_of_a_skewed_mixture_by_the_integral_of_the_value_at_risk(mixture, level: float) -> None:
    """The mean of the value at risk over all levels beyond, as Acerbi and Tasche (2002) define it."""
    p = mixture(4)
    total = integrate.quad(lambda v: -p.quantile(np.exp(v)) * np.exp(v), -60, np.log(1 - level), limit=200)[0]
    assert p.expected_shortfall(level) == pytest.approx(total / (1 - level), rel=1e-5)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_of_a_mixture_by_draws(mixture, seed: int) -> None:
    """400,000 draws: within 4.5 standard errors each, a false alarm in some 70,000 runs of all six."""
    p, level, draws = mixture(seed), 0.95, 400_000
    losses = -p.sample(draws, seed=100 + seed)
    var = p.value_at_risk(level)
    beyond = losses[losses > var]
    assert abs(beyond.size / draws - 0.05) < 4.5 * np.sqrt(0.05 * 0.95 / draws)
    assert abs(beyond.mean() - p.expected_shortfall(level)) < 4.5 * beyond.std() / np.sqrt(beyond.size)
    assert abs(beyond.mean() - 1.03 * p.expected_shortfall(level)) > 4.5 * beyond.std() / np.sqrt(beyond.size)


def test_a_gain_that_is_nearly_sure_is_a_negative_loss() -> None:
    p = Predictive.of([0.1], [0.001])
    assert p.value_at_risk(0.95) < 0
    assert p.expected_shortfall(0.95) < 0
