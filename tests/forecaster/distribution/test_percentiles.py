"""Percentiles read off a curve are those of the distribution, whatever it is seen through."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.distribution.percentiles import LEVELS, NAMES, percentiles
from forecaster.distribution.predictive import QUANTILES, Predictive
from forecaster.distribution.recalibrated import PitMap


@pytest.mark.parametrize("components", [1, 12, 200])
@pytest.mark.parametrize("mapped", [False, True])
def test_they_are_the_quantiles(mixture, components, mapped):
    law = mixture(3, components)
    if mapped:
        law = law.through(PitMap.of(np.random.default_rng(1).normal(0, 1.3, 250), 0.7, 0.4))
    found, exact = np.array([*percentiles(law).values()]), law.quantile(LEVELS)
    assert np.abs(found - exact).max() <= 2e-5 * np.ptp(exact)
    assert (np.diff(found) > 0).all()


def test_those_on_record_have_its_bits(mixture):
    law = mixture(5)
    assert {name: percentiles(law)[name] for name in QUANTILES} == law.quantiles
    assert tuple(percentiles(law)) == NAMES


def test_two_far_modes_with_nothing_between():
    """The density between them is next to nothing, and the curve a step."""
    law = Predictive.of(loc=[-1.0, 1.0], scale=[1e-3, 1e-3])
    found, exact = np.array([*percentiles(law).values()]), law.quantile(LEVELS)
    assert np.abs(found - exact).max() <= 2e-5 * np.ptp(exact)


def test_an_atom_is_a_flat_part():
    law = Predictive.of(loc=[0.0], scale=[0.01]).with_atom(0.3, 0.001)
    flat = [name for name, value in percentiles(law).items() if value == 0.0]
    assert len(flat) >= 29
