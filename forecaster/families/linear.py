"""Many linear regressions under one prior: the Pyro program, where its guides start, and what is trained together.

    y_i = intercept + x_i . weights + scale * exp(z_i . slopes) * e_i

with e_i standard normal, Student-t, or two-piece Student-t (see `forecaster.distribution.predictive`). `z` are
covariates of the log scale; without them the scale is the same for all rows.

Inside, intercept and weights are counted from each fit's ridge solution (`forecaster.families.ridge`), in the units of
their columns: training then needs no more digits than the posterior has spread, however far from zero columns lie.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from math import log
from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from torch.distributions import constraints

from forecaster.families.axes import Axes
from forecaster.families.likelihoods import Linear, columns_of, log_likelihood, with_ones
from forecaster.families.settings import ErrorLaw
from forecaster.families.tails import blocks, width
from forecaster.inference import guides
from forecaster.inference.guide import Beginning
from forecaster.inference.laplace import laplace
from forecaster.inference.noise import TWINS, Noise, Purpose
from forecaster.inference.sites import Site, packed_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from forecaster.families.tails import Parts
    from forecaster.inference.coordinates import Coordinates
    from forecaster.inference.guide import Guide
    from forecaster.inference.laplace import Laplace
    from forecaster.inference.sites import Program

LINEAR = Linear()


def df_excess() -> Any:  # noqa: ANN401  # a Pyro distribution
    """Prior of the degrees of freedom above the least, in the precision and on the device of the day."""
    return dist.LogNormal(log(5.0), 0.7)


@dataclass(frozen=True)
class Prior:
    """What is believed before the data.

    Attributes:
        intercept_scale: Standard deviation of the intercept's Normal prior, centred at 0.
        weight_scale: The same for every weight.
        noise: Law of the errors.
        noise_scale: Prior of the errors' scale, a positive Pyro distribution; or the scale itself, where known.
        slope_scale: Standard deviation of the Normal prior of every slope of the log scale.
        skew_scale: The same for the errors' skew.
    """

    intercept_scale: float = 1.0
    weight_scale: float = 1.0
    noise: ErrorLaw = "normal"
    noise_scale: Any = field(default_factory=lambda: dist.LogNormal(-0.2, 0.7))
    slope_scale: float = 0.15
    skew_scale: float = 0.1

    @property
    def known_scale(self) -> bool:
        """Whether the errors' scale is given."""
        return isinstance(self.noise_scale, (int, float))


