"""Adam (Kingma and Ba 2015, arXiv:1412.6980), entry by entry, and so the same for a fit in any company.

Torch's own imports a compiler when it is first made, which takes longer than a day's fits; its fused form rounds an
entry by where it stands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

FADES = 0.9, 0.99
"""How much is kept at each step of the mean gradient and of the mean squared one."""


class Adam:
    """Moves parameters against their gradients.

    Args:
        parameters: Leaves with gradients.
        epsilon: What is added to the root of the mean square, in units of the gradient.
        clip: Largest derivative that is believed.
    """

    def __init__(self, parameters: Sequence[Tensor], epsilon: float, clip: float) -> None:
        """Nothing is known of the gradients yet."""
        self._each = [(of, torch.zeros_like(of), torch.zeros_like(of)) for of in parameters]
        self._epsilon, self._clip, self._taken = epsilon, clip, 0

    @torch.no_grad()
    def step(self, rate: float) -> None:
        """Takes a step at this rate, and forgets the gradients."""
        self._taken += 1
        first, second = FADES
        bias, spread = 1 - first**self._taken, (1 - second**self._taken) ** 0.5
        for parameter, mean, square in self._each:
            if (slope := parameter.grad) is None:
                continue
            slope.clamp_(-self._clip, self._clip)
            mean.lerp_(slope, 1 - first)
            square.mul_(second).addcmul_(slope, slope, value=1 - second)
            parameter.addcdiv_(mean, square.sqrt().div_(spread).add_(self._epsilon), value=-rate / bias)
            parameter.grad = None
