"""A hidden layer beside a regression of location and scale: what it adds at rows, and how slopes go back through it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import pad

from forecaster.families.likelihoods import Linear
from forecaster.families.tails import wide
from forecaster.inference.order import room

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.families.settings import Activation
    from forecaster.families.tails import Parts


@dataclass(frozen=True)
class Layer:
    """Location and log unit of networks, the `tails.Moments` of a regression with hidden units beside it.

    Rows are those of the regression, then a one and inputs `(n, inputs + 1, rows)`; latents are those of the
    regression, then `w (n, draws, inputs + 1, hidden)` and `o (n, draws, outputs, hidden)`, whose second output, where
    there is one, is added to the log unit. Units that move nothing are added where those of a fit fill no whole line.

    Attributes:
        numbers: Hidden units.
        activation: Of them.
    """

    numbers: int
    activation: Activation

    def forward(self, rows: Parts, latents: Parts) -> tuple[Tensor, Tensor, Tensor]:
        """Residuals, log units and the hidden units `(n * draws, hidden, rows)`."""
        *beside, x = rows
        *own, w, o = _filled(latents)
        residual, unit, _ = Linear().forward(tuple(beside), tuple(own))
        # One multiplication a network for all its draws; broadcasting would copy the rows for each of them.
        hidden = torch.bmm(w.mT.flatten(1, 2), x).unflatten(1, (-1, w.shape[-1])).flatten(0, 1)
        if self.activation == "tanh":
            hidden[:, : self.numbers].tanh_()
        added = torch.bmm(o.flatten(0, 1), hidden).unflatten(0, o.shape[:2])
        residual.sub_(added[:, :, 0])
        if added.shape[2] > 1:
            unit.add_(added[:, :, 1])
        return residual, unit, hidden

    def backward(self, rows: Parts, latents: Parts, hidden: Tensor, location: Tensor, unit: Tensor) -> Parts:
        """Slopes of all latents."""
        *beside, x = rows
        *coefficients, _, o = _filled(latents)
        outputs, draws = o.shape[2], o.shape[1]
        slopes = torch.stack([location, unit][:outputs], 2).flatten(0, 1)
        of_o = torch.bmm(slopes, hidden.mT)
        through = torch.bmm(o.flatten(0, 1).mT, slopes)
        if self.activation == "tanh":
            own, units = through[:, : self.numbers], hidden[:, : self.numbers]
            torch.ops.aten.tanh_backward.grad_input(own, units, grad_input=own)
        # The rows stand on the right, as they lie in memory: a fifth quicker than on the left.
        of_w = torch.bmm(through.unflatten(0, (-1, draws)).flatten(1, 2), x.mT)
        return (
            *Linear().backward(tuple(beside), tuple(coefficients), None, location, unit),
            of_w.unflatten(1, (draws, -1)).mT[..., : self.numbers],
            of_o.unflatten(0, (-1, draws))[..., : self.numbers],
        )


def with_bias(values: dict[str, Tensor]) -> dict[str, Tensor]:
    """The hidden units' weights below that of the one, as wide as rows are."""
    return values | {"w": wide(torch.cat([values["b"][..., None, :], values["w"]], -2), -2)}


def _filled(latents: Parts) -> Parts:
    """With so many units that those of a fit's second layer fill whole lines of memory."""
    *own, w, o = latents
    more = room(o.shape[3], o.shape[1] * o.shape[2]) - o.shape[3]
    return (*own, *(pad(of, (0, more)) if more else of for of in (w, o)))
