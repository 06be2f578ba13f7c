"""The outputs of many networks with one hidden layer, at the rows of each and for many draws of its weights."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import torch

if TYPE_CHECKING:
    from torch import Tensor

Activation = Literal["tanh", "linear"]

AT_ONCE = 2**18
"""Hidden units, over fits, rows and draws, that are looked at together where no gradient is needed."""


def outputs(x: Tensor, values: dict[str, Tensor], activation: Activation) -> Tensor:
    """The networks' outputs at rows, for all draws.

    Args:
        x: Inputs and a one, `(*batch, rows, inputs + 1)`; the batch is `(fits,)` or `(twins, fits)`.
        values: Of `w (inputs, hidden)`, `b (hidden,)` and `o (outputs, hidden)`, each `(..., *batch, 1, *site shape)`.
        activation: Of the hidden units.

    Returns:
        `(..., *batch, rows, outputs)`.
    """
    w = torch.cat([values["w"], values["b"][..., None, :]], -2).squeeze(-3)
    lead, batch = w.shape[: w.ndim - x.ndim], x.shape[:-2]
    x = x.reshape(-1, *x.shape[-2:])
    w, o = (of.reshape(-1, len(x), *of.shape[-2:]) for of in (w, values["o"].squeeze(-3)))
    if torch.is_grad_enabled():
        found = _outputs(x, w, o, activation)
    else:
        # Nothing need be kept: what is looked at together may stay in the processor's cache.
        units = x[0, :, 0].numel() * o.shape[-1]
        networks = max(1, AT_ONCE // (len(w) * units))
        draws = max(1, AT_ONCE // (networks * units))
        found = torch.cat(
            [
                torch.cat([_outputs(part, *of, activation) for of in zip(v.split(draws), u.split(draws), strict=True)])
                for part, v, u in zip(x.split(networks), w.split(networks, 1), o.split(networks, 1), strict=True)
            ],
            1,
        )
    return found.reshape(*lead, *batch, *found.shape[-2:])


def _outputs(x: Tensor, w: Tensor, o: Tensor, activation: Activation) -> Tensor:
    """Of `x (n, rows, inputs + 1)`, `w (draws, n, inputs + 1, hidden)` and `o (draws, n, outputs, hidden)`.

    One multiplication a network for all its draws; broadcasting would copy the rows for each of them.
    """
    if activation == "linear":
        return _sums(torch.bmm(x, _side_by_side(w)), o)
    # tanh z = 2 sigmoid 2z - 1: torch's sigmoid takes a fifth of the time of its tanh.
    return _sums(torch.bmm(x, _side_by_side(2 * w)).sigmoid_(), 2 * o) - o.sum(-1)[:, :, None]


def _side_by_side(w: Tensor) -> Tensor:
    """`(n, inputs + 1, draws * hidden)`."""
    return w.permute(1, 2, 0, 3).flatten(2)


def _sums(hidden: Tensor, o: Tensor) -> Tensor:
    """Hidden units `(n, rows, draws * hidden)` times their weights, summed: `(draws, n, rows, outputs)`."""
    found: Tensor = hidden.unflatten(2, (len(o), -1)).permute(2, 0, 1, 3) @ o.mT
    return found


def sums(x: Tensor, weights: Tensor) -> Tensor:
    """Rows `(*batch, rows, columns)` times weights `(..., *batch, 1, columns)`, summed: `(..., *batch, rows)`."""
    if torch.is_grad_enabled():  # for a draw a network
        found: Tensor = (x * weights).sum(-1)
        return found
    # One multiplication a network for all its draws, as above.
    flat = weights.reshape(-1, *x.shape[:-2], x.shape[-1]).flatten(1, -2)
    found = torch.bmm(x.reshape(-1, *x.shape[-2:]), flat.permute(1, 2, 0)).permute(2, 0, 1)
    return found.reshape(*weights.shape[:-2], x.shape[-2])
