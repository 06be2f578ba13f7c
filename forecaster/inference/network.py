"""Many Bayesian networks with one hidden layer under one prior: the Pyro program, its guides, what is trained together.

    h_i = a(x_i W + b),   y_i = c + h_i . o + scale * e_i,   e_i ~ Normal(0, 1) or StudentT(df, 0, 1)

`a` is tanh or the identity. Each fit has its own rows; they stand beside each other, padded with zeros to the longest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import log
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from torch.distributions import constraints

from forecaster.inference import guides
from forecaster.inference.layer import Activation, outputs
from forecaster.inference.likelihoods import of_residuals
from forecaster.inference.linear import LEAST_DF, ErrorLaw
from forecaster.inference.many import fit_many
from forecaster.inference.noise import TWINS, Noise, Purpose
from forecaster.inference.rows import labelled, usable
from forecaster.inference.sites import Site, packed_size
from forecaster.inference.svi import Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike
    from torch import Tensor

    from forecaster.inference.diagnostics import Fit
    from forecaster.inference.svi import Program
    from forecaster.problem import Compute

NetworkGuide = Literal["mean_field", "low_rank"]

LOG_SCALE, LOG_DF = (-0.2, 0.7), (log(5.0), 0.7)
"""Mean and sd of the prior of the logarithm of the errors' scale, and of what their df have above `LEAST_DF`."""

APART = 1.0
"""Posterior sd by which twins' outputs may differ: they end in optima of their own, and draws of both together are then
an eighth wider than those of one."""

PLACES = 16
"""Training rows at which twins' outputs are compared."""


@dataclass(frozen=True)
class Prior:
    """The network's shape, and what is believed before the data; the same for every fit.

    Attributes:
        hidden: Hidden units.
        activation: Of the hidden units.
        output_scale: Standard deviation of the network's output, whatever the number of hidden units.
        intercept_scale: Standard deviation of the output's intercept.
        noise: Law of the errors.
        noise_scale: Their scale, where it is known; None to learn it.
    """

    hidden: int = 25
    activation: Activation = "tanh"
    output_scale: float = 0.1
    intercept_scale: float = 0.3
    noise: ErrorLaw = "student_t"
    noise_scale: float | None = None

    def sites(self, inputs: int) -> tuple[Site, ...]:
        """The latent sites of a network on so many inputs."""
        found = [Site("w", (inputs, self.hidden)), Site("b", (self.hidden,)), Site("o", (self.hidden,)), Site("c")]
        if self.noise_scale is None:
            found.append(Site("noise_scale", (), constraints.positive, 1.0))
        if self.noise == "student_t":
            found.append(Site("df_excess", (), constraints.positive, 5.0))
        return tuple(found)

    def laws(self, inputs: int) -> dict[str, Any]:
        """The prior of each site, as Pyro distributions."""
        normals = self.normals(inputs)

        def law(site: Site) -> Any:  # noqa: ANN401  # a Pyro distribution
            if site.support is constraints.positive:
                return dist.LogNormal(*normals[site.name])
            return dist.Normal(*normals[site.name]).expand(site.shape).to_event(len(site.shape))

        return {site.name: law(site) for site in self.sites(inputs)}

    def normals(self, inputs: int) -> dict[str, tuple[float, float]]:
        """Mean and sd of the normal prior of each site, in unconstrained numbers."""
        return {
            "w": (0.0, inputs**-0.5),
            "b": (0.0, 1.0),
            "o": (0.0, self.output_scale * self.hidden**-0.5),
            "c": (0.0, self.intercept_scale),
            "noise_scale": LOG_SCALE,
            "df_excess": LOG_DF,
        }


def fit_networks(
    data: Sequence[tuple[ArrayLike, ArrayLike]],
    seeds: Sequence[int],
    prior: Prior | None = None,
    guide: NetworkGuide = "mean_field",
    schedule: Schedule | None = None,
    draws: int = 1000,
    compute: Compute | None = None,
) -> tuple[Fit, ...]:
    """Fits many networks at once, each independent of the others.

    Args:
        data: `x (rows, inputs)` and `y (rows,)` of each fit; rows may differ in number, inputs may not.
        seeds: One a fit.
        prior: The same for all.
        guide: Family of the posteriors.
        schedule: Steps and rates; `default_schedule()` where None.
        draws: Posterior draws of each fit.
        compute: Where they are trained, and how many at once; no result depends on it, up to rounding.

    Returns:
        A fit each, in order. One whose data are not finite, or whose training diverged twice, says so in `failure`;
        the others are what they would have been without it.

    Raises:
        ValueError: Where shapes do not match.
    """
    rows = [_tensors(x, y) for x, y in data]
    if not rows:
        return ()
    designs, responses = zip(*usable(rows), strict=True)
    batch = Networks(designs, responses, prior or Prior(), guide)
    fits = fit_many(batch, schedule or default_schedule(), draws, seeds, compute)
    # No normal guide covers a network's weights, whose units may change places: k-hat is told, and decides nothing.
    return tuple(replace(fit, k_limit=np.inf, apart_limit=APART) for fit in labelled(fits, rows))


def default_schedule() -> Schedule:
    """Minibatches of 64 rows, and steps that bring both guides to rest on some hundred rows."""
    return Schedule(steps=3000, learning_rate=0.05, particles=1, minibatch=64, checks=400)


