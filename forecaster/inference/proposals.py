"""Proposals for importance sampling, held against each other: the prior, any guide, each with weights for its draws.

Draws of a proposal, weighed by model over proposal, estimate the posterior whatever the proposal, if it covers it. How
much they are worth is their effective number, `1 / sum w^2` of weights that sum to one (Kong 1992); whether that number
can be believed, the shape k of the weights' tail (`forecaster.inference.psis`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import torch
from pyro import poutine

from forecaster.inference import psis
from forecaster.inference.checks import proposals
from forecaster.inference.importance import RELIABLE
from forecaster.inference.isolation import isolated
from forecaster.inference.sites import of_fits
from forecaster.inference.svi import Training

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from forecaster.floats import Floats
    from forecaster.inference.batch import Batch
    from forecaster.inference.schedule import Schedule

DRAWS = 4000


@dataclass(frozen=True, eq=False)
class Proposal:
    """Draws of one fit's proposal, and what each is worth.

    Attributes:
        draws: Of each latent site `(draws, *site shape)`, as whoever gave the data counts them.
        log_weights: Log density of model over proposal at each `(draws,)`, in nats.
        parameters: Of a guide, as training left them, of both twins `(twins, *shape)`; empty where nothing is trained.
        losses: Minus the ELBO at each step `(steps,)`, in nats; empty likewise.
    """

    draws: Mapping[str, Floats]
    log_weights: Floats
    parameters: Mapping[str, Floats] = field(default_factory=dict)
    losses: Floats = field(default_factory=lambda: np.empty(0))

    @cached_property
    def k_hat(self) -> float:
        """Shape of the tail of the weights; see `psis.k_hat`."""
        return float(psis.k_hat(self.log_weights[None])[0])

    @property
    def reliable(self) -> bool:
        """Whether its weighed draws may stand for the posterior's: k-hat is at most 0.7."""
        return self.k_hat <= RELIABLE

    @cached_property
    def weights(self) -> Floats:
        """Smoothed weights `(draws,)`, which sum to one."""
        finite = np.nan_to_num(self.log_weights, nan=-np.inf, posinf=-np.inf)
        lowest = finite[np.isfinite(finite)].min(initial=0.0)
        result: Floats = psis.smoothed(np.maximum(finite, lowest - 1000.0)[None])[0]
        return result

    @property
    def effective(self) -> float:
        """What its weighed draws are worth in independent draws of the posterior, at most their number."""
        return float(1 / np.square(self.weights).sum())

    @property
    def log_evidence(self) -> float:
        """Log of the mean weight: an estimate of the log density of the data under the model, in nats."""
        top = float(self.log_weights.max())
        return top + float(np.log(np.exp(self.log_weights - top).mean()))


def moments(values: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation of weighed draws `(draws, ...)` under weights `(draws,)` that sum to one.

    >>> mean, sd = moments(np.array([0.0, 1.0]), np.array([0.5, 0.5]))
    >>> float(mean), float(sd)
    (0.5, 0.5)
    """
    mean = np.tensordot(weights, values, 1)
    return mean, np.sqrt(np.tensordot(weights, np.square(values - mean), 1))


def prior(batch: Batch, seed: int, draws: int = DRAWS) -> Proposal:
    """The prior of a batch of one as proposal: a draw's weight is its likelihood."""
    _require_one(batch)
    sites = [site.name for site in batch.sites]
    with isolated(seed), torch.no_grad(), pyro.plate("draws", draws, dim=-3):
        nodes: Any = poutine.trace(_in_doubles(batch)).get_trace(None)
        nodes.compute_log_prob(lambda name, _: name == "y")
        weights = nodes.nodes["y"]["log_prob"].reshape(draws)
        values = {name: nodes.nodes[name]["value"][:, :, 0] for name in sites}
    return Proposal(_outside(batch, values), weights.double().numpy())


def _in_doubles(batch: Batch) -> Any:  # noqa: ANN401  # a Pyro program
    """The program in float64, a prior's own precision where it is open included."""
    model = batch.model(torch.float64)

    def program(_: Tensor | None = None) -> None:
        usual = torch.get_default_dtype()
        torch.set_default_dtype(torch.float64)
        try:
            model(None)
        finally:
            torch.set_default_dtype(usual)

    return program


def guided(batch: Batch, schedule: Schedule, seed: int, draws: int = DRAWS) -> Proposal:
    """The guide of a batch of one as proposal, trained as the fit of this seed trains it; half the draws of each twin.

    Args:
        batch: Data, prior and guide of one fit.
        schedule: As the fit is trained.
        seed: The fit's.
        draws: How many, a multiple of 50.

    Raises:
        ValueError: Where the batch holds another number of fits than one.
    """
    _require_one(batch)
    with isolated(0):
        training = Training.of(batch, schedule, [seed])
        losses = training.run(list(schedule.rates()))[0] if schedule.steps else np.empty(0)
        with torch.no_grad():
            blocks = list(proposals(training.model, training.guide, [seed], draws))
            kept = {name: _array(value.detach()) for name, value in pyro.get_param_store().items()}
        weights = torch.cat([block.flatten() for block, _ in blocks])
        values = {name: torch.cat([of_fits(block[name]) for _, block in blocks]) for name in blocks[0][1]}
    return Proposal(_outside(batch, values), _array(weights), kept, losses)


def _outside(batch: Batch, values: dict[str, Tensor]) -> dict[str, Floats]:
    return {name: _array(value[:, 0]) for name, value in batch.outside(values).items()}


def _array(value: Tensor) -> Floats:
    result: Floats = value.double().contiguous().numpy()
    return result


def _require_one(batch: Batch) -> None:
    if len(batch) != 1:
        raise ValueError(f"a proposal is of one fit, not of {len(batch)}: use batch.take([i])")
