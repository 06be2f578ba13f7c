"""Sums whose order of terms is the same in any company: the one rule that keeps a fit's bits its own.

Floating sums depend on their order, and torch chooses it by shape and layout. This was found of torch 2.13 on a
processor with registers of 512 bits, and holds wherever fits are trained together:

- Safe: sums along the last axis of contiguous numbers, in any number of rows; sums of up to four numbers; `bmm`,
  `baddbmm` and the factorisations of `linalg`, a matrix a fit; arithmetic, roots, `exp`, `log`, `lgamma` and `tanh`,
  number by number.
- Not safe: sums of five numbers and more along another axis, whose order depends on how many columns stand beside;
  `bmm` with a transposed matrix of 32 numbers a row and more where there is one fit and one vector, and with a lone
  column; `cosh`, `sinh`, `softplus`, `pow`, and `sigmoid` unless the last axis is a multiple of 32: their last few
  numbers are found by another formula; sums over rows or blocks whose number follows the longest fit of a batch; rows
  of padding that add rounding rather than nothing; numpy's sums and products of an array that is not in C order.

`mean`, `in_turn` and `times` are for what is not safe.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from torch import Tensor


def mean(value: Tensor) -> Tensor:
    """Mean along the first axis, as `value.mean(0)` but for the order of terms: `(...)` of `(draws, ...)`."""
    return value.movedim(0, -1).contiguous().mean(-1)


def in_turn(every: Tensor) -> Tensor:
    """Sums along the second axis, term after term in double precision, so that zeros at the end change nothing.

    >>> import torch
    >>> one = torch.tensor([[1e8, 3.0, -1e8]])
    >>> in_turn(one).equal(in_turn(torch.nn.functional.pad(one, (0, 40))))
    True
    """
    total = every[:, 0].double()
    for place in range(1, every.shape[1]):
        total += every[:, place]
    return total.to(every.dtype)


def times(matrix: Tensor, vector: Tensor) -> Tensor:
    """Matrices `(fits, n, m)` times a vector each `(fits, m)`, of which gradients are asked: `(fits, n)`."""
    result: Tensor = _Times.apply(matrix, vector)
    return result


class _Times(torch.autograd.Function):
    """Products summed along the last axis, and so are their slopes in the vectors."""

    @staticmethod
    def forward(ctx: Any, matrix: Tensor, vector: Tensor) -> Tensor:  # noqa: ANN401  # torch's own signature
        """The products."""
        ctx.save_for_backward(matrix)
        return (matrix * vector[:, None]).sum(-1)

    @staticmethod
    def backward(ctx: Any, slope: Tensor) -> tuple[None, Tensor]:  # noqa: ANN401  # torch's own signature
        """Slopes of the vectors alone."""
        (matrix,) = ctx.saved_tensors
        return None, (matrix.mT.contiguous() * slope[:, None]).sum(-1)
