"""Is a fit at rest? The verdict that every fit carries.

A learning rate that decays brings any curve to a stop, converged or not. So after training a short probe goes on at
the full rate: where the loss then falls below the level that training reached, training stopped too early. A nat is
the unit in which posteriors differ; a fall of more than one, beyond what noise explains, is not rest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOLERANCE = 1.0
"""Nats by which the probe may fall below the end of training."""


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
        return f"training had not converged: {self.fall:.1f} more nats were to be had when it stopped"


def convergence(losses: Floats, probe: Floats) -> Convergence:
    """Judges a training curve `(steps,)` by a probe `(more steps,)` at the full rate, both finite, in nats.

    >>> convergence(np.full(100, 50.0), np.full(40, 50.5)).reason
    ''
    >>> convergence(np.full(100, 50.0), np.full(40, 30.0)).reason
    'training had not converged: 20.0 more nats were to be had when it stopped'
    """
    end, later = losses[-max(losses.size // 10, 2) :], probe[probe.size // 2 :]
    return Convergence(
        fall=float(end.mean() - later.mean()),
        standard_error=float(np.sqrt(_noise(end) / end.size + _noise(later) / later.size)),
    )


def _noise(losses: Floats) -> float:
    """Variance of single losses around their trend, from their differences: a trend is no noise."""
    return float(np.diff(losses).var()) / 2
