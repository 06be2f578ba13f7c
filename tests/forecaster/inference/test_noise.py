"""Noise of gradient steps comes in opposite pairs, and is standard normal."""

from __future__ import annotations

import pytest
import torch

from forecaster.inference.noise import BLOCK, Noise, Purpose


def steps(count: int, particles: int) -> list[torch.Tensor]:
    return list(Noise([3, 4], 6, Purpose.TRAINING).steps(count, particles))


@pytest.mark.parametrize("particles", [1, 3])
def test_an_odd_number_of_draws_is_followed_by_its_opposite(particles):
    """Two steps cancel, and no others do; an odd number of steps ends within a pair."""
    count = 4 * BLOCK + 1
    taken = steps(count, particles)
    assert len(taken) == count
    assert {tuple(of.shape) for of in taken} == {(particles, 2, 2, 1, 6)}
    assert all(torch.equal(first, -second) for first, second in zip(taken[:-1:2], taken[1::2], strict=True))
    own = torch.stack(taken[::2]).flatten()
    assert len(own.abs().unique()) == len(own)


def test_an_even_number_of_draws_is_its_own_opposite():
    """Each step holds both signs, and the next has numbers of its own."""
    taken = steps(BLOCK + 1, 4)
    assert len(taken) == BLOCK + 1
    assert all(torch.equal(of[:2], -of[2:]) for of in taken)
    assert not torch.equal(taken[0].abs(), taken[1].abs())


def test_they_are_standard_normal():
    """Mean square within 4 of its own sd: a false alarm in 16,000; of numbers a tenth wider it is not."""
    own = torch.stack(steps(2000, 1)[::2]).double().flatten()
    off = (2 / len(own)) ** 0.5
    assert abs(own.square().mean() - 1) < 4 * off
    assert abs((1.1 * own).square().mean() - 1) > 4 * off
