"""Regimes of changes, calm, nervous and panic, as a hidden Markov model: the Pyro program of many, and their guides.

With k the regime of a day, hidden, and changes in units of their standard deviation,

    k_t | k_{t-1} ~ row k_{t-1} of the transition matrix
    y_t = location_k + scale_k e_t,     e_t Student-t of one df

Scales are ordered, `scale_1 < scale_2 < scale_3`: the first by its logarithm, the others by steps `log(1 + exp u)` that
they add to that, u normal, so that regimes cannot change places. Rows of the matrix are sticky: a regime is left with
probability `1 / (1 + exp -l)`, for the farther of the two others with probability `1 / (1 + exp -j)`, l and j normal.
Hidden states are summed out exactly (`forecaster.families.hidden_states`). Each fit has its own changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import pyro.distributions as dist
import torch
from torch.distributions import constraints

from forecaster.families import linear
from forecaster.families.hidden_states import STATES, Chain, Days, log_likelihood
from forecaster.families.likelihoods import LEAST_DF
from forecaster.inference import guides
from forecaster.inference.coordinates import Coordinates
from forecaster.inference.guide import Beginning
from forecaster.inference.laplace import laplace
from forecaster.inference.many import fit_many
from forecaster.inference.noise import TWINS, Noise, Purpose
from forecaster.inference.sites import Site, packed_size, packed_start

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike
    from torch import Tensor

    from forecaster.contract import Compute
    from forecaster.floats import Floats
    from forecaster.inference.diagnostics import Fit
    from forecaster.inference.guide import Guide
    from forecaster.inference.laplace import Laplace
    from forecaster.inference.schedule import Schedule
    from forecaster.inference.sites import Program

NAMES = ("calm", "nervous", "panic")
"""The regimes, by their scales."""

OTHERS = ((1, 2), (0, 2), (1, 0))
"""Where each regime is left for: the nearer first, then the farther."""

FAR = 100.0
"""Further than so many standard deviations no change is believed: single precision ends where its square does."""

UNUSABLE = "the changes must be finite numbers that vary"


@dataclass(frozen=True)
class Prior:
    """What is believed before the data, in units of the changes' standard deviation; the same for every fit.

    Attributes:
        location_scale: Standard deviation of each regime's location.
        scale: Median of the calm regime's scale.
        scale_spread: Standard deviation of its logarithm.
        step: Median of what each next regime adds to the log scale; u has a standard deviation of 1.
        stay: Median number of days that a regime lasts.
        stay_spread: Standard deviation of the log odds that it is left.
        farther: Median probability that it is left for the farther of the two others.
    """

    location_scale: float = 0.1
    scale: float = 0.5
    scale_spread: float = 0.5
    step: float = 0.7
    stay: float = 50.0
    stay_spread: float = 1.0
    farther: float = 0.2


SITES = (
    Site("location", (STATES,)),
    Site("log_scale", (), start=np.log(0.5)),
    Site("steps", (STATES - 1,)),
    Site("df_excess", (), constraints.positive, 5.0),
    Site("leave", (STATES,), start=-np.log(50.0)),
    Site("farther", (STATES,), start=-1.0),
)
"""The latent sites."""


def fit_regimes(
    changes: Sequence[ArrayLike],
    seeds: Sequence[int],
    prior: Prior | None = None,
    guide: str = "full_rank",
    schedule: Schedule | None = None,
    draws: int = 1000,
    compute: Compute | None = None,
) -> tuple[Fit, ...]:
    """Fits the regimes of many series at once, each independent of the others.

    Args:
        changes: `(days,)` of each fit, oldest first, in units of their standard deviation; days may differ in number.
        seeds: One a fit.
        prior: The same for all.
        guide: Family of the posteriors, see `forecaster.inference.guides`.
        schedule: Steps and rates; those of the guide where None.
        draws: Posterior draws of each fit.
        compute: Where they are trained, and how many at once; no result depends on how many.

    Returns:
        A fit each, in order. One whose changes are not finite, or never vary, or whose training diverged twice, says so
        in `failure`; the others are what they would have been without it.

    Raises:
        UnknownNameError: For a guide that does not exist.
        ValueError: Where changes of a fit are no row of at least two numbers.
    """
    rows = [np.asarray(own, np.float64) for own in changes]
    if any(own.ndim != 1 or own.size < 2 for own in rows):  # noqa: PLR2004  # a move has two days
        raise ValueError(f"changes must be (days,) of each fit, at least two, not {[own.shape for own in rows]}")
    if not rows:
        return ()
    usual = guides.load(guide).SCHEDULE
    good = [bool(np.isfinite(own).all() and np.ptp(own) > 0) for own in rows]
    # One that cannot be used keeps its place: the others' arithmetic stays as it was.
    kept = [own if of else np.resize([-1.0, 1.0], own.size) for own, of in zip(rows, good, strict=True)]
    fits = fit_many(batch_of(kept, prior, guide), schedule or usual, draws, seeds, compute)
    return tuple(fit if of else replace(fit, failure=UNUSABLE) for fit, of in zip(fits, good, strict=True))


def batch_of(changes: Sequence[Floats], prior: Prior | None = None, guide: str = "full_rank") -> Regimes:
    """Fits that are trained together, of changes `(days,)` as `fit_regimes` takes them."""
    return Regimes(tuple(torch.from_numpy(np.clip(own, -FAR, FAR)) for own in changes), prior or Prior(), guide)


@dataclass(frozen=True, eq=False)
class Regimes:
    """Many chains under one prior: what is trained together.

    Attributes:
        changes: `(days,)` of each fit, float64.
        prior: Common to all.
        guide_name: Family of the posteriors.
    """

    changes: tuple[Tensor, ...]
    prior: Prior
    guide_name: str

    sites = SITES

    @property
    def rows(self) -> tuple[int, ...]:
        """Number of days of each fit."""
        return tuple(map(len, self.changes))

    def __len__(self) -> int:
        """Number of fits."""
        return len(self.changes)

    def bytes_a_fit(self, draws: int, _: int) -> int:
        """Memory of a fit: what a gradient step keeps of each day, and the search for the mode, in doubles."""
        days = max(self.rows)
        return days * (250 * draws + 500 * 2 * packed_size(SITES)) + 800 * packed_size(SITES) ** 2

    def take(self, index: Sequence[int]) -> Regimes:
        """Some of the fits."""
        return replace(self, changes=tuple(self.changes[i] for i in index))

    @property
    def coordinates(self) -> Coordinates:
        """Unconstrained latents as they are, about starts of each fit's own scales."""
        start = packed_start(SITES).repeat(len(self), 1)
        for own, rows in zip(start, self.changes, strict=True):
            scales = torch.quantile(_blocks(rows), torch.tensor([0.15, 0.5, 0.9], dtype=rows.dtype)).clamp(min=1e-3)
            steps = scales.log().diff().clamp(min=0.2)
            own[STATES] = scales[0].log()
            own[STATES + 1 : STATES + 3] = steps.expm1().log()
        return Coordinates(start, torch.eye(start.shape[1], dtype=start.dtype).repeat(len(self), 1, 1))

    @cached_property
    def laplace(self) -> Laplace:
        """The Laplace approximation of all fits."""
        return laplace(self.model(torch.float64), SITES, self.coordinates)

    def model(self, dtype: torch.dtype) -> Program:
        """The Pyro program of all fits, in this precision; it looks at all days."""
        days, fits, device = Days.of(self.changes, dtype), len(self), torch.get_default_device()
        counts = torch.tensor(self.rows, dtype=dtype, device=device)
        laws = self._laws(dtype)

        def program(_: Tensor | None = None) -> None:
            with pyro.plate("fits", fits, dim=-2):
                values = {name: pyro.sample(name, law) for name, law in laws.items()}
                pyro.factor("y", _density(values, days, counts))

        return program

    def _laws(self, dtype: torch.dtype) -> dict[str, Any]:
        """The prior of each site, as Pyro distributions."""
        of = self.prior

        def normal(middle: float, sd: float, size: int) -> Any:  # noqa: ANN401  # a Pyro distribution
            law = dist.Normal(torch.tensor(middle, dtype=dtype), torch.tensor(sd, dtype=dtype))
            return law.expand([size]).to_event(1) if size else law

        return {
            "location": normal(0.0, of.location_scale, STATES),
            "log_scale": normal(float(np.log(of.scale)), of.scale_spread, 0),
            "steps": normal(float(np.log(np.expm1(of.step))), 1.0, STATES - 1),
            "df_excess": linear.df_excess(),
            "leave": normal(-float(np.log(of.stay)), of.stay_spread, STATES),
            "farther": normal(float(np.log(of.farther / (1 - of.farther))), 1.0, STATES),
        }

    def guide(self, seeds: Sequence[int]) -> Guide:
        """The guide of all fits, where its training starts."""

        def directions(count: int) -> Tensor:
            noise = Noise(seeds, count * packed_size(SITES), Purpose.START).draw()
            return noise.reshape(TWINS, len(self), count, -1)

        family = guides.load(self.guide_name)
        made = family.guide(Beginning(SITES, len(self), lambda: self.laplace.start, directions, lambda: self.laplace))
        return made if family.NEEDS == "nothing" else replace(made, short=self.laplace.short)

    def meaning(self, values: dict[str, Tensor]) -> Tensor:
        """Every latent matters: `(..., fits, latents)`."""
        flat = [values[site.name].reshape(*values["log_scale"].shape, -1) for site in SITES]
        return torch.cat(flat, -1).squeeze(-2)

    def outside(self, draws: dict[str, Tensor]) -> dict[str, Tensor]:
        """They count as their user does."""
        return draws


