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
    """Rows as they are, padded with zeros to the longest fit.

    Attributes:
        design: With the intercept's ones in front `(fits, rows, features + 1)`.
        response: `(fits, rows)`.
        covariates: Of the log scale `(fits, rows, covariates)`.
        rows: Numbers of rows `(fits, 1)`.
    """

    design: Tensor
    response: Tensor
    covariates: Tensor
    rows: Tensor

    @classmethod
    def of(cls, designs: Sequence[Tensor], responses: Sequence[Tensor], covariates: Sequence[Tensor]) -> Self:
        """From designs `(rows, features)`, responses `(rows,)` and covariates `(rows, covariates)` of each fit."""
        pad = torch.nn.utils.rnn.pad_sequence
        return cls(
            pad([_with_ones(x) for x in designs], batch_first=True),
            pad(list(responses), batch_first=True),
            pad(list(covariates), batch_first=True),
            torch.tensor([[float(len(y))] for y in responses], dtype=torch.float64),
        )

    def to(self, dtype: torch.dtype) -> Self:
        """The same in another precision, on the device of the day."""
        parts = (self.design, self.response, self.covariates, self.rows)
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
        residual = self.response - _product(self.design, beta)
        spread = residual.new_zeros(())
        if slopes is not None:
            log_scale = _product(self.covariates, slopes)
            residual = residual * (-log_scale).exp()
            spread = log_scale.sum(-1, keepdim=True)
        return of_residuals(residual, self.rows, scale, df, skew) - spread


def of_residuals(
    residual: Tensor,
    rows: Tensor,
    scale: Tensor,
    df: Tensor | None,
    skew: Tensor | None = None,
    share: Tensor | float = 1.0,
) -> Tensor:
    """Log likelihood of many fits' errors `(..., fits, 1)`.

    Args:
        residual: `(..., fits, rows)`; zero where a row is padding.
        rows: Numbers of rows `(fits, 1)`.
        scale: Of the errors `(..., fits, 1)`.
        df: Their degrees of freedom `(..., fits, 1)`, None for normal errors.
        skew: Of Student-t errors `(..., fits, 1)`, None for symmetric ones.
        share: What part of a fit's rows the residuals are `(fits, 1)`; they stand for all.
    """
    if df is None:
        squares = residual.square().sum(-1, keepdim=True) / share
        return -rows * (scale.log() + log(2 * pi) / 2) - squares / (2 * scale.square())
    constant = (df / 2).lgamma() - ((df + 1) / 2).lgamma() + (df * pi).log() / 2 + scale.log()
    squares = residual.square()
    if skew is not None:
        squares = squares * torch.where(residual < 0, (2 * skew).exp(), (-2 * skew).exp())
        constant = constant + skew.cosh().log()
    tails = (squares / (df * scale.square())).log1p().sum(-1, keepdim=True) / share
    return -(df + 1) / 2 * tails - rows * constant


def _with_ones(design: Tensor) -> Tensor:
    return torch.cat([design.new_ones(len(design), 1), design], 1)


def _product(matrix: Tensor, vector: Tensor) -> Tensor:
    """Each fit's matrix `(fits, n, m)` times its vectors `(..., fits, 1, m)`: `(..., fits, n)`.

    One multiplication a fit for all its vectors; broadcasting would copy the matrix for each of them.
    """
    flat = vector.reshape(-1, len(matrix), matrix.shape[-1])
    product: Tensor = torch.bmm(matrix, flat.permute(1, 2, 0)).permute(2, 0, 1)
    return product.reshape(*vector.shape[:-2], matrix.shape[-2])
