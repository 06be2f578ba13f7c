"""One fit of each forecaster against the tutorial's loop: AutoNormal, Adam, a thousand steps of SVI."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pyro
import torch
from pyro.infer import SVI, Trace_ELBO
from pyro.infer.autoguide import AutoNormal
from pyro.optim import Adam

from forecaster import models
from forecaster.contract import Compute, Examples
from forecaster.families.linear import Prior
from forecaster.families.reference import model
from forecaster.inference.isolation import isolated
from ingest.covariates import COVARIATES

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "One fit on 650 windows of three series, against a plain SVI loop of 1,000 steps"


def cases() -> dict[str, Callable[[], object]]:
    """The reference, then every registered forecaster with its defaults."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((650, 7, 3)), 0.02 * rng.standard_t(5, 650)
    z, names = rng.standard_normal((650, len(COVARIATES))), tuple(of.name for of in COVARIATES)
    examples = Examples(("price", "volume", "tweets"), 0.02 * x, x, y, np.full(650, 0.02), names, z, y)
    design = torch.tensor(x.reshape(650, 21), dtype=torch.float32)
    response = torch.tensor(50 * y, dtype=torch.float32)

    def plain() -> None:
        with isolated(0):
            program = model(design, response, Prior(noise="student_t"))
            svi = SVI(program, AutoNormal(program), Adam({"lr": 0.02}), Trace_ELBO())
            for _ in range(1000):
                svi.step()
            pyro.clear_param_store()

    made = {name: models.load(name) for name in models.names() if models.pool(name) is None}
    fits = {name: partial(module.fit, [examples], module.Settings(), [0], Compute()) for name, module in made.items()}
    return {"plain SVI loop": plain, **fits}
