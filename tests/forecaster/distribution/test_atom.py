"""A point mass at zero and a tick: every figure against its definition, and nothing changed where there is neither."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import integrate, stats

from forecaster.combination.pool import pool
from forecaster.distribution.atom import FINE
from forecaster.distribution.predictive import Predictive
from forecaster.distribution.recalibrated import PitMap

PLAIN = {
    "one": Predictive.of(0.002, 0.01, 5.0),
    "skewed": Predictive.of([0.0, 0.004, -0.01], [0.01, 0.004, 0.03], [5, np.inf, 3], [0.3, 0.0, -0.2]),
}
MAP = PitMap.of(np.random.default_rng(5).normal(0.2, 0.8, 120), 0.5, 0.4)
LAWS = {**PLAIN, "seen": PLAIN["skewed"].through(MAP)}
LEVEL = 1e-3
"""False alarms of a test of uniformity."""


@pytest.fixture(params=LAWS)
def law(request):
    return LAWS[request.param]


def log_mass(law, y, tick):
    """By a rule that takes nothing for granted, cut at every mode."""
    ends = y + np.array([-0.5, 0.5]) * tick
    cuts = [*ends[:1], *sorted(m for m in law.loc.astype(float) if ends[0] < m < ends[1]), *ends[1:]]
    parts = [
        integrate.quad(lambda z: float(np.exp(law.log_prob(z))), a, b, epsrel=1e-12, epsabs=0, limit=200)[0]
        for a, b in pairwise(cuts)
    ]
    return np.log(sum(parts) / tick)


@pytest.mark.parametrize("share", [1e-9, 1e-4, 0.999 * FINE, 1.001 * FINE, 0.2, 1.0, 8.0])
def test_the_score_is_the_probability_of_a_tick(law, share):
    tick = share * float(law.scale.min())
    seen = law.with_atom(0.0, tick)
    for y in (0.0, 0.0003, -0.02, 0.4):
        assert float(seen.log_prob(y)) == pytest.approx(log_mass(law, y, seen.tick), abs=2e-8)


def test_fine_ticks_give_the_density(law):
    y = np.linspace(-0.2, 0.2, 101)
    np.testing.assert_allclose(law.with_atom(0.0, 1e-9).log_prob(y), law.log_prob(y), atol=1e-9)


def test_no_digit_is_lost_far_out():
    narrow = Predictive.of(0.0, 1e-3)
    said = narrow.with_atom(0.1, 1e-3).log_prob([0.09, -0.09])
    assert said[0] == pytest.approx(said[1])
    assert np.log(0.9) - 0.5 * 90**2 < said[0] < np.log(0.9) - 0.5 * 89**2


def test_the_score_integrates_to_one_over_cells(law):
    seen = law.with_atom(0.2, 0.003)
    cells = np.arange(-3000, 3001) * seen.tick
    assert np.exp(seen.log_prob(cells)).sum() * seen.tick == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("atom", [0.01, 0.3, 0.95])
def test_crps_is_its_integral(law, atom):
    seen = law.with_atom(atom, 0.002)
    for y in (0.0, 0.001, -0.03, 0.2):
        ends = [-30.0, *sorted({-0.1, 0.0, y, 0.1, 0.01, -0.01}), 30.0]
        whole = sum(
            integrate.quad(lambda z, y=y: (float(seen.cdf(z)) - (z >= y)) ** 2, a, b, limit=400, epsabs=1e-12)[0]
            for a, b in pairwise(ends)
        )
        assert seen.crps(y) == pytest.approx(whole, rel=2e-6)
        spread = float(seen._law.distance(y - seen._law.origin)) - seen.crps(y)
        assert seen.half_spread == pytest.approx(spread, rel=1e-9)


def test_moments_are_those_of_its_parts(law):
    seen, far = law.with_atom(0.25, 0.001), 1e12
    assert seen.mean == pytest.approx(0.75 * law.mean)
    assert seen.sd**2 == pytest.approx(0.75 * (law.sd**2 + law.mean**2) - seen.mean**2)
    assert float(seen.partial_mean(far)) == pytest.approx(seen.mean, abs=1e-9)
    assert seen.prob_up == pytest.approx(0.75 * law.prob_up)


def test_quantiles_stand_still_at_zero(law):
    seen, level = law.with_atom(0.3, 0.001), np.linspace(0.002, 0.998, 250)
    q = seen.quantile(level)
    assert (np.diff(q) >= 0).all()
    flat = q == 0
    assert flat.mean() == pytest.approx(0.3, abs=0.01)
    np.testing.assert_allclose(seen.cdf(q[~flat]), level[~flat], atol=1e-9)
    assert (seen.cdf(0.0) >= level[flat]).all()
    assert (seen.cdf(-1e-12) <= level[flat] + 1e-9).all()


def test_losses_beyond_a_quantile_are_their_mean(law):
    seen = law.with_atom(0.4, 0.001)
    draws = seen.sample(200_000, seed=3)
    assert (draws == 0).mean() == pytest.approx(0.4, abs=0.005)
    for level in (0.5, 0.95):
        worst = np.sort(draws)[: round(draws.size * (1 - level))]
        assert seen.value_at_risk(level) == pytest.approx(-worst[-1], abs=1e-3)
        assert seen.expected_shortfall(level) == pytest.approx(-worst.mean(), rel=0.05)


def test_pits_are_uniform_over_ticks_and_the_atom_and_a_plain_cdf_is_not():
    law = Predictive.of([0.0, 0.0005], [0.003, 0.001], 6.0).with_atom(0.15, 0.002)
    y = np.round(law.sample(3000, seed=1) / law.tick) * law.tick
    pits = [law.pit(float(one)) for one in y]
    assert pits == [law.pit(float(one)) for one in y]
    # As a day's own law differs from the next day's, so do its numbers: many days are laws that hardly differ.
    days = [law.moved(factor=1 + 1e-6 * day) for day in range(len(y))]
    of_days = [day.pit(float(one)) for day, one in zip(days, y, strict=True)]
    assert stats.kstest(of_days, "uniform").pvalue > LEVEL
    assert stats.kstest(law.cdf(y), "uniform").pvalue < LEVEL  # the control
    # Days that do not move may have one law and one outcome, to the byte: their rows tell them apart.
    rows = [law.pit(float(one), f"A {day}") for day, one in enumerate(y)]
    assert stats.kstest(rows, "uniform").pvalue > LEVEL
    assert len({law.pit(0.0, f"A {day}") for day in range(50)}) == 50
    assert law.pit(0.0, "A 1") == law.pit(0.0, "A 1")
    assert law.continuous.pit(0.001, "A 1") == law.continuous.pit(0.001)


def test_pits_of_moves_leave_the_atoms_days_out():
    law, rng = Predictive.of(0.0, 0.003, 6.0).with_atom(0.15, 0.002), np.random.default_rng(2)
    y = np.round(law.sample(3000, seed=4) / law.tick) * law.tick
    pits = np.array([law.pit_of_move(float(one), *rng.random(2)) for one in y])
    assert np.isnan(pits).mean() == pytest.approx(0.15, abs=0.03)
    assert (y[np.isnan(pits)] == 0).all()
    assert stats.kstest(pits[~np.isnan(pits)], "uniform").pvalue > LEVEL
    whole = [law.continuous.with_atom(0.0, law.tick).pit_of_move(float(one), *rng.random(2)) for one in y]
    assert stats.kstest(whole, "uniform").pvalue < LEVEL  # the control: the atom's days counted as moves


def test_without_either_nothing_changes(law):
    assert law.with_atom(0.0, 0.0) is law
    assert law.continuous is law
    assert law.pit(0.01) == float(law.cdf(0.01)) == law.pit_of_move(0.01, 0.3, 0.0)
    assert b"atom" not in law.to_bytes()
    assert law.with_atom(0.1, 0.002).continuous.to_bytes() == law.to_bytes()


def test_bytes_carry_both(law):
    seen = law.with_atom(0.123456, 0.000789)
    read = Predictive.from_bytes(seen.to_bytes())
    assert (read.atom, read.tick) == (seen.atom, seen.tick) == (np.float32(0.123456), np.float32(0.000789))
    assert read.to_bytes() == seen.to_bytes()
    assert read.pit(0.0) == seen.pit(0.0)


def test_an_atom_without_a_tick_is_a_point_mass_alone(law):
    seen = law.with_atom(0.2, 0.0)
    assert float(seen.log_prob(0.0)) == pytest.approx(float(law.log_prob(0.0)) + np.log(0.8))
    low, high = 0.8 * float(law.cdf(0.0)), 0.8 * float(law.cdf(0.0)) + 0.2
    assert low <= seen.pit(0.0) <= high
    assert np.isnan(seen.pit_of_move(0.0, 0.5, 0.999))


def test_a_move_of_the_law_keeps_the_atom_at_zero(law):
    seen = law.with_atom(0.2, 0.001)
    wider = seen.moved(factor=2.0)
    assert (wider.atom, wider.tick) == (seen.atom, pytest.approx(0.002))
    with pytest.raises(ValueError, match="cannot be moved"):
        seen.moved(shift=0.01)


@pytest.mark.parametrize(("atom", "tick"), [(1.0, 0.0), (-0.1, 0.0), (0.1, -1.0), (0.1, np.inf), (np.nan, 0.0)])
def test_other_numbers_are_refused(atom, tick):
    with pytest.raises(ValueError, match="atom must be a probability"):
        PLAIN["one"].with_atom(atom, tick)


def test_a_pool_has_its_members_atom():
    one, other = (law.with_atom(0.2, 0.001) for law in PLAIN.values())
    mixed = pool([one, other], [1, 1])
    assert (mixed.atom, mixed.tick) == (one.atom, one.tick)
    for y in (0.0, 0.01):
        both = np.logaddexp(one.log_prob(y), other.log_prob(y)) - np.log(2)
        assert float(mixed.log_prob(y)) == pytest.approx(float(both), abs=1e-6)
    with pytest.raises(ValueError, match="of one day"):
        pool([one, PLAIN["skewed"]], [1, 1])
