"""What the data of many linear regressions say about their coefficients, in one tensor expression.

Each regression has its own rows; `beta` is the intercept and then the weights. With normal errors the rows enter only
through a square root of their Gram matrix, whatever their number. With Student-t errors, or a scale that differs from
row to row, there are no sufficient statistics: the rows stand beside each other, padded with zeros. A row of zeros, the
intercept's one included, has the residual 0 and adds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi
from typing import TYPE_CHECKING, Self

import torch

from forecaster.inference import tails

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor


@dataclass(frozen=True, eq=False)
class NormalRows:
    """Rows under normal errors, as sufficient statistics.

    The sum of squares is `rest + |root (beta - centre)|^2`: about the least-squares fit no digits cancel, so that
    the statistics, built in float64, may be used in float32.

    Attributes:
        root: `(fits, features + 1, features + 1)`.
        centre: The least-squares coefficients `(fits, 1, features + 1)`.
        rest: Their sum of squares `(fits, 1)`.
        rows: Numbers of rows `(fits, 1)`.
    """

    root: Tensor
    centre: Tensor
    rest: Tensor
    rows: Tensor

    @classmethod
    def of(cls, designs: Sequence[Tensor], responses: Sequence[Tensor]) -> Self:
        """From float64 designs `(rows, features)` and responses `(rows,)`, a pair a fit."""
        joined = [torch.cat([_with_ones(x), y[:, None]], 1) for x, y in zip(designs, responses, strict=True)]
        gram = torch.stack([rows.mT @ rows for rows in joined])
        # In units of each column: else a wild column's squares would drown what the others say.
        unit = gram.diagonal(dim1=-2, dim2=-1).sqrt()
        unit = torch.where((unit > 0) & unit.isfinite(), unit, torch.ones_like(unit))
        gram = (gram / unit[:, None] / unit[..., None]).nan_to_num(0.0, 0.0, 0.0)
        scale, basis = torch.linalg.eigh(gram[:, :-1, :-1])
        heard = scale > 1e-12 * scale[:, -1:]
        turned = (basis.mT @ gram[:, :-1, -1:])[..., 0]
        centre = (basis @ torch.where(heard, turned / scale, 0.0)[..., None])[..., 0]
        explained = torch.where(heard, turned.square() / scale, 0.0).sum(-1)
        rest = (gram[:, -1, -1] - explained).clamp(min=0.0) * unit[:, -1].square()
        root = torch.where(heard, scale, 0.0).sqrt()[..., None] * basis.mT * unit[:, None, :-1]
        rows = torch.tensor([[float(len(y))] for y in responses], dtype=torch.float64)
        return cls(root, (centre * unit[:, -1:] / unit[:, :-1])[:, None], rest[:, None], rows)

    def to(self, dtype: torch.dtype) -> Self:
        """The same in another precision, on the device of the day."""
        parts = (self.root, self.centre, self.rest, self.rows)
        return type(self)(*(part.to(torch.get_default_device(), dtype) for part in parts))

    def log_likelihood(self, beta: Tensor, scale: Tensor) -> Tensor:
        """Of coefficients `(..., fits, 1, features + 1)` and the errors' scale `(..., fits, 1)`: `(..., fits, 1)`."""
        squares = self.rest + _product(self.root, beta - self.centre).square().sum(-1, keepdim=True)
        return -self.rows * (scale.log() + log(2 * pi) / 2) - squares / (2 * scale.square())


