"""Stochastic variational inference: one fit of one Pyro model with one guide.

A fit is a value: posterior draws, the training curve and a verdict come back together, and nothing stays behind in
Pyro's global parameter store or in the global random state. The learning rate decays geometrically to a fraction of
its start, since a constant one leaves posterior means a third of a posterior sd off.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pyro
import torch
from pyro import poutine
from pyro.infer import SVI, Trace_ELBO
from pyro.optim import ClippedAdam

from forecaster.inference.diagnostics import Convergence, convergence
from forecaster.inference.isolation import isolated
from forecaster.inference.psis import TRUSTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray
    from torch import Tensor


PROBE = 60
"""Steps at the full rate that follow training, to see whether it was at rest."""


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train.

    Attributes:
        steps: Gradient steps.
        learning_rate: Adam's rate at the first step.
        final_fraction: The rate at the last step, as a fraction of the first.
        particles: Draws of the guide that each gradient averages over.
    """

    steps: int = 800
    learning_rate: float = 0.02
    final_fraction: float = 0.01
    particles: int = 1

    def optimiser(self, steps: int | None) -> Any:  # noqa: ANN401  # Pyro gives a function a class's name
        """Adam whose rate decays over so many steps, or stays at its start where None."""
        decay = 1.0 if steps is None else self.final_fraction ** (1 / steps)
        return ClippedAdam({"lr": self.learning_rate, "lrd": decay, "betas": (0.9, 0.99)})


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit returns.

    Attributes:
        draws: Posterior draws of each latent site, `(draws, *site shape)`.
        losses: Minus the ELBO at each step, `(steps,)`, in nats.
        convergence: Whether training was at rest.
        k_hat: Pareto shape of the guide's importance weights, see `psis`; NaN where it was not asked for.
        failure: Why there is no posterior; empty where there is one. The rest then means nothing.
    """

    draws: dict[str, Tensor]
    losses: NDArray[np.float64]
    convergence: Convergence
    k_hat: float = np.nan
    failure: str = ""

    @property
    def reason(self) -> str:
        """Why the fit is not to be trusted, the gravest first; empty where nothing speaks against it."""
        too_narrow = f"the guide does not cover the posterior: Pareto k is {self.k_hat:.2f}, above {TRUSTED}"
        return self.failure or self.convergence.reason or (too_narrow if self.k_hat > TRUSTED else "")


def fit(
    model: Callable[[], Any],
    guide: Callable[[], Any],
    sites: tuple[str, ...],
    schedule: Schedule,
    draws: int,
    seed: int,
) -> Fit:
    """Trains `guide` towards the posterior of `model` and draws from it.

    Args:
        model: A Pyro model without arguments (its data are bound already) with rows in one plate, `dim=-1`; it
            must broadcast over a dimension to the left of that plate.
        guide: A Pyro guide of the same latent sites.
        sites: The latent sites to draw.
        schedule: Steps and rates.
        draws: Posterior draws to return.
        seed: The same seed gives the same fit, bit for bit on one machine.

    Raises:
        FloatingPointError: Where a loss is not finite.
    """
    with isolated(seed):
        elbo = Trace_ELBO(
            num_particles=schedule.particles, vectorize_particles=schedule.particles > 1, max_plate_nesting=1
        )
        losses = _train(SVI(model, guide, schedule.optimiser(schedule.steps), elbo), schedule.steps)
        posterior = _draw(guide, sites, draws)
        # The probe may move the guide: its draws are taken already.
        probe = _train(SVI(model, guide, schedule.optimiser(None), elbo), PROBE)
        return Fit(posterior, losses, convergence(losses, probe))


def _train(svi: SVI, steps: int) -> NDArray[np.float64]:
    losses = np.array([svi.step() for _ in range(steps)])
    if not np.isfinite(losses).all():
        step = int(np.argmin(np.isfinite(losses)))
        raise FloatingPointError(f"training diverged: the loss of step {step} is not a finite number")
    return losses


def _draw(guide: Callable[[], Any], sites: tuple[str, ...], draws: int) -> dict[str, Tensor]:
    """Independent draws of each site, all in one vectorised pass of the guide."""
    with torch.no_grad(), pyro.plate("draws", draws, dim=-2):
        trace = poutine.trace(guide).get_trace()
    values: dict[str, Any] = {name: trace.nodes[name]["value"] for name in sites}
    return {name: value.squeeze(1) for name, value in values.items()}
