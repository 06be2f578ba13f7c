"""Bayesian linear regression on any design matrix, by SVI in Pyro.

    y_i = intercept + x_i . weights + scale * e_i,   e_i ~ Normal(0, 1) or StudentT(df, 0, 1)

with Normal priors on the intercept and the weights. The scale is learned under a prior of one's choice, or known.
The daily forecaster and a study of nations' incomes run through the same few lines.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from torch.distributions import ExpTransform, constraints

from forecaster.inference import guides, svi
from forecaster.inference.laplace import laplace
from forecaster.inference.likelihoods import NormalRows, StudentRows
from forecaster.inference.many import MEMORY, fit_many
from forecaster.inference.sites import Site

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray
    from torch import Tensor

GuideName = Literal["mean_field", "full_rank", "custom"]
Noise = Literal["normal", "student_t"]

UNUSABLE = "x and y must be finite: leave incomplete rows out"


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
    """Fits the regression of `y (rows,)` on `x (rows, features)` (without a column of ones): a batch of one.

    Raises:
        ValueError: Where x and y do not match in rows or hold a value that is not finite.
        FloatingPointError: Where training diverged.
    """
    if not (np.isfinite(np.asarray(x)).all() and np.isfinite(np.asarray(y)).all()):
        raise ValueError(UNUSABLE)
    (fitted,) = fit_regressions([(x, y)], [seed], prior, guide, schedule, draws)
    if fitted.fit.failure:
        raise FloatingPointError(fitted.fit.failure)
    return fitted


def fit_regressions(
    data: Sequence[tuple[ArrayLike, ArrayLike]],
    seeds: Sequence[int],
    prior: Prior | None = None,
    guide: GuideName = "full_rank",
    schedule: svi.Schedule | None = None,
    draws: int = 1000,
    memory: int = MEMORY,
) -> tuple[Regression, ...]:
    """Fits many regressions at once, each independent of the others.

    Args:
        data: `x (rows, features)` and `y (rows,)` of each fit; rows may differ in number, features may not.
        seeds: One a fit.
        prior: The same for all.
        guide: Family of the posteriors.
        schedule: Steps and rates; what brings the guide to rest where None.
        draws: Posterior draws of each fit.
        memory: Bytes that the fits trained at once may take; no result depends on it.

    Returns:
        A regression a fit, in order. One whose data are not finite, or whose training diverged twice, says so in
        `fit.failure`; the others are what they would have been without it.

    Raises:
        ValueError: Where shapes do not match.
    """
    pairs = [tuple(torch.tensor(np.asarray(part), dtype=torch.float64) for part in pair) for pair in data]
    shapes = {(*x.shape[1:],) for x, _ in pairs}
    if any(x.ndim != 2 or y.shape != x.shape[:1] for x, y in pairs) or len(shapes) > 1:  # noqa: PLR2004  # two axes
        raise ValueError(
            "x must be (rows, features) and y (rows,), features alike in all fits, not "
            f"{[(tuple(x.shape), tuple(y.shape)) for x, y in pairs][:5]}"
        )
    unusable = [not (x.isfinite().all() and y.isfinite().all()) for x, y in pairs]
    # A fit without usable data keeps its place with zeros, so that the others' arithmetic is the same to the bit.
    usable = [
        (torch.zeros_like(x), torch.zeros_like(y)) if bad else (x, y)
        for (x, y), bad in zip(pairs, unusable, strict=True)
    ]
    if not pairs:
        return ()
    belief = prior or Prior()
    batch = Regressions(tuple(x for x, _ in usable), tuple(y for _, y in usable), belief, guide)
    fits = fit_many(batch, schedule or default_schedule(guide), draws, seeds, memory)
    return tuple(
        _regression(replace(fit, failure=UNUSABLE) if bad else fit, belief)
        for fit, bad in zip(fits, unusable, strict=True)
    )


def _regression(fit: svi.Fit, prior: Prior) -> Regression:
    got = {name: value.double().numpy() for name, value in fit.draws.items()}
    known = np.full_like(got["intercept"], np.nan if "noise_scale" in got else prior.noise_scale)
    return Regression(
        intercept=got["intercept"],
        weights=got["weights"],
        noise_scale=got.get("noise_scale", known),
        df=2.1 + got["df_excess"] if "df_excess" in got else np.full_like(known, np.inf),
        fit=fit,
    )


def default_schedule(guide: GuideName) -> svi.Schedule:
    """Steps that bring each guide to rest: those that start at the mode need fewer."""
    if guide == "full_rank":
        return svi.Schedule(steps=400, learning_rate=0.05, particles=4)
    return svi.Schedule(steps=1500 if guide == "custom" else 800, learning_rate=0.05, particles=4)


def sites(features: int, prior: Prior) -> tuple[Site, ...]:
    """The latent sites of the model under this prior."""
    heavy = (Site("df_excess", (), constraints.positive, 5.0),) if prior.noise == "student_t" else ()
    learned: tuple[Site, ...] = ()
    if not isinstance(prior.noise_scale, (int, float)):
        mean = float(prior.noise_scale.mean)
        start = mean if np.isfinite(mean) else 1.0
        learned = (Site("noise_scale", (), prior.noise_scale.support, start),)
    return (Site("intercept"), Site("weights", (features,)), *learned, *heavy)


@dataclass(frozen=True, eq=False)
class Regressions:
    """Many regressions under one prior: what is trained together.

    Attributes:
        designs: `(rows, features)` of each fit, float64.
        responses: `(rows,)` of each fit, float64.
        prior: Common to all.
        guide_name: Family of the posteriors.
    """

    designs: tuple[Tensor, ...]
    responses: tuple[Tensor, ...]
    prior: Prior
    guide_name: GuideName

    @property
    def sites(self) -> tuple[Site, ...]:
        """The latent sites."""
        return sites(self.designs[0].shape[1], self.prior)

    def __len__(self) -> int:
        """Number of fits."""
        return len(self.responses)

    def bytes_a_fit(self, draws: int) -> int:
        """Memory of a fit: under normal errors a step never looks at rows, else it keeps ten numbers a row and draw.

        Rows stand there in both precisions, and the search for the mode keeps fifteen doubles of each.
        """
        features = self.designs[0].shape[1]
        if self.prior.noise == "normal":
            return 12 * (features + 1) ** 2 + 40 * draws * features
        return max(map(len, self.responses)) * (12 * (features + 1) + 120 + 40 * draws)

    def take(self, index: Sequence[int]) -> Regressions:
        """Some of the fits."""
        return replace(
            self, designs=tuple(self.designs[i] for i in index), responses=tuple(self.responses[i] for i in index)
        )

    @cached_property
    def _rows(self) -> NormalRows | StudentRows:
        kind = NormalRows if self.prior.noise == "normal" else StudentRows
        return kind.of(self.designs, self.responses)

    def model(self, dtype: torch.dtype) -> Callable[[], None]:
        """The Pyro program of all fits, in this precision."""
        rows, prior, fits, features = self._rows.to(dtype), self.prior, len(self), self.designs[0].shape[1]
        known, heavy = isinstance(prior.noise_scale, (int, float)), prior.noise == "student_t"

        def program() -> None:
            with pyro.plate("fits", fits, dim=-2):
                intercept = pyro.sample("intercept", dist.Normal(0.0, prior.intercept_scale))
                weights = pyro.sample("weights", dist.Normal(torch.zeros(features), prior.weight_scale).to_event(1))
                scale = (
                    torch.tensor(float(prior.noise_scale)) if known else pyro.sample("noise_scale", prior.noise_scale)
                )
                excess = (
                    pyro.sample("df_excess", dist.LogNormal(np.log(5.0), 0.7)) if heavy else torch.tensor(torch.inf)
                )
                beta = torch.cat([intercept[..., None], weights], -1)
                pyro.factor("y", rows.log_likelihood(beta, scale, 2.1 + excess))

        return program

    def guide(self) -> guides.Guide:
        """The guide of all fits, where its training starts."""
        if self.guide_name == "custom":
            return custom_guide(len(self), self.designs[0].shape[1], self.prior)
        start = laplace(self.model(torch.float64), self.sites, len(self))
        return guides.BY_NAME[self.guide_name](self.sites, start)


def custom_guide(fits: int, features: int, prior: Prior) -> guides.Guide:
    """A guide written site by site: Normal for intercept and weights, LogNormal for positive latents.

    A learned `noise_scale` whose prior has an upper bound is covered as well: its guide is a LogNormal whose mass
    the data keep far below that bound.
    """

    def normal(name: str, noise: Tensor) -> guides.Given:
        start = torch.zeros(fits, *noise.shape[2:])
        loc = pyro.param(f"{name}_loc", start)
        scale = pyro.param(f"{name}_scale", start + guides.INIT_SCALE, constraint=constraints.positive)
        return guides.Given(loc, scale, noise)

    def guide(noise: Tensor) -> dict[str, Tensor]:
        values = {}
        with pyro.plate("fits", fits, dim=-2):
            values["intercept"] = pyro.sample("intercept", normal("intercept", noise[..., 0]))
            slopes = normal("weights", noise[..., 1 : features + 1]).to_event(1)
            values["weights"] = pyro.sample("weights", slopes)
            for place, site in enumerate(sites(features, prior)[2:], start=features + 1):
                base = normal(site.name, noise[..., place])
                values[site.name] = pyro.sample(site.name, dist.TransformedDistribution(base, [ExpTransform()]))
        return values

    return guide
