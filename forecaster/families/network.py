"""Many Bayesian networks with one hidden layer under one prior: the Pyro program, where guides start, what is trained.

A regression of location and scale (`forecaster.families.linear`) with hidden units beside its linear part:

    h_i = a(x_i W + b)
    y_i = intercept + s_i . weights + o_1 . h_i + scale * exp(z_i . slopes + o_2 . h_i) * e_i

`a` is tanh or the identity, `s` are the features that skip the hidden layer and `z` the covariates of the log scale;
without `o_2` the hidden units move the location only. Each fit has its own rows; they stand beside each other, padded
with zeros to the longest.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import torch

from forecaster.families import linear
from forecaster.families.centred import Centred
from forecaster.families.layer import Layer, with_bias
from forecaster.families.likelihoods import columns_of, log_likelihood, packed, with_ones
from forecaster.families.rows import labelled, usable
from forecaster.families.settings import Activation
from forecaster.families.tails import blocks, wide, width
from forecaster.inference import guides
from forecaster.inference.guide import INIT_SCALE, Beginning, Guide
from forecaster.inference.many import fit_many
from forecaster.inference.noise import TWINS, Noise, Purpose
from forecaster.inference.order import settled
from forecaster.inference.schedule import Schedule
from forecaster.inference.sites import Site, Start, packed_size

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike
    from torch import Tensor

    from forecaster.contract import Compute
    from forecaster.families.tails import Parts
    from forecaster.inference.diagnostics import Fit
    from forecaster.inference.sites import Program

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
        output_scales: Standard deviation of what the hidden units add, whatever their number: to the location, and to
            the log scale where there is a second.
        linear: Of the regression beside them, and of the errors.
    """

    hidden: int = 25
    activation: Activation = "tanh"
    output_scales: tuple[float, ...] = (0.03, 0.1)
    linear: linear.Prior = field(default_factory=lambda: linear.Prior(0.3, 0.02, "skewed_t"))

    def sites(self, inputs: int) -> tuple[Site, ...]:
        """The latent sites of the hidden layer on so many inputs."""
        return (
            Site("w", (inputs, self.hidden)),
            Site("b", (self.hidden,)),
            Site("o", (len(self.output_scales), self.hidden)),
        )

    def spread(self, inputs: int) -> dict[str, Tensor]:
        """Standard deviation of each of these sites, whose prior is normal around zero."""
        outer = torch.tensor(self.output_scales)[:, None] * self.hidden**-0.5
        of = {"w": torch.tensor(inputs**-0.5), "b": torch.tensor(1.0), "o": outer}
        return {site.name: of[site.name].expand(site.shape) for site in self.sites(inputs)}


def fit_networks(
    data: Sequence[Sequence[ArrayLike]],
    seeds: Sequence[int],
    prior: Prior | None = None,
    guide: str = "mean_field",
    schedule: Schedule | None = None,
    draws: int = 1000,
    compute: Compute | None = None,
) -> tuple[Fit, ...]:
    """Fits many networks at once, each independent of the others.

    Args:
        data: `x (rows, inputs)` and `y (rows,)` of each fit, then, where there are any, the features that skip the
            hidden layer `s (rows, features)`, then covariates of the log scale `z (rows, covariates)`; rows may differ
            in number, columns may not.
        seeds: One a fit.
        prior: The same for all.
        guide: Family of the posteriors, one of `forecaster.inference.guides.starting()`.
        schedule: Steps and rates; `default_schedule()` where None.
        draws: Posterior draws of each fit.
        compute: Where they are trained, and how many at once; no result depends on how many.

    Returns:
        A fit each, in order. One whose data are not finite, or whose training diverged twice, says so in `failure`;
        the others are what they would have been without it.

    Raises:
        UnknownNameError: For a guide that does not exist, or does not start at a point.
        ValueError: Where shapes do not match.
    """
    rows = [_tensors(arrays) for arrays in data]
    if not rows:
        return ()
    guides.check(guide, guides.starting())
    batch = Networks.of(usable(rows), prior or Prior(), guide)
    fits = fit_many(batch, schedule or default_schedule(), draws, seeds, compute)
    # No normal guide covers a network's weights, whose units may change places: k-hat is told, and decides nothing.
    return tuple(replace(fit, k_limit=np.inf, apart_limit=APART) for fit in labelled(fits, rows))


