"""What the errors of many rows add up to, with the gradient in closed form.

A row has a residual r and the logarithm m of its unit; its error is `e = r exp(-m - skew sign(r))`. The sum

    S = sum_i log(1 + e_i^2)  of heavy tails,    S = sum_i e_i^2  of normal ones

is all that a log likelihood of Student-t or normal errors needs of the rows. With d = 1 / (1 + e^2), or 1,

    dS/dr = 2 e d exp(-m - skew sign(r)),    dS/dm = -2 e^2 d,    dS/dskew = -2 sum_i e_i^2 d_i sign(r_i)

Written by hand because training spends most of its time here: autograd would go through memory three times as often.
Rows stand in blocks of one width, some of which are looked at together, as many as the processor's cache holds. Within
a block the order of a sum never changes, and blocks are summed in double precision: so a fit's sums do not depend on
how far its rows are padded, nor on which fits stand beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    Rows = tuple[Tensor, Tensor, Tensor]

WIDTH = 128
"""Rows of a block."""

AT_ONCE = 2**15
"""Rows, over blocks and draws, that are looked at together."""


def blocks(columns: Sequence[Tensor]) -> Tensor:
    """Rows `(rows, columns)` of each fit as blocks `(fits, blocks, columns, 128)`, padded with zeros."""
    padded = torch.nn.utils.rnn.pad_sequence(list(columns), batch_first=True)
    padded = torch.nn.functional.pad(padded, (0, 0, 0, -padded.shape[1] % WIDTH))
    return padded.unflatten(1, (-1, WIDTH)).mT.contiguous()


def of_rows(rows: Rows, beta: Tensor, gamma: Tensor, skew: Tensor | None, *, heavy: bool) -> Tensor:
    """S `(fits, draws)` where residuals and log units are linear in the rows.

    Args:
        rows: Blocks of one response, of the design's features and of the log unit's columns; all zero where there is
            no row.
        beta: Coefficients of the location `(fits, draws, features)`.
        gamma: The same of the log unit `(fits, draws, columns)`.
        skew: `(fits, draws, 1)`, None for symmetric errors.
        heavy: Whether tails are heavy.
    """
    result: Tensor = _OfRows.apply(heavy, *rows, beta, gamma, skew)
    return result


def of_residuals(residual: Tensor, log_unit: Tensor, skew: Tensor | None, *, heavy: bool) -> Tensor:
    """S `(...)` of residuals and log units `(..., rows)` and a skew `(..., 1)`; a residual of zero adds nothing."""
    result: Tensor = _OfResiduals.apply(heavy, residual, log_unit, skew)
    return result


def _sums(
    heavy: bool, residual: Tensor, log_unit: Tensor, skew: Tensor | None, *, sloped: bool
) -> tuple[Tensor, tuple[Tensor | None, ...]]:
    """S, and half its derivatives by residual, minus log unit and minus skew where they are wanted."""
    sign = None if skew is None else residual.sign()
    stretched = log_unit.neg() if sign is None else torch.addcmul(log_unit, sign, skew).neg_()
    inverse = stretched.exp_()
    error = residual * inverse
    square = error * error
    if not heavy:
        total = square.sum(-1)
    else:
        tail = square + 1
        total = tail.log().sum(-1)
        if sloped:
            damp = tail.reciprocal_()
            error.mul_(damp)
            square.mul_(damp)
    if not sloped:
        return total, ()
    return total, (error.mul_(inverse), square, None if sign is None else sign.mul_(square).sum(-1, keepdim=True))


class _OfResiduals(torch.autograd.Function):
    """See `of_residuals`."""

    @staticmethod
    def forward(ctx: Any, heavy: bool, *given: Any) -> Tensor:  # noqa: ANN401, FBT001  # torch's own signature
        """The sum."""
        sloped = any(ctx.needs_input_grad)
        total, slopes = _sums(heavy, *given, sloped=sloped)
        ctx.save_for_backward(*slopes)
        return total

    @staticmethod
    def backward(ctx: Any, slope: Any) -> tuple[Tensor | None, ...]:  # noqa: ANN401  # torch's own signature
        """Gradients."""
        of_residual, of_unit, of_skew = ctx.saved_tensors
        twice = 2 * slope[..., None]
        return None, twice * of_residual, -twice * of_unit, None if of_skew is None else -twice * of_skew


class _OfRows(torch.autograd.Function):
    """See `of_rows`."""

    @staticmethod
    def forward(ctx: Any, heavy: bool, *given: Any) -> Tensor:  # noqa: ANN401, FBT001  # torch's own signature
        """The sums, and at once their derivatives, since what they share is in the cache."""
        response, design, columns = (of.flatten(0, 1) for of in given[:3])
        latents, blocks_each = given[3:], given[0].shape[1]
        sloped = any(ctx.needs_input_grad)
        fit_of = torch.arange(len(response), device=response.device) // blocks_each
        size = max(1, AT_ONCE // (WIDTH * latents[0].shape[1]))
        found = []
        for some in torch.arange(len(response), device=response.device).split(size):
            y, x, z = (of[some[0] : some[-1] + 1] for of in (response, design, columns))
            beta, gamma, skew = (None if of is None else of[fit_of[some]] for of in latents)
            residual = torch.baddbmm(y, beta, x, alpha=-1)
            total, slopes = _sums(heavy, residual, torch.bmm(gamma, z), skew, sloped=sloped)
            if sloped:
                of_residual, of_unit, of_skew = slopes
                slopes = (torch.bmm(of_residual, x.mT), torch.bmm(of_unit, z.mT), of_skew)
            found.append((total, *slopes))
        total, *slopes = (_together(parts, blocks_each) for parts in zip(*found, strict=True))
        ctx.save_for_backward(*slopes)
        return total

    @staticmethod
    def backward(ctx: Any, slope: Any) -> tuple[Tensor | None, ...]:  # noqa: ANN401  # torch's own signature
        """Gradients."""
        minus = -2 * slope[..., None]
        return None, None, None, None, *(None if of is None else minus * of for of in ctx.saved_tensors)


def _together(parts: Sequence[Tensor | None], blocks_each: int) -> Tensor | None:
    """Sums of blocks `(blocks, ...)` fit by fit."""
    if parts[0] is None:
        return None
    every = torch.cat([part for part in parts if part is not None])
    return every.unflatten(0, (-1, blocks_each)).sum(1, dtype=torch.float64).to(every.dtype)
