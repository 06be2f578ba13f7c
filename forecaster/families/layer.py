"""A hidden layer beside a regression of location and scale: what it adds at rows, and how slopes go back through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from forecaster.families.likelihoods import Linear

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.families.settings import Activation
    from forecaster.families.tails import Parts


@dataclass(frozen=True)
class Layer:
    """Location and log unit of networks, the `tails.Moments` of a regression with hidden units beside it.

    Rows are those of the regression, then inputs and a one `(n, inputs + 1, rows)`; latents are those of the
    regression, then `w (n, draws, inputs + 1, hidden)` and `o (n, draws, outputs, hidden)`, whose second output, where
    there is one, is added to the log unit.

    Attributes:
        numbers: Hidden units.
        activation: Of them.
    """

    numbers: int
    activation: Activation

    @property
    def _slope(self) -> int:
        # tanh z = 2 sigmoid 2z - 1: torch's sigmoid takes a fifth of the time of its tanh.
        return 2 if self.activation == "tanh" else 1

    def forward(self, rows: Parts, latents: Parts) -> tuple[Tensor, Tensor, Tensor]:
        """Residuals, log units and the hidden units `(n * draws, hidden, rows)`."""
        *beside, x = rows
        *own, w, o = latents
        residual, unit, _ = Linear().forward(tuple(beside), tuple(own))
        # One multiplication a network for all its draws; broadcasting would copy the rows for each of them.
        sums = torch.bmm((self._slope * w).mT.flatten(1, 2), x)
        hidden = sums.unflatten(1, (-1, self.numbers)).flatten(0, 1)
        added = torch.bmm((self._slope * o).flatten(0, 1), hidden if self._slope == 1 else hidden.sigmoid_())
        added = added.unflatten(0, o.shape[:2])
        if self._slope > 1:
            # A row of padding, with no one, adds nothing to the bit: how many there are depends on other fits.
            added = (added - o.sum(-1, keepdim=True)).mul_(x[:, None, -1:])
        residual.sub_(added[:, :, 0])
        if added.shape[2] > 1:
            unit.add_(added[:, :, 1])
        return residual, unit, hidden

    def backward(self, rows: Parts, latents: Parts, hidden: Tensor, location: Tensor, unit: Tensor) -> Parts:
        """Slopes of all latents."""
        *beside, x = rows
        *own, _, o = latents
        outputs, draws = o.shape[2], o.shape[1]
        slopes = torch.stack([location, unit][:outputs], 2).flatten(0, 1)
        of_o = self._slope * torch.bmm(slopes, hidden.mT)
        through = torch.bmm((self._slope * o).flatten(0, 1).mT, slopes)
        if self._slope > 1:
            of_o -= slopes.sum(-1, keepdim=True)
            through.mul_(torch.addcmul(hidden, hidden, hidden, value=-1))
        of_w = self._slope * torch.bmm(x, through.unflatten(0, (-1, draws)).flatten(1, 2).mT)
        return (
            *Linear().backward(tuple(beside), tuple(own), None, location, unit),
            of_w.unflatten(2, (draws, -1)).transpose(1, 2),
            of_o.unflatten(0, (-1, draws)),
        )
