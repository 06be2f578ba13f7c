"""Bayesian classification of rows into a few classes, by SVI in Pyro: many fits at once.

    P(class c | x) = exp(a_c) / sum_k exp(a_k),    a = intercept + x . weights + o . tanh(x W + b)

with normal priors; the linear part, the hidden layer or both. A posterior draw gives one set of class probabilities, so
that many draws tell how far they are known: `forecaster.families.abstention` decides from them whether to answer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pyro
import torch

from forecaster.families import softmax
from forecaster.families.centred import Centred
from forecaster.families.rows import labelled, usable
from forecaster.families.softmax_mode import Mode, modes
from forecaster.inference import guides
from forecaster.inference.coordinates import Coordinates
from forecaster.inference.guide import INIT_SCALE, Beginning, Guide
from forecaster.inference.laplace import Laplace
from forecaster.inference.many import fit_many
from forecaster.inference.noise import TWINS, Noise, Purpose
from forecaster.inference.schedule import Schedule
from forecaster.inference.sites import Site, Start, packed_size

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike
    from torch import Tensor

    from forecaster.contract import Compute
    from forecaster.floats import Floats
    from forecaster.inference.diagnostics import Fit
    from forecaster.inference.sites import Program

APART, PLACES = 1.0, 16
"""Posterior sd by which the scores of networks' twins may differ, and training rows at which they are compared."""


@dataclass(frozen=True)
class Prior:
    """The shape of a classifier, and what is believed before the data; the same for every fit.

    Attributes:
        classes: How many there are.
        intercept_scale: Standard deviation of each class' intercept.
        weight_scales: The same of each input's weights, one for all inputs or one each; None for no linear part.
        hidden: Hidden units; 0 for none.
        hidden_scale: Standard deviation of what the hidden units add to a class' score, whatever their number.
    """

    classes: int = 2
    intercept_scale: float = 1.0
    weight_scales: float | tuple[float, ...] | None = 1.0
    hidden: int = 0
    hidden_scale: float = 1.0

    def spread(self, inputs: int) -> dict[str, Tensor]:
        """Standard deviation of each site, in its shape; every prior is normal around zero."""
        found = {"intercept": torch.full((self.classes,), self.intercept_scale)}
        if self.weight_scales is not None:
            own = torch.as_tensor(self.weight_scales, dtype=torch.float32)
            found["weights"] = own.reshape(-1, 1).expand(inputs, self.classes).contiguous()
        if self.hidden:
            found["w"] = torch.full((inputs, self.hidden), inputs**-0.5)
            found["b"] = torch.ones(self.hidden)
            found["o"] = torch.full((self.hidden, self.classes), self.hidden_scale * self.hidden**-0.5)
        return found


def fit_classifiers(
    data: Sequence[tuple[ArrayLike, ArrayLike]],
    seeds: Sequence[int],
    prior: Prior | None = None,
    guide: str = "",
    schedule: Schedule | None = None,
    draws: int = 500,
    compute: Compute | None = None,
) -> tuple[Fit, ...]:
    """Fits many classifiers at once, each independent of the others.

    Args:
        data: `x (rows, inputs)` and the class of each row `(rows,)`, counted from 0; rows may differ in number, columns
            may not.
        seeds: One a fit.
        prior: The same for all.
        guide: Family of the posteriors; `laplace` where empty, which covers a linear softmax of many rows, and
            `mean_field` with hidden units, which need one of `forecaster.inference.guides.starting()`.
        schedule: Steps and rates; `default_schedule(prior, guide)` where None.
        draws: Posterior draws of each fit.
        compute: Where they are trained, and how many at once; no result depends on how many.

    Returns:
        A fit each, in order, with draws of `intercept (draws, classes)`, `weights (draws, inputs, classes)`, and
        `w`, `b` and `o` of a hidden layer. One whose data are not finite, or whose training diverged twice, says so in
        `failure`; the others are what they would have been without it.

    Raises:
        UnknownNameError: For a guide that does not exist, or will not do.
        ValueError: Where shapes do not match, or a class is not one of the prior's.
    """
    belief = prior or Prior()
    guide = guide or ("mean_field" if belief.hidden else "laplace")
    rows = [_tensors(x, labels, belief) for x, labels in data]
    if not rows:
        return ()
    guides.check(guide, guides.starting() if belief.hidden else _known_guides())
    x, labels = zip(*usable(rows), strict=True)
    batch = Classifiers(x, labels, belief, guide)
    found = fit_many(batch, schedule or default_schedule(belief, guide), draws, seeds, compute)
    fits = labelled(found, rows)
    # No normal guide covers a network's weights, whose units may change places: k-hat is told, and decides nothing.
    return tuple(replace(fit, k_limit=np.inf, apart_limit=APART) for fit in fits) if belief.hidden else tuple(fits)


