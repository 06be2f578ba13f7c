"""The regression as one would write it on a blackboard: what the batched one is held against.

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
