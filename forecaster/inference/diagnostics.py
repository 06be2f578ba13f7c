"""The verdicts that every fit carries: is it at rest, do its twins agree, how much did the data teach?

Rest: a learning rate that decays brings any curve to a stop, converged or not. So after training a short probe goes on
at the full rate: where the loss then falls below the level that training reached, training stopped too early. A nat is
the unit in which posteriors differ; a fall of more than one, beyond what noise explains, is not rest.

Agreement: twins trained from different noise should end with the same means. Contraction: one minus the variance of
the posterior in parts of the prior's; near 0 the data taught nothing, near 1 the prior no longer matters.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from forecaster.inference.psis import TRUSTED

if TYPE_CHECKING:
    from torch import Tensor

    from forecaster.floats import Floats


TOLERANCE = 1.0
"""Nats by which the probe may fall below the end of training."""


DISAGREEMENT = 0.5
"""Posterior sd by which twins' means may differ. Of equal twins the largest of twenty differs by 0.15, by the noise of
500 draws each."""


OFF = 0.85
"""Least spread of a guide in parts of the posterior's; the greatest is as far above one.

Of a thousand draws of a guide that is nine tenths as wide the spread falls below it for one latent in two hundred; of
one that is eight tenths as wide it as rarely stays above.
"""

MENDED = 0.6
"""The same where draws are weighed: weights mend a guide that is not far too narrow."""

UNFOUND = 1e-3
"""Nats by which a search may fall short of the mode: four hundredths of a standard deviation."""


@dataclass(frozen=True)
class Convergence:
    """The verdict on a fit.

    Attributes:
        fall: Mean loss at the end of training minus that of the probe, in nats; negative at rest.
        standard_error: Of `fall`, from the step-to-step noise of both.
    """

    fall: float
    standard_error: float

    @property
    def reason(self) -> str:
        """Why the fit is not to be trusted; empty where it is at rest."""
        if self.fall <= TOLERANCE + 3 * self.standard_error:
            return ""
        return f"training had not converged: {self.fall:.1f} nats more could be gained when it stopped"


@dataclass(frozen=True, eq=False)
class Fit:
    """What a fit returns.

    Attributes:
        draws: Posterior draws of each latent site, `(draws, *site shape)`.
        losses: Minus the ELBO at each step, `(steps,)`, in nats.
        convergence: Whether training was at rest.
        elbo: Of all rows, the mean over fresh draws of the trained guide, in nats.
        k_hat: Pareto shape of the guide's importance weights, see `psis`.
        k_limit: Above it the guide is called too narrow; infinite where k-hat decides nothing.
        disagreement: Largest difference of the twins' means of what the batch says matters, in posterior sd.
        apart_limit: Above it the twins are called apart.
        contraction: One minus posterior variance in parts of prior variance, of each site in unconstrained numbers.
        spread: Standard deviation of the guide in parts of that which curvature at its mean tells, of each site in
            unconstrained numbers; empty where nothing tells it.
        short: Nats that the search for the mode, where the guide starts, had still to find when it stopped.
        weighed: Whether the draws were weighed by model over guide.
        flaw: What is wrong with its data, though there is a posterior; empty where nothing is.
        failure: Why there is no posterior; empty where there is one. The rest then means nothing.
    """

    draws: dict[str, Tensor]
    losses: Floats
    convergence: Convergence
    elbo: float = np.nan
    k_hat: float = np.nan
    k_limit: float = TRUSTED
    disagreement: float = np.nan
    apart_limit: float = DISAGREEMENT
    contraction: dict[str, Floats] = field(default_factory=dict)
    spread: dict[str, Floats] = field(default_factory=dict)
    short: float = 0.0
    weighed: bool = False
    flaw: str = ""
    failure: str = ""

    @property
    def reason(self) -> str:
        """Why the fit is not to be trusted, the gravest first; empty where nothing speaks against it."""
        doubts = [self.failure, self.flaw, self.convergence.reason]
        if self.short > UNFOUND:
            doubts.append(f"the mode was not found: {self.short:.2g} nats more could be gained when the search stopped")
        if found := self._off():
            doubts.append(found)
        if self.k_hat > self.k_limit:
            doubts.append(f"the guide does not cover the posterior: Pareto k is {self.k_hat:.2f}, above {self.k_limit}")
        if self.disagreement > self.apart_limit:
            apart = f"the means of two trainings are {self.disagreement:.1f} posterior sd apart"
            doubts.append(f"{apart}, more than {self.apart_limit}")
        return next(filter(None, doubts), "")

    def _off(self) -> str:
        """Where the guide is not as wide as the posterior; empty where it is, or nothing tells."""
        each = [(abs(np.log(of)), of, name) for name, value in self.spread.items() for of in value.ravel() if of > 0]
        off, ratio, name = max(each, default=(0.0, 1.0, ""))
        if off <= -np.log(MENDED if self.weighed else OFF):
            return ""
        return f"the guide is not as wide as the posterior: {ratio:.2f} of its sd in {name}"


def convergence(losses: Floats, probe: Floats) -> Convergence:
    """Judges a training curve `(steps,)` by a probe `(more steps,)` at the full rate, in nats; NaN where not finite.

    >>> convergence(np.full(100, 50.0), np.full(40, 50.5)).reason
    ''
    >>> convergence(np.full(100, 50.0), np.full(40, 30.0)).reason
    'training had not converged: 20.0 nats more could be gained when it stopped'
    """
    end, later = losses[-max(losses.size // 10, 2) :], probe[probe.size // 2 :]
    with np.errstate(invalid="ignore"):
        return Convergence(
            fall=float(end.mean() - later.mean()),
            standard_error=float(np.sqrt(_noise(end) / end.size + _noise(later) / later.size)),
        )


def _noise(losses: Floats) -> float:
    """Variance of single losses around their trend, from their differences: a trend is no noise."""
    return float(np.diff(losses).var()) / 2 if losses.size > 1 else 0.0
