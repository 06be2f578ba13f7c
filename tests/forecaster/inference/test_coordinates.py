"""Axes that stretch with a log scale: there and back, and how much space grows."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from forecaster.inference.coordinates import Coordinates, Funnel, lean_of


def funnel(fits: int = 3) -> Funnel:
    """Three coefficients, a scale with its slope, and one that has nothing to do with it."""
    share = torch.tensor([1.0, 0.6, 0.0, 0.0, 0.0, 0.0], dtype=torch.float64).repeat(fits, 1)
    level = torch.tensor([0.0, 0.0, 0.0, 0.2, 0.1, 0.0], dtype=torch.float64).repeat(fits, 1)
    own = torch.tensor([0.0, 0.0, 0.0, 1.0, 0.0, 0.0], dtype=torch.float64).repeat(fits, 1)
    return Funnel(share, level, own, torch.tensor([[0.02], [0.1], [0.4]], dtype=torch.float64)[:fits])


def test_there_and_back():
    v = torch.from_numpy(np.random.default_rng(0).normal(0, 4, (50, 3, 6)))
    of = funnel()
    torch.testing.assert_close(of.inverse(of(v)[0]), v, atol=1e-8, rtol=1e-8)


def test_the_growth_of_space_is_that_of_the_derivatives():
    v = torch.from_numpy(np.random.default_rng(1).normal(0, 3, (3, 6)))
    of = funnel()
    slopes = torch.autograd.functional.jacobian(lambda at: of(at)[0], v)
    each = torch.stack([torch.linalg.slogdet(slopes[i, :, i]).logabsdet for i in range(3)])
    torch.testing.assert_close(of(v)[1], each)
    axes = torch.eye(6, dtype=torch.float64).repeat(3, 1, 1)
    local = Coordinates(torch.zeros(3, 6, dtype=torch.float64), axes, of).local(v)
    torch.testing.assert_close(local, torch.stack([slopes[i, :, i] for i in range(3)]))


@pytest.mark.parametrize("free", [5, 30, 200])
def test_a_log_scale_leans_as_the_root_of_a_chi_square_does(free):
    """Quantiles of half a log chi square, by a normal along the leaning axis; along a straight one they miss."""
    levels = np.array([0.01, 0.1, 0.5, 0.9, 0.99])
    true = -np.log(stats.chi2.ppf(1 - levels, free) / free) / 2
    sd, lean = (2 * free) ** -0.5, lean_of(torch.tensor([[float(free)]], dtype=torch.float64))
    one = torch.ones(1, 1, dtype=torch.float64)
    of = Funnel(torch.zeros_like(one), sd * one, one, lean)
    normal = torch.from_numpy(stats.norm.ppf(levels))[:, None, None]
    leant, straight = (sd * v[:, 0, 0].numpy() for v in (of(normal)[0], normal))
    centred = true - true[2]
    assert abs(leant - centred).max() < 0.15 * abs(straight - centred).max()
