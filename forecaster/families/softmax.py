"""Log likelihood of class labels under a softmax of what rows score for each class, linearly or by hidden units.

    P(class c | x) = exp(a_c) / sum_k exp(a_k),    a = intercept + x . weights + o . tanh(x W + b)

Fits stand in one Pyro program, but each has its rows to itself here: products of matrices follow the shapes of their
operands to the last bit, and a fit's own are the same in any company (`forecaster.inference.order`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from forecaster.inference.order import settled

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor


def scores(x: Tensor, values: Mapping[str, Tensor]) -> Tensor:
    """What rows score for each class.

    Args:
        x: Inputs `(groups, inputs, rows)`.
        values: Draws of the latent sites of one fit `(groups, draws, *site shape)`: `intercept`, and `weights`, or `w`,
            `b` and `o`, or all of them.

    Returns:
        `(groups, draws, classes, rows)`.
    """
    intercept = values["intercept"]
    found: Tensor = intercept[..., None]
    if "weights" in values:
        found = found + _by_row(x, values["weights"])
    if "w" in values:
        hidden = torch.tanh(_by_row(x, values["w"]) + values["b"][..., None])
        found = found + values["o"].mT @ hidden
    return found.expand(*intercept.shape, x.shape[-1])


def _by_row(x: Tensor, weights: Tensor) -> Tensor:
    """Rows `(groups, inputs, rows)` times weights `(groups, draws, inputs, k)`: `(groups, draws, k, rows)`.

    One multiplication a group for all its draws; broadcasting would copy the rows for each of them.
    """
    flat = weights.mT.flatten(1, 2)
    found: Tensor = torch.bmm(flat, x).unflatten(1, (weights.shape[1], -1))
    return found


def log_likelihood(x: Tensor, labels: Tensor, values: Mapping[str, Tensor]) -> Tensor:
    """Of one fit's labels `(groups, rows)` at draws of its latents: `(groups, draws)`, in nats; see `scores`."""
    found = scores(x, values)
    own = found.gather(2, labels[:, None, None].expand(-1, found.shape[1], 1, -1))[:, :, 0]
    return (own - found.logsumexp(2)).sum(-1)


def of_fits(x: Sequence[Tensor], labels: Sequence[Tensor], values: Mapping[str, Tensor], rows: Tensor | None) -> Tensor:
    """Of the labels of all fits, at draws of their latents.

    Args:
        x: Inputs `(rows, inputs)` of each fit.
        labels: `(rows,)` of each fit.
        values: By site `(..., fits, 1, *site shape)`.
        rows: Which rows of each fit stand for all `(twins, fits, some)`; all of them where None.

    Returns:
        `(..., fits, 1)`, in nats.
    """
    lead, groups = values["intercept"].shape[:-3], 1 if rows is None else len(rows)
    each = []
    for i, own in enumerate(by_fit(values, groups)):
        if rows is None:
            found = log_likelihood(turned(x[i]), labels[i][None], own)
        else:
            some = rows[:, i]
            seen = log_likelihood(settled(x[i][some].mT), labels[i][some], own)
            found = seen * (len(labels[i]) / some.shape[1])
        each.append(found.T.reshape(lead))
    return torch.stack(each, -1)[..., None]


def turned(rows: Tensor) -> Tensor:
    """Inputs `(rows, inputs)` as `scores` takes them, one group."""
    return settled(rows.mT)[None]


def by_fit(values: Mapping[str, Tensor], groups: int) -> list[dict[str, Tensor]]:
    """Each fit's values `(groups, draws, *site shape)`, where the last dimension before the fits' has the groups."""
    lead = values["intercept"].ndim - 3
    each: list[dict[str, Tensor]] = []
    for name, value in values.items():
        flat = value.squeeze(lead + 1)
        flat = flat.flatten(0, lead - 1) if lead else flat[None]
        parts = flat.unflatten(0, (-1, groups)).transpose(0, 1).unbind(2)
        each = each or [{} for _ in parts]
        for own, part in zip(each, parts, strict=True):
            own[name] = settled(part)
    return each
