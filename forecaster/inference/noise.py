"""Randomness that belongs to a fit: normals and orders of rows from a generator of its own.

A fit that draws from a common generator depends on who stands before it in the batch. Here each fit's seed starts a
generator of its own, so that its numbers are the same alone and in any company, whatever the batch's size, order or
number of threads. It is numpy's SFC64, the quickest there; its state is a hash of seed and purpose. Each number is
drawn for one of the fit's twins: the two share none.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

TWINS = 2
"""How often every fit is trained."""

BLOCK = 25
"""Steps whose numbers are drawn at once."""


class Purpose(IntEnum):
    """What the numbers are for; no two purposes share any."""

    TRAINING = 0
    DRAWS = 1
    CHECKS = 2
    START = 3
    ROWS = 4
    CHOICE = 5


def generators(seeds: Sequence[int], purpose: Purpose) -> list[np.random.Generator]:
    """One for each fit."""
    return [np.random.Generator(np.random.SFC64([seed, purpose])) for seed in seeds]


class Noise:
    """Standard normals of many fits, each from its own seed."""

    def __init__(self, seeds: Sequence[int], size: int, purpose: Purpose) -> None:
        """Starts a generator for each seed; `size` is how many numbers a draw takes."""
        self._size = size
        self._generators = generators(seeds, purpose)

    def draw(self, *shape: int) -> Tensor:
        """The next numbers, float32: `(*shape, twins, fits, 1, size)`."""
        made = np.empty((*shape, TWINS, len(self._generators), 1, self._size), np.float32)
        for place, of in enumerate(self._generators):
            made[..., place, 0, :] = of.standard_normal((*shape, TWINS, self._size), dtype=np.float32)
        return torch.from_numpy(made).to(torch.get_default_device())

    def steps(self, count: int, particles: int) -> Iterator[Tensor]:
        """So many times `(particles, twins, fits, 1, size)`, in antithetic pairs: within a step, or of steps.

        An odd number of particles is followed by its opposite at the next step: numbers that cost as much as their
        arithmetic are used twice.
        """
        paired = particles % 2 == 0
        pairs, each = (count, particles // 2) if paired else ((count + 1) // 2, particles)
        blocks = (self.draw(min(BLOCK, pairs - first), each) for first in range(0, pairs, BLOCK))
        for place, drawn in enumerate(chain.from_iterable(blocks)):
            if paired:
                yield torch.cat([drawn, -drawn])
            else:
                yield from [drawn, -drawn][: count - 2 * place]


def minibatches(seeds: Sequence[int], rows: Sequence[int], size: int) -> Iterator[Tensor]:
    """Which rows each gradient step looks at, without end: `(twins, fits, size)`.

    Every fit goes through its own rows in an order of its own, then through them again in another.
    """
    of = generators(seeds, Purpose.ROWS)
    left: list[NDArray[np.int64]] = [np.empty(0, np.int64)] * len(of)
    need = TWINS * size * BLOCK
    while True:
        taken = np.empty((BLOCK, TWINS, len(of), size), np.int64)
        for i, count in enumerate(rows):
            epochs = -(-(need - len(left[i])) // count)
            stock = np.concatenate([left[i], *(of[i].permutation(count) for _ in range(epochs))])
            taken[:, :, i] = stock[:need].reshape(BLOCK, TWINS, size)
            left[i] = stock[need:]
        yield from torch.from_numpy(taken).to(torch.get_default_device())
