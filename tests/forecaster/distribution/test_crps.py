"""The score is the integral of its definition, whatever the mixture: by a rule that takes nothing for granted."""

from __future__ import annotations

import numpy as np
import pytest

from forecaster.distribution.predictive import Predictive
from forecaster.distribution.recalibrated import PitMap
from tests.forecaster.distribution import adaptive

BAR = 1e-6
"""Largest relative error of a score."""

TAIL = np.append(np.random.default_rng(0).normal(0, 0.003, 249).clip(-0.01, 0.01), -0.3)

NAMED = {
    "a wide one over a narrow one": (Predictive.of([0, 0], [1e-4, 1], 5.0, 0, [0.999, 0.001]), 0.0, 2.60029821e-05),
    "a wide one far from a narrow one": (
        Predictive.of([-25, 25], [1, 0.01], [30, 4], 0, [1e-5, 1 - 1e-5]),
        25.0,
        2.63694436e-03,
    ),
    "a narrow one beyond everything": (
        Predictive.of([0, -6], [0.065, 1e-5], [11, 3], 0, [0.9996, 4e-4]),
        0.0,
        1.58502290e-02,
    ),
    "one return of -30 % among 249 within 1 %": (Predictive.of_sample(TAIL), 0.0, 7.86647743e-04),
}


def random_case(seed: int, most: int = 300) -> tuple[Predictive, list[float]]:
    """A mixture, scales over six decades and weights over five; outcomes at its centre, in a component and far out."""
    rng = np.random.default_rng(seed)
    k = int(np.exp(rng.uniform(0, np.log(most + 0.99))))
    scale, weight = 10 ** rng.uniform(-6, 0, k), 10 ** rng.uniform(-5, 0, k)
    df = np.where(rng.random(k) < 0.2, np.inf, 2.05 + np.exp(rng.normal(1, 1.5, k)))
    skew = rng.choice([0, 1]) * rng.normal(0, rng.choice([0.1, 1.0]), k)
    loc = rng.normal(0, 10 ** rng.uniform(-4, 0.5), k)
    p = Predictive.of(loc, scale, df, skew, weight / weight.sum())
    j = rng.integers(k)
    inside = float(p.loc[j] + p.scale[j] * rng.normal())
    return p, [float(p.quantile(0.5)), inside, float(rng.normal() * 10 ** rng.uniform(0, 3))]


def errors(seed: int, most: int = 300) -> list[float]:
    """Relative errors of the scores of one mixture."""
    p, outcomes = random_case(seed, most)
    scores = np.array([p.crps(y) for y in outcomes])
    assert (scores > 0).all()
    return list(np.abs(scores / adaptive.crps(p, outcomes) - 1))


@pytest.mark.parametrize("name", NAMED)
def test_hard_cases_have_their_scores(name):
    p, y, known = NAMED[name]
    assert adaptive.crps(p, [y], 1e-9)[0] == pytest.approx(known, rel=1e-8)
    assert p.crps(y) == pytest.approx(known, rel=1e-8)
    spread = float(p._law.distance(y - p._law.origin)) - known
    assert p.half_spread == pytest.approx(spread, rel=1e-8)


def test_sixty_random_mixtures_have_their_scores():
    """The control, a rule of the same nodes that does not look at the components, must fail."""
    assert max(error for seed in range(60) for error in errors(seed, most=60)) < BAR
    p, outcomes = random_case(0, most=60)
    place, weight = np.polynomial.legendre.leggauss(p._law.line.below[0].size)
    f = p.cdf(outcomes[0] + 5 * place)
    blind = 5 * weight @ np.minimum(f, 1 - f) ** 2
    assert abs(blind / p.crps(outcomes[0]) - 1) > BAR


@pytest.mark.campaign
@pytest.mark.parametrize("block", range(20))
def test_two_thousand_random_mixtures_have_their_scores(block):
    assert max(error for seed in range(100 * block, 100 * block + 100) for error in errors(seed)) < BAR


def seen_cases() -> list[tuple[Predictive, list[float]]]:
    """Random mixtures through maps with wide and narrow kernels, in the middle and at an end."""
    rng = np.random.default_rng(1)
    maps = [
        PitMap.of(rng.normal(0.2, 0.9, 250), 0.7, 0.4),
        PitMap.of(rng.normal(2.5, 1.0, 60).clip(-3.7, 3.7), 0.5, 0.4),
        PitMap.of(rng.normal(-0.5, 0.9, 60), 0.5, 0.05),
        PitMap.of([3.7], 0.7, 0.4),
    ]
    cases = [random_case(seed, most=12) for seed in range(100, 108)]
    cases += [(Predictive.of(0.0, 1.0, df), [0.0, 3.0]) for df in (2.05, 8.0, np.inf)]
    return [(p.through(seen), outcomes) for p, outcomes in cases for seen in maps]


def test_recalibrated_mixtures_have_their_scores():
    for p, outcomes in seen_cases():
        scores = np.array([p.crps(y) for y in outcomes])
        np.testing.assert_allclose(scores, adaptive.crps(p, outcomes, 1e-7), rtol=BAR)
        spread = p._law.distance(np.array(outcomes) - p._law.origin) - scores
        np.testing.assert_allclose(spread, p.half_spread, rtol=1e-6)


@pytest.mark.parametrize("df", [1.05, 1.3, 2.0])
def test_a_law_without_variance_has_a_score(df):
    """By the closed form of one component, `B(1/2, df - 1/2) / B(1/2, df/2)^2` (Jordan et al. 2019)."""
    from scipy import special, stats  # noqa: PLC0415

    p, df = Predictive.of([0.0], [1.0], df), float(np.float32(df))
    at_zero = 2 * stats.t(df).pdf(0) * df / (df - 1)
    spread = 2 * np.sqrt(df) / (df - 1) * special.beta(0.5, df - 0.5) / special.beta(0.5, df / 2) ** 2
    assert p.sd == np.inf
    assert p.half_spread == pytest.approx(spread, rel=1e-8)
    assert p.crps(0.0) == pytest.approx(at_zero - spread, rel=1e-6)


def test_a_place_far_from_zero_costs_no_digits():
    """A scale of 1e-30 at 1e30: no double lies between the mode and a hundred scales beside it."""
    here, there = Predictive.of([0.0], [1e-30], 5.0), Predictive.of([1e30], [1e-30], 5.0)
    assert there.half_spread == pytest.approx(here.half_spread, rel=1e-12)
    assert there.crps(float(there.loc[0])) == pytest.approx(here.crps(0.0), rel=1e-12)
