"""Arithmetic whose order of terms is the same in any company: the one rule that keeps a fit's bits its own.

Floating sums depend on their order. Torch chooses it by shape and layout, and the algebra that it calls (MKL, LAPACK)
by where in memory a matrix starts as well. Found of torch 2.13 with registers of 512 bits (Intel), of 256 (AMD) and
without any, the last two with the algebra's general kernels, on one thread:

- Safe everywhere: sums along the last axis of contiguous numbers, in any number of rows; sums of up to four numbers;
  arithmetic, roots, `exp`, `log`, `lgamma` and `tanh`, number by number.
- Not safe anywhere: sums of five numbers and more along another axis, whose order depends on how many columns stand
  beside; `bmm` of a lone row or column; `cosh`, `sinh`, `softplus`, `pow`, and `sigmoid` unless the last axis is a
  multiple of 32: their last few numbers are found by another formula; sums over rows or blocks whose number follows
  the longest fit of a batch; rows of padding that add rounding rather than nothing; numpy's sums and products of an
  array that is not in C order.
- Safe with 512 bits alone: `bmm`, `baddbmm` and `linalg`, a matrix a fit. The general kernels go to the first whole
  vector number by number, and so sum a matrix of 7 x 7 in one order in an even place of a batch and in another in an
  odd one: of operands and of what comes out. They are safe where each fit's numbers are whole lines of memory (64
  bytes), so that all start alike, or where a matrix is copied out and treated by itself. A view whose rows are as far
  apart as there are fits is never safe.

What is not safe goes through here: `mean`, `summed`, `shared` and `in_turn` are sums, `product` multiplies small
matrices, `alone` is for `linalg`; `room` tells how much zeros to add where a step is too small for either.
"""

from __future__ import annotations

from math import gcd
from typing import TYPE_CHECKING, Any

import torch
from torch.nn.functional import pad

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

LINE = 16
"""Numbers of single precision in a line of memory; two lines in double precision."""

SIDE = 4
"""Whatever its shape, a matrix whose sides are multiples of this is a whole number of lines."""


def mean(value: Tensor) -> Tensor:
    """Mean along the first axis, as `value.mean(0)` but for the order of terms: `(...)` of `(draws, ...)`."""
    return value.movedim(0, -1).contiguous().mean(-1)


def summed(value: Tensor) -> Tensor:
    """Sum along the first axis, term after term: `(...)` of `(draws, ...)`, for few draws of many numbers."""
    total = value[0].clone()
    for one in value[1:]:
        total += one
    return total


def shared(value: Tensor, draws: int) -> Tensor:
    """What all draws have in common as each sees it, `(draws, ...)` of `(...)`; their slopes are `summed`."""
    seen: Tensor = _Shared.apply(value, draws)
    return seen


class _Shared(torch.autograd.Function):
    """See `shared`."""

    @staticmethod
    def forward(_: Any, value: Tensor, draws: int) -> Tensor:  # noqa: ANN401  # torch's own signature
        """A view."""
        return value.expand(draws, *value.shape)

    @staticmethod
    def backward(_: Any, slope: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401  # torch's own signature
        """The slopes of all draws together."""
        return summed(slope), None


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


def alone(function: Callable[..., Any], *each: Tensor) -> Any:  # noqa: ANN401  # a tensor or several, as the function gives
    """What a function of matrices gives for each fit by itself, stacked; no gradient is asked of it in training.

    >>> import torch
    >>> alone(torch.linalg.inv, torch.full((2, 1, 1), 4.0)).flatten().tolist()
    [0.25, 0.25]
    """
    found = [
        function(*(of.clone(memory_format=torch.contiguous_format) for of in own)) for own in zip(*each, strict=True)
    ]
    if isinstance(found[0], torch.Tensor):
        return torch.stack(found)
    return tuple(torch.stack(parts) for parts in zip(*found, strict=True))


def product(left: Tensor, right: Tensor) -> Tensor:
    """Products of each fit's matrices `(fits, n, m)` and `(fits, m, k)`: `(fits, n, k)`."""
    whole = torch.bmm(_spaced(left), _spaced(right))
    return whole[:, : left.shape[1], : right.shape[2]]


def _spaced(matrices: Tensor) -> Tensor:
    """Matrices row by row, with zeros to sides that are multiples of four."""
    below, beside = (-size % SIDE for size in matrices.shape[1:])
    return settled(pad(matrices, (0, beside, 0, below)) if below or beside else matrices)


def settled(value: Tensor) -> Tensor:
    """The same in one piece of memory, from the start of a line on."""
    value = value.contiguous()
    return value.clone() if value.data_ptr() % (LINE * 4) else value


def room(size: int, times: int = 1) -> int:
    """The least size, no smaller than this, of which so many fill whole lines.

    >>> room(22), room(25, 16), room(25, 2)
    (32, 25, 32)
    """
    step = LINE // gcd(LINE, times)
    return -(-size // step) * step
