"""How long and how fast stochastic variational inference trains: a plain value, which needs no torch.

The learning rate falls along half a cosine to a fraction of its start: a constant one leaves posterior means a third of
a posterior sd off, and one that falls geometrically hardly moves a posterior whose mean is far from its mode.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train.

    Attributes:
        steps: Gradient steps; 0 for a guide that has nothing to train.
        learning_rate: Adam's rate at the first step.
        final_fraction: The rate at the last step, as a fraction of the first.
        particles: Draws of the guide that each gradient averages over; an even number comes in antithetic pairs. With
            more than four a fit's bits may depend on its company (`order`).
        minibatch: Rows that each gradient looks at; 0 for all.
        importance: Whether the draws are weighed by model over guide, where k-hat allows.
        checks: Fresh draws of the trained guide that it is judged by.
    """

    steps: int = 240
    learning_rate: float = 0.03
    final_fraction: float = 0.01
    particles: int = 2
    minibatch: int = 0
    importance: bool = False
    checks: int = 1000

    def rates(self) -> Iterator[float]:
        """Adam's rate at each step."""
        last = self.final_fraction
        for step in range(self.steps):
            yield self.learning_rate * (last + (1 - last) * (1 + cos(pi * step / self.steps)) / 2)