def default_schedule(prior: Prior, guide: str = "laplace") -> Schedule:
    """What brings a guide to rest: little after a Laplace approximation, more where hidden units are to be learnt."""
    if prior.hidden:
        return Schedule(steps=800, learning_rate=0.1, particles=2, minibatch=128, checks=200)
    return guides.load(guide).SCHEDULE


def probabilities(draws: Mapping[str, Tensor | Floats], x: ArrayLike) -> Floats:
    """Class probabilities at inputs `(places, inputs)` under each posterior draw: `(draws, places, classes)`."""
    values = {name: torch.as_tensor(value)[None].double() for name, value in draws.items()}
    inputs = torch.as_tensor(np.asarray(x), dtype=torch.float64).mT[None].contiguous()
    found: Floats = softmax.scores(inputs, values)[0].softmax(1).mT.contiguous().numpy()
    return found


def _known_guides() -> tuple[str, ...]:
    return tuple(name for name in guides.names() if guides.load(name).NEEDS != "nothing")


def _tensors(x: ArrayLike, labels: ArrayLike, prior: Prior) -> tuple[Tensor, Tensor]:
    inputs, own = torch.tensor(np.asarray(x), dtype=torch.float64), torch.tensor(np.asarray(labels))
    if inputs.ndim != 2 or own.shape != inputs.shape[:1]:  # noqa: PLR2004  # two axes
        raise ValueError(f"x must be (rows, inputs) and classes (rows,), not {[tuple(x.shape) for x in (inputs, own)]}")
    if own.is_floating_point() or (len(own) and not 0 <= int(own.min()) <= int(own.max()) < prior.classes):
        raise ValueError(
            f"classes must be whole numbers from 0 to {prior.classes - 1}: name more in Prior(classes=...)"
        )
    scales = prior.weight_scales
    if isinstance(scales, tuple) and len(scales) != inputs.shape[1]:
        raise ValueError(f"weight_scales must be one for all inputs or one each: {len(scales)} for {inputs.shape[1]}")
    return inputs, own.long()


