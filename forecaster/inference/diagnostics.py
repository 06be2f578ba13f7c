"""Is a training curve at rest? The verdict that every fit carries.

The mean loss of the last tenth of the steps is compared with that of the tenth before it. A curve that still falls by
more than a nat, beyond what its own noise explains, has not converged: a nat is the unit in which posteriors differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLERANCE = 1.0
"""Nats by which the loss may still fall between the last two tenths of a training run."""


@dataclass(frozen=True)
class Convergence:
    """The verdict on a training curve.

    Attributes:
        fall: Mean loss of the last but one tenth minus that of the last, in nats.
        standard_error: Of `fall`, from the step-to-step noise of both tenths.
    """

    fall: float
    standard_error: float

    @property
    def reason(self) -> str:
        """Why the fit is not to be trusted; empty where it is at rest."""
        if self.fall <= TOLERANCE + 3 * self.standard_error:
            return ""
        return f"training had not converged: the loss still fell by {self.fall:.1f} nats at its end"


def convergence(losses: NDArray[np.float64]) -> Convergence:
    """Judges a training curve `(steps,)` of at least 20 finite losses, in nats.

    >>> convergence(np.linspace(1000.0, 0.0, 100)).reason
    'training had not converged: the loss still fell by 101.0 nats at its end'
    >>> convergence(np.ones(100)).reason
    ''
    """
    length = max(losses.size // 10, 2)
    last, before = losses[-length:], losses[-2 * length : -length]
    # A falling curve must not hide in its own spread: the noise is measured around the fall within each tenth.
    noise = np.concatenate([np.diff(last), np.diff(before)]).var() / 2
    return Convergence(fall=float(before.mean() - last.mean()), standard_error=float(np.sqrt(2 * noise / length)))
