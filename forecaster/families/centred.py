"""A normal around zero whose log density takes three passes through memory, where torch's own takes seven."""

from __future__ import annotations

from math import log, pi
from typing import TYPE_CHECKING, Any

import pyro.distributions as dist
import torch

if TYPE_CHECKING:
    from torch import Tensor


class Centred(dist.Normal):
    """`N(0, scale^2)`, each number for itself: the prior of many latents.

    Its density is a square, and what is known of it before any value is seen stays in the scale's own shape.
    """

    def __init__(self, scale: Tensor) -> None:
        """Takes the standard deviations `(*shape)`."""
        super().__init__(torch.zeros_like(scale), scale)
        self._fall, self._top = -0.5 / scale.square(), -scale.log() - log(2 * pi) / 2

    def expand(self, batch_shape: Any, _instance: Any = None) -> Centred:  # noqa: ANN401  # Pyro's own signature
        """The same law, seen in another shape."""
        seen: Centred = super().expand(batch_shape, _instance=self.__new__(type(self)))
        seen._fall, seen._top = self._fall, self._top
        return seen

    def log_prob(self, value: Tensor) -> Tensor:
        """Of each number, in nats."""
        return torch.addcmul(self._top, self._fall, value.square())
