"""Regression and network as one would write them on a blackboard: what the batched ones are held against.

One fit, rows in a plate, no sufficient statistics, no coordinates. Slow and plain on purpose; nothing but tests,
benchmarks and drawings uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import pyro.distributions as dist
import torch

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from forecaster.families.linear import Prior
    from forecaster.families.network import Prior as Network


def model(design: Tensor, response: Tensor, prior: Prior, covariates: Tensor | None = None) -> Callable[[], None]:
    """The Pyro program of the regression of `response (rows,)` on `design (rows, features)`.

    Its log scale may depend on `covariates (rows, columns)`.
    """
    rows, features = design.shape
    zeros, columns = torch.zeros(features), design.T.contiguous()

    def program() -> None:
        intercept = pyro.sample("intercept", dist.Normal(0.0, prior.intercept_scale))
        weights = pyro.sample("weights", dist.Normal(zeros, prior.weight_scale).to_event(1))
        scale: Tensor | float = 1.0
        if covariates is not None:
            still = torch.zeros(covariates.shape[1])
            slopes = pyro.sample("slopes", dist.Normal(still, prior.slope_scale).to_event(1))
            log_scale = (slopes @ covariates.T).reshape(*intercept.shape[:-1], rows)
            scale = log_scale.exp()
        # Under a plate of draws the weights are (draws, 1, features): the rows take the place of that 1.
        location = intercept + (weights @ columns).reshape(*intercept.shape[:-1], rows)
        errors = _errors(prior)(location, scale)
        with pyro.plate("rows", rows):
            pyro.sample("y", errors, obs=response)

    return program


class TwoPieceT(dist.StudentT):  # type: ignore[misc]  # Pyro is not annotated
    """Student-t whose right side is stretched by `exp(skew)`, its left side by `exp(-skew)`; see `predictive`."""

    def __init__(self, df: Tensor, loc: Tensor, scale: Tensor, skew: Tensor) -> None:
        """Takes parameters that broadcast to the shape of the location."""
        super().__init__(df, loc, scale)
        self.skew = skew

    def expand(self, batch_shape: Any, _instance: Any = None) -> TwoPieceT:  # noqa: ANN401  # Pyro's own signature
        """The same law, seen in another shape."""
        return TwoPieceT(*(part.expand(batch_shape) for part in (self.df, self.loc, self.scale, self.skew)))

    def log_prob(self, value: Tensor) -> Tensor:
        """Of errors of either sign."""
        error = value - self.loc
        seen: Tensor = super().log_prob(self.loc + error * torch.exp(-self.skew * error.sign()))
        return seen - self.skew.cosh().log()


def network(rows: Sequence[Tensor], prior: Network, subsample_size: int | None = None) -> Callable[[], None]:
    """The Pyro program of one network, as it looks at so many rows.

    `rows` are inputs `(rows, inputs)`, response `(rows,)`, features that skip the hidden layer and covariates
    `(rows, columns)`.
    """
    x, y, s, z = rows
    beside, hidden, ways = prior.linear, prior.hidden, len(prior.output_scales)
    outer = torch.tensor(prior.output_scales)[:, None] * hidden**-0.5

    def program() -> None:
        w, b = _normal("w", x.shape[1] ** -0.5, x.shape[1], hidden), _normal("b", 1.0, hidden)
        o, intercept = _normal("o", outer, ways, hidden), _normal("intercept", beside.intercept_scale)
        weights, slopes = (
            _normal(name, scale, columns.shape[1]) if columns.shape[1] else torch.zeros(0)
            for name, scale, columns in (("weights", beside.weight_scale, s), ("slopes", beside.slope_scale, z))
        )
        errors = _errors(beside)
        with pyro.plate("rows", len(y), subsample_size=subsample_size) as seen:
            # Under a plate of draws b is (draws, 1, hidden), w and o have two axes more, and scalars are (draws, 1).
            units = x[seen] @ w.reshape(*b.shape[:-2], *w.shape[-2:]) + b
            added = (units.tanh() if prior.activation == "tanh" else units) @ o.reshape(*b.shape[:-2], *o.shape[-2:]).mT
            location = intercept + added[..., 0] + (s[seen] * weights).sum(-1)
            log_scale = (z[seen] * slopes).sum(-1) + (added[..., 1] if ways > 1 else 0.0)
            pyro.sample("y", errors(location, log_scale.exp()), obs=y[seen])

    return program


def _normal(name: str, scale: Tensor | float, *shape: int) -> Any:  # noqa: ANN401  # Pyro's sample
    return pyro.sample(name, dist.Normal(torch.zeros(shape), scale).to_event(len(shape)))


def _errors(prior: Prior) -> Callable[[Tensor, Tensor | float], Any]:
    """The errors' law, of a location and of a scale that is still to be multiplied by the noise's."""
    noise = torch.tensor(prior.noise_scale) if prior.known_scale else pyro.sample("noise_scale", prior.noise_scale)
    if prior.noise == "normal":
        return lambda location, scale: dist.Normal(location, noise * scale)
    df = 2.1 + pyro.sample("df_excess", dist.LogNormal(np.log(5.0), 0.7))
    if prior.noise == "student_t":
        return lambda location, scale: dist.StudentT(df, location, noise * scale)
    skew = _normal("skew", prior.skew_scale)
    return lambda location, scale: TwoPieceT(df, location, noise * scale, skew)