@dataclass(frozen=True, eq=False)
class Classifiers:
    """Many classifiers of one shape under one prior: what is trained together.

    Attributes:
        x: Inputs `(rows, inputs)` of each fit, float64.
        labels: `(rows,)` of each fit.
        prior: Common to all.
        guide_name: Family of the posteriors.
    """

    x: tuple[Tensor, ...]
    labels: tuple[Tensor, ...]
    prior: Prior
    guide_name: str

    @cached_property
    def _spread(self) -> dict[str, Tensor]:
        return self.prior.spread(self.x[0].shape[1])

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The latent sites."""
        return tuple(Site(name, tuple(scale.shape)) for name, scale in self._spread.items())

    @property
    def rows(self) -> tuple[int, ...]:
        """Number of rows of each fit."""
        return tuple(map(len, self.labels))

    @property
    def coordinates(self) -> Coordinates | None:
        """Along the Laplace approximation, for guides that can be as wide as the posterior; else None."""
        return self._laplace.coordinates if guides.load(self.guide_name).NEEDS == "laplace" else None

    def __len__(self) -> int:
        """Number of fits."""
        return len(self.x)

    def bytes_a_fit(self, draws: int, minibatch: int) -> int:
        """Memory of a fit: its rows, and of one fit at a time what each draw makes of them."""
        rows, numbers = max(self.rows), 4 * (self.prior.classes + self.prior.hidden)
        step = 8 * draws * numbers * (minibatch or rows)
        return 12 * rows * self.x[0].shape[1] + 24 * packed_size(self.sites) * draws + step

    def take(self, index: Sequence[int]) -> Classifiers:
        """Some of the fits."""
        x, labels = (tuple(of[i] for i in index) for of in (self.x, self.labels))
        return replace(self, x=x, labels=labels)

    def model(self, dtype: torch.dtype) -> Program:
        """The Pyro program of all fits, in this precision."""
        fits, device = len(self), torch.get_default_device()
        x = [rows.to(device, dtype) for rows in self.x]
        labels = [own.to(device) for own in self.labels]
        priors = {
            site.name: Centred(self._spread[site.name].to(device, dtype)).to_event(len(site.shape))
            for site in self.sites
        }

        def program(rows: Tensor | None = None) -> None:
            with pyro.plate("fits", fits, dim=-2):
                values = {name: pyro.sample(name, prior) for name, prior in priors.items()}
                pyro.factor("labels", softmax.of_fits(x, labels, values, rows))

        return program

    @cached_property
    def _modes(self) -> Mode:
        """Of intercepts and weights, without hidden units."""
        linear = [self._spread[name] for name in ("intercept", "weights") if name in self._spread]
        spread = torch.cat([linear[0][None], *linear[1:]]).double()
        inputs = self.x if len(linear) > 1 else tuple(rows[:, :0] for rows in self.x)
        return modes(inputs, self.labels, spread)

    @cached_property
    def _laplace(self) -> Laplace:
        found, device = self._modes, torch.get_default_device()
        axes = Coordinates(found.latent.to(device), found.root.to(device))
        straight = torch.eye(found.root.shape[-1], dtype=torch.float64, device=device).expand_as(found.root)
        return Laplace(axes, torch.zeros_like(axes.start), straight.contiguous(), found.short)

    def guide(self, seeds: Sequence[int]) -> Guide:
        """The guide of all fits: the linear part starts at its mode, hidden units at a draw of the prior a twin.

        At the prior's mean no gradient would tell hidden units apart.
        """
        noise, found = Noise(seeds, packed_size(self.sites), Purpose.START), self._modes
        mode, unit = (of[:, None].to(torch.get_default_device(), torch.float32) for of in (found.latent, found.unit))
        parts = [self._spread[name].flatten() for name in ("w", "b", "o") if name in self._spread]
        hidden = torch.cat(parts).to(mode) if parts else mode[0, 0, :0]
        at = hidden * noise.draw()[..., mode.shape[-1] :]
        start = Start(
            torch.cat([mode.expand(TWINS, -1, -1, -1), at], -1),
            torch.cat([unit, hidden.expand(len(self), 1, -1)], -1),
            torch.cat([torch.ones_like(mode[0, 0]), torch.full_like(hidden, INIT_SCALE)]),
        )
        begin = Beginning(
            self.sites,
            len(self),
            lambda: start,
            lambda n: noise.draw(n).squeeze(-2).movedim(0, -2),
            lambda: self._laplace,
        )
        made = guides.load(self.guide_name).guide(begin)
        return made if self.prior.hidden else replace(made, short=found.short)

    def outside(self, draws: dict[str, Tensor]) -> dict[str, Tensor]:
        """Classifiers count as their user does."""
        return draws

    def meaning(self, values: dict[str, Tensor]) -> Tensor:
        """What some of the fit's own rows score for each class, against the classes' mean: all that answers rest on."""
        lead = values["intercept"].shape[:-3]
        places = [rows[torch.linspace(0, 1, PLACES, device=rows.device).mul(len(rows) - 1).long()] for rows in self.x]
        each = []
        for rows, own in zip(places, softmax.by_fit(values, 1), strict=True):
            found = softmax.scores(softmax.turned(rows.to(own["intercept"])), own)[0]
            each.append((found - found.mean(1, keepdim=True)).reshape(*lead, -1))
        return torch.stack(each, -2)
