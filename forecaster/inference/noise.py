"""Randomness that belongs to a fit: standard normals from a generator of its own.

A fit that draws from a common generator depends on who stands before it in the batch. Here each fit's seed starts a
counter-based generator (Philox; Salmon et al. 2011, doi:10.1145/2063384.2063405), so that its numbers are the same
alone and in any company, whatever the batch's size, order or number of threads.
"""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


class Purpose(IntEnum):
    """What the numbers are for; no two purposes share any."""

    TRAINING = 0
    DRAWS = 1
    CHECKS = 2


class Noise:
    """Standard normals of many fits, each from its own seed."""

    def __init__(self, seeds: Sequence[int], latents: int, purpose: Purpose) -> None:
        """Starts a generator for each seed."""
        self._latents = latents
        self._generators = [np.random.Generator(np.random.Philox([seed, purpose])) for seed in seeds]

    def draw(self, *shape: int) -> Tensor:
        """The next numbers, float32: `(*shape, fits, 1, latents)`."""
        each = [
            torch.from_numpy(of.standard_normal((*shape, self._latents), dtype=np.float32)) for of in self._generators
        ]
        return torch.stack(each, dim=-2)[..., None, :]

    def pairs(self, steps: int, count: int) -> Tensor:
        """The next antithetic pairs, both halves along the second axis: `(steps, 2 * count, fits, 1, latents)`."""
        half = self.draw(steps, count)
        return torch.cat([half, -half], dim=1)
