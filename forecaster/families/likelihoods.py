"""What the data of many regressions and networks say about their coefficients, in one tensor expression.

Each fit has its own rows; `beta` is the intercept and then the weights. With normal errors of one scale the rows of a
regression enter only through a square root of their Gram matrix, whatever their number. With Student-t errors, or a
scale that differs from row to row, there are no sufficient statistics: `tails` goes through the rows. A row of zeros,
those of the constants included, adds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi
from typing import TYPE_CHECKING, Self

import torch
from torch.nn.functional import pad

from forecaster.families import tails
from forecaster.families.tails import wide
from forecaster.inference.order import product

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from forecaster.families.tails import Moments, Parts


LEAST_DF = 2.1
"""Degrees of freedom lie above this: the errors' variance is finite."""


@dataclass(frozen=True, eq=False)
class NormalRows:
    """Rows under normal errors, as sufficient statistics: the sum of squares is `rest + |root beta - turned|^2`.

    Attributes:
        root: `(fits, features + 1, features + 1)`.
        turned: `(fits, features + 1)`.
        rest: The least sum of squares `(fits, 1)`.
        rows: Numbers of rows `(fits, 1)`.
    """

    root: Tensor
    turned: Tensor
    rest: Tensor
    rows: Tensor

    def to(self, dtype: torch.dtype) -> Self:
        """The same in another precision, on the device of the day."""
        parts = (self.root, self.turned, self.rest, self.rows)
        return type(self)(*(part.to(torch.get_default_device(), dtype) for part in parts))

    def log_likelihood(self, beta: Tensor, scale: Tensor) -> Tensor:
        """Of coefficients `(..., fits, 1, features + 1)` and the errors' scale `(..., fits, 1)`: `(..., fits, 1)`."""
        squares = self.rest + (_product(self.root, beta) - self.turned).square().sum(-1, keepdim=True)
        return -self.rows * (scale.log() + log(2 * pi) / 2) - squares / (2 * scale.square())


class Linear:
    """Location and log unit that are linear in the rows: the `tails.Moments` of a regression.

    Rows are a response, features and columns of the log unit; latents are the coefficients of either.
    """

    numbers = 1

    def forward(self, rows: Parts, latents: Parts) -> tuple[Tensor, Tensor, None]:
        """Residuals and log units."""
        (response, features, columns), (beta, gamma) = rows, map(_paired, latents)
        draws = latents[0].shape[1]
        location, unit = torch.baddbmm(response, beta, features, alpha=-1), torch.bmm(gamma, columns)
        return location[:, :draws], unit[:, :draws], None

    def backward(self, rows: Parts, _: Parts, __: None, location: Tensor, unit: Tensor) -> Parts:
        """Slopes of both."""
        draws, (location, unit) = location.shape[1], map(_paired, (location, unit))
        return torch.bmm(location, rows[1].mT)[:, :draws], torch.bmm(unit, rows[2].mT)[:, :draws]


def _paired(each: Tensor) -> Tensor:
    """To an even number of draws `(n, draws, numbers)`: a lone one is multiplied in a way of its own, see `tails`."""
    return pad(each, (0, 0, 0, 1)) if each.shape[1] % 2 else each


def columns_of(design: Tensor, response: Tensor, covariates: Tensor) -> Parts:
    """What `Linear` takes of one fit's rows, each kind `(rows, columns)`, padded as `tails` asks."""
    return response[:, None], wide(with_ones(design)), wide(with_ones(covariates))


def log_likelihood(
    moments: Moments,
    rows: Parts,
    values: Mapping[str, Tensor],
    counts: Tensor,
    *,
    batch: int = 1,
    share: Tensor | float = 1.0,
) -> Tensor:
    """Of many fits' rows at draws of their latents: `(..., *batch, 1)`.

    Args:
        moments: How location and scale follow from rows and latents.
        rows: Of the fits, as `tails.of_rows` takes them.
        values: By site, `(..., *batch, 1, *site shape)`: `intercept`, `noise_scale`, and what there is of `weights`,
            `slopes`, `df_excess` and `skew`; and of `w` and `o` of a hidden layer.
        counts: Numbers of rows of each fit `(fits, 1)`.
        batch: How many dimensions the fits take.
        share: What part of a fit's rows is given `(fits, 1)`; it stands for all.
    """
    intercept, scale, skew = values["intercept"], values["noise_scale"], values.get("skew")
    df = LEAST_DF + values["df_excess"] if "df_excess" in values else None
    weight = torch.full_like(intercept, 0.5) if df is None else (df + 1) / 2
    unit = scale.log() if df is None else scale.log() + df.log() / 2
    latents = packed(values, unit, batch)
    pull = None if skew is None else _of_fits(skew[..., None], batch, 1)
    total = tails.of_rows(moments, rows, latents, _of_fits(weight[..., None], batch, 1), pull, heavy=df is not None)
    return -total.T.reshape(intercept.shape) / share - counts * _constant(df, skew)


def packed(values: Mapping[str, Tensor], unit: Tensor, batch: int) -> Parts:
    """Latents fit by fit, as moments take them: coefficients of the location, of the log unit, and a hidden layer's.

    Args:
        values: As `log_likelihood` takes them.
        unit: The log unit without covariates `(..., *batch, 1)`.
        batch: How many dimensions the fits take.
    """
    first = values["intercept"][..., None]
    beta = torch.cat([first, values["weights"]], -1) if "weights" in values else first
    own = unit.expand(first.shape[:-1])[..., None]
    gamma = torch.cat([own, values["slopes"]], -1) if "slopes" in values else own
    beside = [_of_fits(wide(of), batch, 1) for of in (beta, gamma)]
    return (*beside, *(_of_fits(values[name], batch, 2) for name in ("w", "o") if name in values))


def _constant(df: Tensor | None, skew: Tensor | None) -> Tensor | float:
    """What a row loses beside what `tails` sums up, in nats."""
    if df is None:
        return log(2 * pi) / 2
    constant: Tensor = (df / 2).lgamma() - ((df + 1) / 2).lgamma() + log(pi) / 2
    return constant if skew is None else constant + _log_cosh(skew)


def _log_cosh(value: Tensor) -> Tensor:
    """Of `exp`, since torch's `cosh` is not safe (`forecaster.inference.order`)."""
    return ((value.exp() + value.neg().exp()) / 2).log()


def _of_fits(value: Tensor, batch: int, event: int) -> Tensor:
    """A site's values `(..., *batch, 1, *event)` fit by fit: `(fits, draws, *event)`."""
    value = value.squeeze(-1 - event)
    lead = value.ndim - batch - event
    value = value.flatten(lead, lead + batch - 1)
    return value.flatten(0, lead - 1).transpose(0, 1) if lead else value[:, None]


def with_ones(design: Tensor) -> Tensor:
    """Columns `(rows, columns)` with a one before them."""
    return torch.cat([design.new_ones(len(design), 1), design], 1)


def _product(matrix: Tensor, vector: Tensor) -> Tensor:
    """Each fit's matrix `(fits, n, m)` times its vectors `(..., fits, 1, m)`: `(..., fits, n)`.

    One multiplication a fit for all its vectors; broadcasting would copy the matrix for each of them.
    """
    flat = vector.reshape(-1, len(matrix), matrix.shape[-1])
    # Contiguous, that what sums along the last axis has one order of terms (`forecaster.inference.order`).
    found = product(matrix, flat.permute(1, 2, 0)).permute(2, 0, 1).contiguous()
    return found.reshape(*vector.shape[:-2], matrix.shape[-2])