def default_schedule() -> Schedule:
    """Brings both guides to rest where much is learnt: there few draws hold training up, not few rows."""
    return Schedule(steps=1200, learning_rate=0.2, particles=8, minibatch=128, checks=400)


def _tensors(arrays: Sequence[ArrayLike]) -> tuple[Tensor, ...]:
    """Inputs, response, features and covariates (with no columns where there are none), float64."""
    x, y, *more = (torch.tensor(np.asarray(part), dtype=torch.float64) for part in arrays)
    s, z = (*more, *[x.new_zeros(len(x), 0)] * (2 - len(more)))
    if any(part.ndim != 2 for part in (x, s, z)) or {y.shape} != {part.shape[:1] for part in (x, s, z)}:  # noqa: PLR2004  # two axes
        raise ValueError(
            "x must be (rows, inputs), y (rows,), features and covariates (rows, columns), not "
            f"{[tuple(part.shape) for part in (x, y, s, z)]}"
        )
    return x, y, s, z


@dataclass(frozen=True, eq=False)
class Networks:
    """Many networks of one shape under one prior: what is trained together.

    Attributes:
        inputs: Of the hidden units `(rows, inputs)` of each fit, float64.
        beside: The regressions of the same rows, without hidden units.
        prior: Common to all.
        guide_name: Family of the posteriors.
    """

    inputs: tuple[Tensor, ...]
    beside: linear.Regressions
    prior: Prior
    guide_name: str

    @classmethod
    def of(cls, rows: Sequence[tuple[Tensor, ...]], prior: Prior, guide: str) -> Networks:
        """From inputs, response, features and covariates of each fit, float64."""
        x, y, s, z = zip(*rows, strict=True)
        return cls(x, linear.Regressions(s, y, z, prior.linear, guide), prior, guide)

    @cached_property
    def hidden_sites(self) -> tuple[Site, ...]:
        """The latent sites of the hidden layer."""
        return self.prior.sites(self.inputs[0].shape[1])

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The latent sites; no weights where no feature skips the hidden layer."""
        return tuple(site for site in self.beside.sites + self.hidden_sites if site.size)

    coordinates = None  # hidden units may change places and signs: no axes suit all modes

    @property
    def rows(self) -> tuple[int, ...]:
        """Number of rows of each fit."""
        return self.beside.rows

    def __len__(self) -> int:
        """Number of fits."""
        return len(self.inputs)

    def bytes_a_fit(self, draws: int, minibatch: int) -> int:
        """Memory of a fit: its rows as blocks, one by one and as they are made, a minibatch, and a step's draws."""
        columns, kept = sum(self._widths), 24 * draws + 400 * guides.directions(self.guide_name)
        rows = 20 * max(self.rows) * columns + 8 * TWINS * minibatch * columns
        return rows + kept * packed_size(self.sites) + self.beside.bytes_a_fit(0, 0)

    def take(self, index: Sequence[int]) -> Networks:
        """Some of the fits."""
        return replace(self, inputs=tuple(self.inputs[i] for i in index), beside=self.beside.take(index))

    @cached_property
    def _each(self) -> list[Tensor]:
        """Rows of each fit, all columns beside each other `(rows, columns)`, float32: the regression's, then inputs."""
        of = self.beside
        rows = zip(self.inputs, of.designs, of.responses, of.covariates, strict=True)
        return [torch.cat([*columns_of(s, y, z), wide(with_ones(x))], 1).float() for x, s, y, z in rows]

    def _parts(self, rows: Tensor) -> Parts:
        """Columns `(..., columns, rows)` by kind."""
        return tuple(torch.split(rows, self._widths, -2))

    @property
    def _widths(self) -> list[int]:
        """Columns of each kind: response, features, covariates and inputs, a one beside each of the last three."""
        return [*self.beside.widths, width(1 + self.inputs[0].shape[1])]

    @property
    def _layer(self) -> Layer:
        return Layer(self.prior.hidden, self.prior.activation)

    def model(self, dtype: torch.dtype) -> Program:
        """The Pyro program of all fits, in this precision."""
        fits, device, laws, of = len(self), torch.get_default_device(), self._laws(dtype), self.prior.linear
        whole, flat = (made(self._each).to(device, dtype) for made in (blocks, torch.cat))
        known = torch.tensor(float(of.noise_scale)) if of.known_scale else None
        counts = torch.tensor(self.rows)[:, None]
        first = counts.cumsum(0) - counts

        def likelihood(rows: Tensor | None, values: dict[str, Tensor]) -> Tensor:
            if known is not None:
                values["noise_scale"] = known
            if rows is None:
                return log_likelihood(self._layer, self._parts(whole), with_bias(values), counts)
            seen = flat.index_select(0, (first + rows).flatten()).unflatten(0, (-1, 1, rows.shape[-1])).mT
            share = rows.shape[-1] / counts
            return log_likelihood(
                self._layer, self._parts(seen), with_bias(values), counts, batch=rows.ndim - 1, share=share
            )

        def program(rows: Tensor | None = None) -> None:
            with pyro.plate("fits", fits, dim=-2):
                values = {name: pyro.sample(name, law) for name, law in laws.items()}
                pyro.factor("y", likelihood(rows, values))

        return program

    def _laws(self, dtype: torch.dtype) -> dict[str, Any]:
        """The prior of each site, as Pyro distributions."""
        of = self.prior.linear
        spread = self.prior.spread(self.inputs[0].shape[1]) | {
            "intercept": torch.tensor(of.intercept_scale),
            "weights": torch.tensor(of.weight_scale),
            "slopes": torch.tensor(of.slope_scale),
            "skew": torch.tensor(of.skew_scale),
        }
        others = {"noise_scale": of.noise_scale, "df_excess": linear.df_excess()}

        def law(site: Site) -> Any:  # noqa: ANN401  # a Pyro distribution
            if site.name in others:
                return others[site.name]
            return Centred(spread[site.name].to(dtype).expand(site.shape).contiguous()).to_event(len(site.shape))

        return {site.name: law(site) for site in self.sites}

    def guide(self, seeds: Sequence[int]) -> Guide:
        """The guide of all fits.

        The linear part starts at the posterior of the regression without hidden units; the hidden layer of each twin at
        a draw of the prior: at its mean no gradient tells units apart.
        """
        found = self.beside.laplace.start
        mode = self.beside.packed_outside(found.mode)
        spread = self.prior.spread(self.inputs[0].shape[1])
        hidden = torch.cat([spread[site.name].flatten() for site in self.hidden_sites])
        noise = Noise(seeds, packed_size(self.sites), Purpose.START)
        at = hidden * noise.draw()[..., -len(hidden) :]
        start = Start(
            torch.cat([mode.expand(*at.shape[:-1], -1), at], -1),
            torch.cat([found.unit, hidden.expand(len(self), 1, -1)], -1),
            torch.cat([torch.ones_like(found.unit[0, 0]), torch.full_like(hidden, INIT_SCALE)]),
        )
        begin = Beginning(self.sites, len(self), lambda: start, lambda n: noise.draw(n).squeeze(-2).movedim(0, -2))
        return guides.load(self.guide_name).guide(begin)

    def outside(self, draws: dict[str, Tensor]) -> dict[str, Tensor]:
        """Networks count as their user does."""
        return draws

    def meaning(self, values: dict[str, Tensor]) -> Tensor:
        """Location and log scale at some of the fit's own rows, and the errors' law.

        Hidden units may change places and signs.
        """
        places = [rows[torch.linspace(0, 1, PLACES).mul(len(rows) - 1).long()] for rows in self._each]
        _, *rows = self._parts(torch.stack(places).mT.float().to(torch.get_default_device()))
        zero, scale = torch.zeros_like(values["intercept"]), values.get("noise_scale")
        latents = packed(with_bias(values), zero if scale is None else scale.log(), 1)
        found = self._layer.forward((torch.zeros(len(self), 1, PLACES), *rows), tuple(map(settled, latents)))[:2]
        law = [values["df_excess"].log()] if "df_excess" in values else []
        law += [values["skew"]] if "skew" in values else []
        each = [of.transpose(0, 1).reshape(*zero.shape[:-1], PLACES) for of in found]
        return torch.cat([*each, *law], -1)
