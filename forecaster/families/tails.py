"""What the errors of many rows add up to, with the gradient in closed form.

A row has a residual r and the logarithm m of its unit; its error is `e = r exp(-m - skew sign(r))`. Minus the log
likelihood of many errors is, but for a constant a row,

    T = sum_i a log(1 + e_i^2) + m_i  of heavy tails,    T = sum_i a e_i^2 + m_i  of normal ones

and with d = 2 a / (1 + e^2), or 2 a, its derivatives are

    dT/dr = e d exp(-m - skew sign(r)),    dT/dm = 1 - e^2 d,    dT/dskew = -sum_i e_i^2 d_i sign(r_i)

How r and m follow from latents is told by `Moments`. Written by hand because training spends most of its time here:
autograd would go through memory several times as often. Rows stand in blocks of one width, some of which are looked at
together, as many as the processor's cache holds. Within a block the order of a sum never changes, and blocks are summed
one after the other: so a fit's sums do not depend on how far its rows are padded, nor on which fits stand beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import torch
from torch.nn.functional import pad

from forecaster.inference.order import LINE, in_turn, settled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    Parts = tuple[Tensor, ...]

WIDTH = 128
"""Rows of a block."""

COLUMNS = 8
"""Columns that are multiplied come in multiples of it: with an even number of rows each fit's matrix is whole lines of
memory, see `forecaster.inference.order`."""

AT_ONCE = 2**17
"""Numbers that are looked at together."""


class Moments(Protocol):
    """How residuals and log units follow from rows and latents, and how slopes go back to the latents."""

    @property
    def numbers(self) -> int:
        """How many are kept of each row and draw."""

    def forward(self, rows: Parts, latents: Parts) -> tuple[Tensor, Tensor, Any]:
        """Residuals and log units `(n, draws, rows)`, and what `backward` wants.

        Args:
            rows: Of each block, columns of several kinds `(n, columns, rows)`; all zero where there is no row.
            latents: `(n, draws, *shape)`, each fit's in one piece, as many of the columns' as there are columns.
        """

    def backward(self, rows: Parts, latents: Parts, kept: Any, location: Tensor, unit: Tensor) -> Parts:  # noqa: ANN401  # its own
        """Slopes of the latents, from those by location (minus residual) and log unit `(n, draws, rows)`."""


def blocks(each: Sequence[Tensor]) -> Tensor:
    """Rows `(rows, columns)` of each fit as blocks `(fits, blocks, columns, 128)`, padded with zeros."""
    padded = torch.nn.utils.rnn.pad_sequence(list(each), batch_first=True)
    padded = pad(padded, (0, 0, 0, -padded.shape[1] % WIDTH))
    found: Tensor = padded.unflatten(1, (-1, WIDTH)).mT.contiguous()
    return found


def width(columns: int) -> int:
    """So many, to a multiple of `COLUMNS`."""
    return columns + -columns % COLUMNS


def wide(columns: Tensor, axis: int = -1) -> Tensor:
    """Columns, or their latents, with zeros to a multiple of `COLUMNS`; the axis is the last or the one before."""
    more = width(columns.shape[axis]) - columns.shape[axis]
    return pad(columns, (*[0, 0] * (-1 - axis), 0, more)) if more else columns


def of_rows(
    moments: Moments, rows: Parts, latents: Parts, weight: Tensor, skew: Tensor | None, *, heavy: bool
) -> Tensor:
    """T `(fits, draws)`.

    Args:
        moments: What latents mean.
        rows: Blocks of several kinds of columns `(fits, blocks, columns, rows)`, those that are multiplied `wide`; all
            zero where there is no row.
        latents: `(fits, draws, *shape)`, as wide.
        weight: a `(fits, draws, 1)`.
        skew: `(fits, draws, 1)`, None for symmetric errors.
        heavy: Whether tails are heavy.
    """
    if short := -rows[0].shape[-1] % LINE:
        rows = tuple(pad(of, (0, short)) for of in rows)
    result: Tensor = _OfRows.apply(moments, heavy, len(rows), *rows, *map(settled, latents), weight, skew)
    return result


def _sums(
    residual: Tensor, log_unit: Tensor, weight: Tensor, skew: Tensor | None, *, heavy: bool, sloped: bool
) -> tuple[Tensor, Parts]:
    """T, and where wanted its slopes by location, log unit, weight and skew."""
    sign = residual.sign()
    inverse = (log_unit.neg() if skew is None else torch.addcmul(log_unit, sign, skew).neg_()).exp_()
    error = residual * inverse
    square = error * error
    tail = square + 1 if heavy else square
    summed = (tail.log() if heavy else square).sum(-1, keepdim=True)
    total = (weight * summed)[..., 0] + log_unit.sum(-1)
    if not sloped:
        return total, ()
    damp = tail.reciprocal_().mul_(-2 * weight) if heavy else -2 * weight
    error.mul_(damp)
    square.mul_(damp)
    of_skew = () if skew is None else (sign.mul_(square).sum(-1, keepdim=True),)
    return total, (error.mul_(inverse), square.add_(1), summed, *of_skew)


class _OfRows(torch.autograd.Function):
    """See `of_rows`."""

    @staticmethod
    def forward(ctx: Any, moments: Moments, heavy: bool, kinds: int, *given: Any) -> Tensor:  # noqa: ANN401  # torch's own signature
        """The sums, and at once their slopes, since what they share is in the cache."""
        blocks_each, draws, sloped = given[0].shape[1], given[kinds].shape[1], any(ctx.needs_input_grad)
        size = max(1, AT_ONCE // (given[0].shape[-1] * draws * moments.numbers))
        owner = torch.arange(len(given[0])).repeat_interleave(blocks_each)
        every, found = (owner, *(of.flatten(0, 1) for of in given[:kinds])), []
        for own, *piece in zip(*(of.split(size) for of in every), strict=True):
            rows, latents = tuple(piece), tuple(_owned(of, own, blocks_each) for of in given[kinds:-2])
            weight = _owned(given[-2], own, blocks_each)
            skew = None if given[-1] is None else _owned(given[-1], own, blocks_each)
            residual, log_unit, kept = moments.forward(rows, latents)
            total, of_errors = _sums(residual, log_unit, weight, skew, heavy=heavy, sloped=sloped)
            through = moments.backward(rows, latents, kept, *of_errors[:2]) if sloped else ()
            found.append((total, *through, *of_errors[2:]))
        total, *slopes = (_together(torch.cat(parts), blocks_each) for parts in zip(*found, strict=True))
        ctx.save_for_backward(*slopes)
        ctx.others = 3 + kinds, len(given) - kinds - len(slopes)
        return total

    @staticmethod
    def backward(ctx: Any, slope: Any) -> tuple[Tensor | None, ...]:  # noqa: ANN401  # torch's own signature
        """Gradients."""
        before, after = ctx.others
        found = [of * slope.reshape(*slope.shape, *[1] * (of.ndim - 2)) for of in ctx.saved_tensors]
        return (*[None] * before, *found, *[None] * after)


def _owned(each: Tensor, own: Tensor, blocks_each: int) -> Tensor:
    """What belongs to each of some blocks, of what belongs to each fit; a view where a fit has one block."""
    if blocks_each > 1:
        return each.index_select(0, own)
    first = int(own[0])
    return each[first : first + len(own)]


def _together(every: Tensor, blocks_each: int) -> Tensor:
    """Sums of blocks `(blocks, ...)` fit by fit."""
    if blocks_each == 1:
        return every
    return in_turn(every.unflatten(0, (-1, blocks_each)))
