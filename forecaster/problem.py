"""What a forecaster sees, and what it gives back. Arrays only: no tables, no stores, no dates.

A model file offers three names: `Settings` (a pydantic model with its defaults), `SUMMARY` (one line) and
`fit(examples, settings, seeds, compute) -> Fitted | Failed of each`. That is the whole contract; its file name is its
id.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import NDArray

    from forecaster.predictive import Predictive

    Floats = NDArray[np.float64]


class ModelSettings(BaseModel):
    """The base of every model's `Settings`: unknown keys are errors, and values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Compute:
    """Where fits are trained, and how many of them at once.

    Attributes:
        device: A torch device.
        memory: Bytes that the fits trained at once may take, roughly; no result depends on it.
    """

    device: str = "cpu"
    memory: int = 2**28


@dataclass(frozen=True, eq=False)
class Examples:
    """Training rows of one asset, all known at one origin.

    Attributes:
        series: Names of the series, in the order of the last axis of `x`.
        x: Windows of changes `(rows, 7, series)`, oldest day first, fractions per session.
        y: The next session's price change `(rows,)`, a fraction.
        volatility: Standard deviation of the change as known at each row's close `(rows,)`, fraction per session.
        history: Every known price change of the training window `(sessions,)`, oldest first, fractions.
    """

    series: tuple[str, ...]
    x: Floats
    y: Floats
    volatility: Floats
    history: Floats


@dataclass(frozen=True, eq=False)
class Origin:
    """The one window that a forecast starts from.

    Attributes:
        x: Changes `(7, series)`, oldest day first, fractions per session.
        volatility: Standard deviation of the change as known at the close, fraction per session.
    """

    x: Floats
    volatility: float


@dataclass(frozen=True, eq=False)
class Weights:
    """How strongly each input moves the forecast, in units of standardised inputs and response.

    Attributes:
        mean: `(7, series)`, oldest day first.
        sd: `(7, series)` posterior standard deviations, NaN for a deterministic network.
    """

    mean: Floats
    sd: Floats


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained forecaster.

    Attributes:
        predict: From an origin to the predictive distribution of the next session's change.
        reason: Why its own diagnostics call it unreliable, empty where they do not.
        losses: Minus the ELBO at each step `(steps,)`, in nats; empty where no ELBO was trained.
        weights: Effect of each input, None where there is none.
        diagnostics: Further figures by name.
    """

    predict: Callable[[Origin], Predictive]
    reason: str = ""
    losses: Floats = field(default_factory=lambda: np.empty(0))
    weights: Weights | None = None
    diagnostics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """A fit without a posterior.

    Attributes:
        reason: Why there is none.
    """

    reason: str
