"""Regression and network as one would write them on a blackboard: what the batched ones are held against.

One fit, rows in a plate, no sufficient statistics, no coordinates. Slow and plain on purpose; nothing but tests,
benchmarks and drawings uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyro
import pyro.distributions as dist
import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from forecaster.inference.linear import Prior
    from forecaster.inference.network import Prior as Network


def model(design: Tensor, response: Tensor, prior: Prior, covariates: Tensor | None = None) -> Callable[[], None]:
    """The Pyro program of the regression of `response (rows,)` on `design (rows, features)`.

    Its log scale may depend on `covariates (rows, columns)`.
    """
    rows, features = design.shape
    zeros, columns = torch.zeros(features), design.T.contiguous()

    def program() -> None:
        intercept = pyro.sample("intercept", dist.Normal(0.0, prior.intercept_scale))
        weights = pyro.sample("weights", dist.Normal(zeros, prior.weight_scale).to_event(1))
        if prior.known_scale:
            scale = torch.tensor(float(prior.noise_scale))
        else:
            scale = pyro.sample("noise_scale", prior.noise_scale)
        if covariates is not None:
            still = torch.zeros(covariates.shape[1])
            slopes = pyro.sample("slopes", dist.Normal(still, prior.slope_scale).to_event(1))
            log_scale = (slopes @ covariates.T).reshape(*intercept.shape[:-1], rows)
            scale = scale * log_scale.exp()
        # Under a plate of draws the weights are (draws, 1, features): the rows take the place of that 1.
        location = intercept + (weights @ columns).reshape(*intercept.shape[:-1], rows)
        if prior.noise == "student_t":
            df = 2.1 + pyro.sample("df_excess", dist.LogNormal(np.log(5.0), 0.7))
            errors = dist.StudentT(df, location, scale)
        else:
            errors = dist.Normal(location, scale)
        with pyro.plate("rows", rows):
            pyro.sample("y", errors, obs=response)

    return program


def network(design: Tensor, response: Tensor, prior: Network, subsample_size: int | None = None) -> Callable[[], None]:
    """The Pyro program of the network of `response (rows,)` on `design (rows, inputs)`, as it looks at so many rows."""
    rows, inputs = design.shape
    hidden = prior.hidden

    def program() -> None:
        w = pyro.sample("w", dist.Normal(torch.zeros(inputs, hidden), inputs**-0.5).to_event(2))
        b = pyro.sample("b", dist.Normal(torch.zeros(hidden), 1.0).to_event(1))
        o = pyro.sample("o", dist.Normal(torch.zeros(hidden), prior.output_scale * hidden**-0.5).to_event(1))
        c = pyro.sample("c", dist.Normal(0.0, prior.intercept_scale))
        scale: float | Tensor | None = prior.noise_scale
        if scale is None:
            scale = pyro.sample("noise_scale", dist.LogNormal(-0.2, 0.7))
        df = 2.1 + pyro.sample("df_excess", dist.LogNormal(np.log(5.0), 0.7)) if prior.noise == "student_t" else None
        with pyro.plate("rows", rows, subsample_size=subsample_size) as seen:
            # Under a plate of draws b and o are (draws, 1, hidden), and c, scale and df (draws, 1).
            units = design[seen] @ w.reshape(*b.shape[:-2], inputs, hidden) + b
            location = ((units.tanh() if prior.activation == "tanh" else units) * o).sum(-1) + c
            errors = dist.Normal(location, scale) if df is None else dist.StudentT(df, location, scale)
            pyro.sample("y", errors, obs=response[seen])

    return program
