"""Many pairs of networks with relu units side by side, one for a mean and one for a log variance, with their slopes.

    h_0 = (x, 1),    h_k = (max(h_(k-1) W_k, 0), 1),    output = h_K w

The 1 of each layer is a unit of its own: its weight in the layer before is 1 and is never moved, so that biases are
rows of `W` and every sum over rows is a matrix product. Matrices are padded with zeros to whole lines of memory, in
which products are the same to the bit in any company (`forecaster.inference.order`); the mask holds padding at zero.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import torch

from forecaster.inference.noise import Purpose, generators
from forecaster.inference.order import room

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from forecaster.floats import Floats

PAIR = 2
"""Networks of a fit: the mean's, and the log variance's."""


@dataclass(frozen=True)
class Shape:
    """How both networks of a fit are built.

    Attributes:
        inputs: Columns of a row.
        hidden: Relu units of each hidden layer, first to last.
        constant_noise: Whether the log variance is one number for all rows, in place of a network.
    """

    inputs: int
    hidden: tuple[int, ...] = (40, 20, 10)
    constant_noise: bool = False

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Numbers that leave each layer, the inputs first and the output last, without the 1."""
        return (self.inputs, *self.hidden, 1)

    @cached_property
    def rooms(self) -> tuple[int, ...]:
        """The same with the 1 of all layers but the last, padded to whole lines."""
        return tuple(room(size + (size is not self.sizes[-1])) for size in self.sizes)

    @property
    def numbers(self) -> int:
        """Weights of a pair, padding included."""
        return PAIR * sum(a * b for a, b in zip(self.rooms, self.rooms[1:], strict=False))

    def masks(self) -> list[Tensor]:
        """1 for each weight that training moves, else 0: of each layer `(2, in, out)`, float32."""
        found = []
        for before, after, rows, columns in self._layers():
            mask = torch.zeros(PAIR, rows, columns)
            mask[:, : before + 1, :after] = 1.0
            found.append(mask)
        if self.constant_noise:
            found[-1][1, : self.sizes[-2]] = 0.0
        return found

    def start(self, seed: int, ends: tuple[float, float]) -> list[Tensor]:
        """First weights of a pair, of each layer `(2, in, out)`, float32.

        Hidden kernels are normal with variance 2 / inputs (He et al. 2015, arXiv:1502.01852), biases zero. The last
        kernel is zero: every row starts with the mean and the log variance of `ends`.
        """
        (rng,) = generators([seed], Purpose.START)
        found: list[Tensor] = []
        for before, after, rows, columns in self._layers():
            weight = np.zeros((PAIR, rows, columns), np.float32)
            if len(found) < len(self.hidden):
                weight[:, :before, :after] = rng.standard_normal((PAIR, before, after)) * np.sqrt(2 / before)
                weight[:, before, after] = 1.0
            else:
                weight[:, before, 0] = ends
            found.append(torch.from_numpy(weight))
        return found

    def _layers(self) -> list[tuple[int, int, int, int]]:
        """Numbers in and out of each layer, then the same padded."""
        return list(zip(self.sizes, self.sizes[1:], self.rooms, self.rooms[1:], strict=False))

    def rows(self, x: Tensor) -> Tensor:
        """Inputs `(rows, inputs)` with their 1 and padding, float32 `(rows, room)`."""
        padded = x.new_zeros(len(x), self.rooms[0], dtype=torch.float32)
        padded[:, : self.inputs] = x
        padded[:, self.inputs] = 1.0
        return padded


def forward(weights: Sequence[Tensor], rows: Tensor) -> tuple[Tensor, list[Tensor]]:
    """Outputs `(nets, rows)` and what each layer saw, of `rows (nets, rows, room)`."""
    seen = [rows]
    for weight in weights[:-1]:
        seen.append(torch.bmm(seen[-1], weight).relu_())
    return torch.bmm(seen[-1], weights[-1])[..., 0], seen


def backward(weights: Sequence[Tensor], seen: Sequence[Tensor], slopes: Tensor) -> list[Tensor]:
    """Slope of a sum over rows by each weight, of its slopes by the outputs `(nets, rows)`; masks not applied."""
    above = slopes.new_zeros(*slopes.shape, weights[-1].shape[-1])
    above[..., 0] = slopes
    found = []
    for weight, below in zip(reversed(weights), reversed(seen), strict=True):
        found.append(torch.bmm(below.mT, above))
        if below is not seen[0]:
            above = torch.bmm(above, weight.mT) * (below > 0)
    return found[::-1]


def outputs(weights: Sequence[Floats], x: Floats) -> Floats:
    """Outputs of one pair `(2, rows)` at `x (rows, inputs)`, in doubles; weights as `Shape.start` lays them out."""
    seen = np.zeros((len(x), weights[0].shape[1]))
    seen[:, : x.shape[1]] = x
    seen[:, x.shape[1]] = 1.0
    pair = []
    for net in range(PAIR):
        units = seen
        for weight in weights[:-1]:
            units = np.maximum(units @ weight[net], 0.0)
        pair.append((units @ weights[-1][net])[:, 0])
    return np.array(pair)