def sites(features: int, covariates: int, prior: Prior) -> tuple[Site, ...]:
    """The latent sites of the model under this prior."""
    found = [Site("intercept"), Site("weights", (features,))]
    if covariates:
        found.append(Site("slopes", (covariates,)))
    if not prior.known_scale:
        mean = float(prior.noise_scale.mean)
        found.append(Site("noise_scale", (), prior.noise_scale.support, mean if np.isfinite(mean) else 1.0))
    if prior.noise != "normal":
        found.append(Site("df_excess", (), constraints.positive, 5.0))
    if prior.noise == "skewed_t":
        found.append(Site("skew"))
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Regressions:
    """Many regressions under one prior: what is trained together.

    Attributes:
        designs: `(rows, features)` of each fit, float64.
        responses: `(rows,)` of each fit, float64.
        covariates: `(rows, covariates)` of each fit, float64; none where there are no columns.
        prior: Common to all.
        guide_name: Family of the posteriors, see `forecaster.inference.guides`.
    """

    designs: tuple[Tensor, ...]
    responses: tuple[Tensor, ...]
    covariates: tuple[Tensor, ...]
    prior: Prior
    guide_name: str

    @property
    def features(self) -> int:
        """Columns of the designs."""
        return self.designs[0].shape[1]

    @property
    def sites(self) -> tuple[Site, ...]:
        """The latent sites."""
        return sites(self.features, self.covariates[0].shape[1], self.prior)

    @property
    def rows(self) -> tuple[int, ...]:
        """Number of rows of each fit."""
        return tuple(map(len, self.responses))

    def __len__(self) -> int:
        """Number of fits."""
        return len(self.responses)

    @property
    def _sufficient(self) -> bool:
        """Whether a few statistics say all that the rows do."""
        return self.prior.noise == "normal" and self.covariates[0].shape[1] == 0

    def bytes_a_fit(self, draws: int, _: int) -> int:
        """Memory of a fit: its rows in both precisions, unless statistics say all; no step keeps anything of a row.

        The search for the mode keeps a hundred doubles of each pair of latents.
        """
        mode = 800 * packed_size(self.sites) ** 2
        if self._sufficient:
            return mode + 12 * (self.features + 1) ** 2 + 40 * draws * self.features
        columns = sum(self.widths)
        return mode + max(self.rows) * 20 * columns + 40 * draws * columns

    @property
    def widths(self) -> list[int]:
        """Columns of each kind: response, features and covariates, a one beside each of the last two."""
        return [1, width(1 + self.features), width(1 + self.covariates[0].shape[1])]

    def take(self, index: Sequence[int]) -> Regressions:
        """Some of the fits."""
        return replace(
            self,
            designs=tuple(self.designs[i] for i in index),
            responses=tuple(self.responses[i] for i in index),
            covariates=tuple(self.covariates[i] for i in index),
        )

    @cached_property
    def _axes(self) -> Axes:
        return Axes.of(self.designs, self.responses, self.covariates, self.sites, self.prior)

    @property
    def centre(self) -> Tensor:
        """What intercept and weights are counted from `(fits, features + 1)`, float64, on the processor."""
        return self._axes.centre

    @property
    def coordinates(self) -> Coordinates:
        """Where posteriors are looked for, on the device of the day."""
        return self._axes.coordinates.to(torch.get_default_device())

    @cached_property
    def laplace(self) -> Laplace:
        """The Laplace approximation of all fits."""
        return laplace(self.model(torch.float64), self.sites, self.coordinates)

    def packed_outside(self, latent: Tensor) -> Tensor:
        """Packed latents `(fits, 1, latents)` with coefficients as their user counts them."""
        centre = torch.nn.functional.pad(self.centre, (0, latent.shape[-1] - self.features - 1))
        return latent + centre[:, None].to(latent)

    def outside(self, draws: dict[str, Tensor]) -> dict[str, Tensor]:
        """Draws `(draws, fits, *site shape)` as their user counts them, float64, on the processor."""
        told, (level, slope) = {name: value.cpu().double() for name, value in draws.items()}, self._parts
        return told | {"intercept": told["intercept"] + level[:, 0], "weights": told["weights"] + slope}

    @property
    def _parts(self) -> tuple[Tensor, ...]:
        """The centres' intercepts `(fits, 1)` and weights `(fits, features)`."""
        parts: tuple[Tensor, ...] = self.centre.split([1, self.features], 1)
        return parts

    @cached_property
    def _rows(self) -> Parts:
        fits = zip(self.designs, self.responses, self.centre, strict=True)
        about = [y - (with_ones(x) * own).sum(-1) for x, y, own in fits]
        each = [columns_of(*rows) for rows in zip(self.designs, about, self.covariates, strict=True)]
        return tuple(blocks(of) for of in zip(*each, strict=True))

    def model(self, dtype: torch.dtype) -> Program:
        """The Pyro program of all fits, in this precision, about their centres; it looks at all rows."""
        prior, fits, device = self.prior, len(self), torch.get_default_device()
        zeros = {s.name: torch.zeros(s.size) for s in self.sites}
        level, slope = (-part.to(device, dtype).contiguous() for part in self._parts)
        known = torch.tensor(float(prior.noise_scale)) if prior.known_scale else None
        statistics = self._axes.squares.about(self.centre).to(dtype) if self._sufficient else None
        rows = () if statistics else tuple(of.to(device, dtype) for of in self._rows)
        counts = torch.tensor(self.rows)[:, None]

        def program(_: Tensor | None = None) -> None:
            with pyro.plate("fits", fits, dim=-2):
                values = {"intercept": pyro.sample("intercept", dist.Normal(level, prior.intercept_scale))}
                values["weights"] = pyro.sample("weights", dist.Normal(slope[:, None], prior.weight_scale).to_event(1))
                if "slopes" in zeros:
                    values["slopes"] = pyro.sample(
                        "slopes", dist.Normal(zeros["slopes"], prior.slope_scale).to_event(1)
                    )
                values["noise_scale"] = pyro.sample("noise_scale", prior.noise_scale) if known is None else known
                if "df_excess" in zeros:
                    values["df_excess"] = pyro.sample("df_excess", df_excess())
                if "skew" in zeros:
                    values["skew"] = pyro.sample("skew", dist.Normal(0.0, prior.skew_scale))
                if statistics:
                    beta = torch.cat([values["intercept"][..., None], values["weights"]], -1)
                    likelihood = statistics.log_likelihood(beta, values["noise_scale"])
                else:
                    likelihood = log_likelihood(LINEAR, rows, values, counts)
                pyro.factor("y", likelihood)

        return program

    def guide(self, seeds: Sequence[int]) -> Guide:
        """The guide of all fits, where its training starts."""

        def directions(count: int) -> Tensor:
            noise = Noise(seeds, count * packed_size(self.sites), Purpose.START).draw()
            return noise.reshape(TWINS, len(self), count, -1)

        begin = Beginning(self.sites, len(self), lambda: self.laplace.start, directions, lambda: self.laplace)
        family = guides.load(self.guide_name)
        made = family.guide(begin)
        return made if family.NEEDS == "nothing" else replace(made, short=self.laplace.short)

    def meaning(self, values: dict[str, Tensor]) -> Tensor:
        """Every latent matters: `(..., fits, latents)`."""
        flat = [values[site.name].reshape(*values["intercept"].shape, -1) for site in self.sites]
        return torch.cat(flat, -1).squeeze(-2)
