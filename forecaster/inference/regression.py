"""Bayesian linear regression on any design matrix, by SVI in Pyro.

    y_i = intercept + x_i . weights + scale * e_i,   e_i ~ Normal(0, 1) or StudentT(df, 0, 1)

with Normal priors on the intercept and the weights. The scale is learned under a prior of one's choice, or known.
The daily forecaster and a study of nations' incomes run through the same few lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from torch.distributions import constraints

from forecaster.inference import guides, svi
from forecaster.inference.isolation import isolated

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import ArrayLike, NDArray
    from torch import Tensor

GuideName = Literal["mean_field", "full_rank", "custom"]
Noise = Literal["normal", "student_t"]


@dataclass(frozen=True)
class Prior:
    """What is believed before the data.

    Attributes:
        intercept_scale: Standard deviation of the intercept's Normal prior, centred at 0.
        weight_scale: The same for every weight.
        noise: Law of the errors.
        noise_scale: Prior of the errors' scale, a positive Pyro distribution; or the scale itself, where known.
    """

    intercept_scale: float = 1.0
    weight_scale: float = 1.0
    noise: Noise = "normal"
    noise_scale: Any = field(default_factory=lambda: dist.LogNormal(-0.2, 0.7))


@dataclass(frozen=True, eq=False)
class Regression:
    """A fitted regression.

    Attributes:
        intercept: Posterior draws `(draws,)`.
        weights: Posterior draws `(draws, features)`.
        noise_scale: Posterior draws `(draws,)` of the errors' scale (constant where it is known).
        df: Posterior draws `(draws,)` of the errors' degrees of freedom (infinite for normal errors).
        fit: The training curve and its verdict.
    """

    intercept: NDArray[np.float64]
    weights: NDArray[np.float64]
    noise_scale: NDArray[np.float64]
    df: NDArray[np.float64]
    fit: svi.Fit


def fit_regression(
    x: ArrayLike,
    y: ArrayLike,
    prior: Prior | None = None,
    guide: GuideName = "full_rank",
    schedule: svi.Schedule | None = None,
    draws: int = 1000,
    seed: int = 0,
) -> Regression:
    """Fits the regression of `y (rows,)` on `x (rows, features)` (without a column of ones).

    Raises:
        ValueError: Where x and y do not match in rows or hold a value that is not finite.
        FloatingPointError: Where training diverged.
    """
    design, response = (torch.tensor(np.asarray(a), dtype=torch.float32) for a in (x, y))
    if design.ndim != 2 or response.shape != design.shape[:1]:  # noqa: PLR2004  # a matrix has two axes
        raise ValueError(f"x must be (rows, features) and y (rows,), not {design.shape} and {response.shape}")
    if not (design.isfinite().all() and response.isfinite().all()):
        raise ValueError("x and y must be finite: leave incomplete rows out")
    belief = prior or Prior()
    program = model(design, response, belief)
    with isolated(seed):  # a guide may run itself to find where it starts
        posterior_guide = custom_guide(design.shape[1], belief) if guide == "custom" else guides.BY_NAME[guide](program)
    fitted = svi.fit(program, posterior_guide, sites(belief), schedule or default_schedule(guide), draws, seed)
    got = {name: value.double().numpy() for name, value in fitted.draws.items()}
    known = np.full(draws, np.nan if "noise_scale" in got else belief.noise_scale)
    return Regression(
        intercept=got["intercept"],
        weights=got["weights"],
        noise_scale=got.get("noise_scale", known),
        df=2.1 + got["df_excess"] if "df_excess" in got else np.full(draws, np.inf),
        fit=fitted,
    )


def default_schedule(guide: GuideName) -> svi.Schedule:
    """Steps that bring each guide to rest: those that start at the mode need fewer."""
    if guide == "full_rank":
        return svi.Schedule(steps=400, learning_rate=0.02, particles=8)
    return svi.Schedule(steps=1500 if guide == "custom" else 800, learning_rate=0.05, particles=4)


def sites(prior: Prior) -> tuple[str, ...]:
    """The latent sites of the model under this prior."""
    learned = ("noise_scale",) if not isinstance(prior.noise_scale, (int, float)) else ()
    return ("intercept", "weights", *learned, *(("df_excess",) if prior.noise == "student_t" else ()))


def model(design: Tensor, response: Tensor, prior: Prior) -> Callable[[], None]:
    """The Pyro program of the regression of `response (rows,)` on `design (rows, features)`."""
    rows, features = design.shape
    zeros, columns = torch.zeros(features), design.T.contiguous()
    known = isinstance(prior.noise_scale, (int, float))

    def program() -> None:
        intercept = pyro.sample("intercept", dist.Normal(0.0, prior.intercept_scale))
        weights = pyro.sample("weights", dist.Normal(zeros, prior.weight_scale).to_event(1))
        scale = torch.tensor(float(prior.noise_scale)) if known else pyro.sample("noise_scale", prior.noise_scale)
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


def custom_guide(features: int, prior: Prior) -> Callable[[], None]:
    """A guide written site by site: Normal for intercept and weights, LogNormal for positive latents.

    A learned `noise_scale` whose prior has an upper bound is covered as well: its guide is a LogNormal whose mass
    the data keep far below that bound.
    """

    def located(name: str, shape: tuple[int, ...]) -> tuple[Tensor, Tensor]:
        loc = pyro.param(f"{name}_loc", torch.zeros(shape))
        scale = pyro.param(f"{name}_scale", torch.full(shape, guides.INIT_SCALE), constraint=constraints.positive)
        return loc, scale

    def guide() -> None:
        pyro.sample("intercept", dist.Normal(*located("intercept", ())))
        pyro.sample("weights", dist.Normal(*located("weights", (features,))).to_event(1))
        for name in sites(prior)[2:]:
            pyro.sample(name, dist.LogNormal(*located(name, ())))

    return guide