def _tensors(x: ArrayLike, y: ArrayLike) -> tuple[Tensor, Tensor]:
    design, response = (torch.tensor(np.asarray(part), dtype=torch.float32) for part in (x, y))
    if design.ndim != 2 or response.shape != design.shape[:1]:  # noqa: PLR2004  # two axes
        raise ValueError(f"x must be (rows, inputs) and y (rows,), not {[tuple(design.shape), tuple(response.shape)]}")
    return design, response


@dataclass(frozen=True, eq=False)
class Networks:
    """Many networks of one shape under one prior: what is trained together.

    Attributes:
        designs: `(rows, inputs)` of each fit, float32.
        responses: `(rows,)` of each fit, float32.
        prior: Common to all.
        guide_name: Family of the posteriors.
    """

    designs: tuple[Tensor, ...]
    responses: tuple[Tensor, ...]
    prior: Prior
    guide_name: NetworkGuide

    @property
    def inputs(self) -> int:
        """Columns of the designs."""
        return self.designs[0].shape[1]

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The latent sites."""
        return self.prior.sites(self.inputs)

    @property
    def rows(self) -> tuple[int, ...]:
        """Number of rows of each fit."""
        return tuple(map(len, self.responses))

    def __len__(self) -> int:
        """Number of fits."""
        return len(self.responses)

    def bytes_a_fit(self, draws: int, minibatch: int) -> int:
        """Memory of a fit: its rows, what a step keeps of each hidden unit, and what checks make of the directions."""
        rows, kept = max(self.rows), 16 * self.prior.hidden
        step = TWINS * minibatch if minibatch else draws * rows
        directions = 400 * guides.RANK * packed_size(self.sites) if self.guide_name == "low_rank" else 0
        return rows * (12 * self.inputs + kept) + step * (kept + 8 * self.inputs) + directions

    def take(self, index: Sequence[int]) -> Networks:
        """Some of the fits."""
        designs, responses = ([of[i] for i in index] for of in (self.designs, self.responses))
        return replace(self, designs=tuple(designs), responses=tuple(responses))

    @cached_property
    def _padded(self) -> tuple[Tensor, Tensor]:
        """Inputs, a column of ones and the response `(fits, rows, inputs + 2)`, and numbers of rows `(fits, 1)`."""
        data = torch.nn.utils.rnn.pad_sequence(
            [
                torch.cat([x, torch.ones_like(y)[:, None], y[:, None]], 1)
                for x, y in zip(self.designs, self.responses, strict=True)
            ],
            batch_first=True,
        )
        return data.to(torch.get_default_device()), torch.tensor(self.rows)[:, None]

    def model(self, _: torch.dtype) -> Program:
        """The Pyro program of all fits, in single precision."""
        prior, fits, (data, counts) = self.prior, len(self), self._padded
        laws, flat = prior.laws(self.inputs), data.flatten(0, 1)
        known = None if prior.noise_scale is None else torch.tensor(prior.noise_scale)
        present = torch.arange(data.shape[1]) < counts
        first = torch.arange(fits)[:, None] * data.shape[1]

        def residuals(rows: Tensor | None, values: dict[str, Tensor]) -> Tensor:
            if rows is None:
                return torch.where(present, data[..., -1] - outputs(data[..., :-1], values, prior.activation), 0.0)
            seen: Tensor = flat.index_select(0, (first + rows).flatten()).unflatten(0, rows.shape)
            return seen[..., -1] - outputs(seen[..., :-1], values, prior.activation)

        def program(rows: Tensor | None = None) -> None:
            with pyro.plate("fits", fits, dim=-2):
                values = {name: pyro.sample(name, law) for name, law in laws.items()}
                scale = values["noise_scale"] if known is None else known
                df = LEAST_DF + values["df_excess"] if "df_excess" in values else None
                share = 1.0 if rows is None else rows.shape[-1] / counts
                pyro.factor("y", of_residuals(residuals(rows, values), counts, scale, df, share=share))

        return program

    def guide(self, seeds: Sequence[int]) -> guides.Guide:
        """The guide of all fits. Each twin starts at a draw of the prior: at its mean no gradient tells units apart."""
        normals = self.prior.normals(self.inputs)
        centre, unit = (torch.cat([torch.full((s.size,), normals[s.name][k]) for s in self.sites]) for k in (0, 1))
        noise = Noise(seeds, packed_size(self.sites), Purpose.START).draw(1 + guides.RANK)
        start = guides.Start(centre + unit * noise[0], unit, guides.INIT_SCALE)
        if self.guide_name == "mean_field":
            return guides.mean_field(self.sites, start)
        return guides.low_rank(self.sites, start, guides.INIT_SCALE * noise[1:].squeeze(-2).movedim(0, -2))

    def meaning(self, values: dict[str, Tensor]) -> Tensor:
        """The output at some of the fit's own rows and the errors' law; hidden units may change places and signs."""
        data, counts = self._padded
        rows = (torch.linspace(0, 1, PLACES) * (counts - 1)).long()
        places = data.take_along_dim(rows[..., None], 1)
        law = [values[name].log() for name in ("noise_scale", "df_excess") if name in values]
        return torch.cat([outputs(places[..., :-1], values, self.prior.activation), *law], -1)