def _blocks(rows: Tensor) -> Tensor:
    """Mean sizes of changes in fortnights `(fortnights,)`: what a regime that lasts looks like."""
    size = min(10, len(rows))
    return rows[: len(rows) // size * size].abs().reshape(-1, size).mean(1)


def _density(values: Mapping[str, Tensor], days: Days, counts: Tensor) -> Tensor:
    """Log density of all changes of each fit `(..., fits, 1)`, of values `(..., fits, 1, *site shape)`."""
    shape = values["log_scale"].shape
    flat = {site.name: values[site.name].reshape(-1, shape[-2], *site.shape) for site in SITES}
    chain = chain_of({name: value.movedim(-1, 0) if value.ndim > 2 else value for name, value in flat.items()})  # noqa: PLR2004  # draws and fits
    df = chain.df
    top = torch.lgamma((df + 1) / 2) - torch.lgamma(df / 2) - torch.log(torch.pi * df) / 2
    return (log_likelihood(chain, days) + counts * top).reshape(shape)


def chain_of(values: Mapping[str, Tensor]) -> Chain:
    """The chains that values of the sites `(*site shape, draws, fits)` stand for."""
    first, (second, third) = values["log_scale"], torch.log(1 + values["steps"].exp())
    leave, farther = values["leave"], values["farther"]
    stays, leaves, near, far = (-torch.log(1 + of.exp()) for of in (leave, -leave, farther, -farther))
    rows = []
    for state, (one, two) in enumerate(OTHERS):
        row = {state: stays[state], one: leaves[state] + near[state], two: leaves[state] + far[state]}
        rows.append(torch.stack([row[to] for to in range(STATES)]))
    log_scale = torch.stack([first, first + second, first + second + third])
    return Chain(values["location"], log_scale, LEAST_DF + values["df_excess"], torch.stack(rows))


def scales_of(draws: Mapping[str, Floats]) -> Floats:
    """Scale of each regime `(draws, 3)`, of draws of the sites `(draws, *site shape)`."""
    steps = np.logaddexp(0, draws["steps"]).cumsum(1)
    result: Floats = np.exp(draws["log_scale"][:, None] + np.pad(steps, ((0, 0), (1, 0))))
    return result


def stays_of(draws: Mapping[str, Floats]) -> Floats:
    """Days that each regime lasts in the mean `(draws, 3)`: one over the probability that it is left."""
    result: Floats = 1 + np.exp(-draws["leave"])
    return result


def transitions_of(draws: Mapping[str, Floats]) -> Floats:
    """The transition matrix, from the rows to the columns `(draws, 3, 3)`."""
    values = {name: torch.from_numpy(np.moveaxis(own, 0, -1)) for name, own in draws.items()}
    return np.ascontiguousarray(np.moveaxis(chain_of(values).log_moves.exp().numpy(), -1, 0))