@dataclass(frozen=True, eq=False)
class PaddedRows:
    """Rows as they are, in the blocks of `tails`, padded with zeros to the longest fit.

    Attributes:
        response: `(fits, blocks, 1, 128)`.
        design: With the intercept's ones in front `(fits, blocks, features + 1, 128)`.
        columns: Of the log of an error's unit: ones for the scale, then covariates, or zeros where there are none
            `(fits, blocks, 1 + covariates, 128)`. For torch sums a lone column in another order than one of many.
        rows: Numbers of rows `(fits, 1)`.
        covered: Sums of the covariates over a fit's rows `(fits, 1, covariates)`.
    """

    response: Tensor
    design: Tensor
    columns: Tensor
    rows: Tensor
    covered: Tensor

    @classmethod
    def of(cls, designs: Sequence[Tensor], responses: Sequence[Tensor], covariates: Sequence[Tensor]) -> Self:
        """From designs `(rows, features)`, responses `(rows,)` and covariates `(rows, covariates)` of each fit."""
        own = [z if z.shape[1] else z.new_zeros(len(z), 1) for z in covariates]
        return cls(
            tails.blocks([y[:, None] for y in responses]),
            tails.blocks([_with_ones(x) for x in designs]),
            tails.blocks([_with_ones(z) for z in own]),
            torch.tensor([[float(len(y))] for y in responses], dtype=torch.float64),
            torch.stack([z.sum(0, keepdim=True) for z in covariates]),
        )

    def to(self, dtype: torch.dtype) -> Self:
        """The same in another precision, on the device of the day."""
        parts = (self.response, self.design, self.columns, self.rows, self.covered)
        return type(self)(*(part.to(torch.get_default_device(), dtype) for part in parts))

    def log_likelihood(
        self, beta: Tensor, slopes: Tensor | None, scale: Tensor, df: Tensor | None, skew: Tensor | None
    ) -> Tensor:
        """Of all coefficients: `(..., fits, 1)`.

        Args:
            beta: Intercept and weights `(..., fits, 1, features + 1)`.
            slopes: Of the log scale on its covariates `(..., fits, 1, covariates)`, None for a scale that is constant.
            scale: Of the errors, where all covariates are zero, `(..., fits, 1)`.
            df: Their degrees of freedom `(..., fits, 1)`, None for normal errors.
            skew: Of Student-t errors `(..., fits, 1)`, None for symmetric ones.
        """
        unit = log_unit(scale, df).expand(beta.shape[:-1])[..., None]
        gamma = torch.cat([unit, torch.zeros_like(unit) if slopes is None else slopes], -1)
        own = (*map(_of_fits, (beta, gamma)), None if skew is None else _of_fits(skew[..., None]))
        total = tails.of_rows((self.response, self.design, self.columns), *own, heavy=df is not None)
        found = of_sums(total.T.reshape(beta.shape[:-1]), self.rows, scale, df, skew)
        return found if slopes is None else found - (slopes * self.covered).sum(-1)


def log_unit(scale: Tensor, df: Tensor | None) -> Tensor:
    """Logarithm of what residuals are divided by before `tails` sums them up, as the scale `(..., fits, 1)`."""
    return scale.log() if df is None else scale.log() + df.log() / 2


def of_sums(total: Tensor, rows: Tensor, scale: Tensor, df: Tensor | None, skew: Tensor | None) -> Tensor:
    """Log likelihood of many fits' errors `(..., fits, 1)`, but for covariates of their scale.

    Args:
        total: What `tails` makes of the rows, in `log_unit`s `(..., fits, 1)`.
        rows: Numbers of rows `(fits, 1)`.
        scale: Of the errors `(..., fits, 1)`.
        df: Their degrees of freedom `(..., fits, 1)`, None for normal errors.
        skew: Of Student-t errors `(..., fits, 1)`, None for symmetric ones.
    """
    if df is None:
        return -rows * (scale.log() + log(2 * pi) / 2) - total / 2
    constant = (df / 2).lgamma() - ((df + 1) / 2).lgamma() + (df * pi).log() / 2 + scale.log()
    if skew is not None:
        constant = constant + skew.cosh().log()
    return -(df + 1) / 2 * total - rows * constant


def _of_fits(vector: Tensor) -> Tensor:
    """Vectors `(..., fits, 1, n)` fit by fit: `(fits, draws, n)`."""
    return vector.flatten(0, -4).squeeze(2).transpose(0, 1) if vector.ndim > 3 else vector


def _with_ones(design: Tensor) -> Tensor:
    return torch.cat([design.new_ones(len(design), 1), design], 1)


def _product(matrix: Tensor, vector: Tensor) -> Tensor:
    """Each fit's matrix `(fits, n, m)` times its vectors `(..., fits, 1, m)`: `(..., fits, n)`.

    One multiplication a fit for all its vectors; broadcasting would copy the matrix for each of them.
    """
    flat = vector.reshape(-1, len(matrix), matrix.shape[-1])
    product: Tensor = torch.bmm(matrix, flat.permute(1, 2, 0)).permute(2, 0, 1)
    return product.reshape(*vector.shape[:-2], matrix.shape[-2])
