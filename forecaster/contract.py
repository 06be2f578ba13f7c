"""What a forecaster sees, and what it gives back. Arrays only: no tables, no stores, no dates.

A model file offers three names: `Settings` (a pydantic model with its defaults), `SUMMARY` (one line) and
`fit(examples, settings, seeds, compute)`, which trains any number of fits at once. That is the whole contract; its
file name is its id. `LABEL`, where there is one, is what people call it. One that has a posterior to show offers
`LATENTS` too, the names of what it believes something of, and has a setting `draws`; where it can be looked into by
other methods, also `study(examples, settings)`, see `forecaster.inference.study`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forecaster.distribution.predictive import Predictive
    from forecaster.floats import Floats
    from forecaster.progress import Tell


class ModelSettings(BaseModel):
    """The base of every model's `Settings`: unknown keys are errors, and values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True)
class Compute:
    """Where fits are trained, and in how much memory. It decides how long they take, and nothing else: memory no byte.

    Attributes:
        device: As torch names it.
        memory: Bytes that the fits trained at once may take.
    """

    device: str = "cpu"
    memory: int = 2**29


@dataclass(frozen=True, eq=False)
class Examples:
    """Training rows of one asset, all known at one origin.

    Attributes:
        series: Names of the series, in the order of the last axis of `x`.
        x: Windows of changes `(rows, 7, series)`, oldest day first, fractions per session.
        standard: The same windows in standard units, as `ingest.covariates.standard_changes` gives them.
        y: The next session's price change `(rows,)`, a fraction.
        volatility: Standard deviation of the change as known at each row's close `(rows,)`, fraction per session.
        covariates: Names of the covariates of the log scale, in the order of the last axis of `z`.
        z: Covariates of the log scale as known at each row's close `(rows, covariates)`, standardised; 0, their usual
            value, where one was not known.
        history: Every known price change of the training window `(sessions,)`, oldest first, fractions. Days without
            a change that an atom explains, see `forecaster.view.atoms`, are neither rows nor in it.
    """

    series: tuple[str, ...]
    x: Floats
    standard: Floats
    y: Floats
    volatility: Floats
    covariates: tuple[str, ...]
    z: Floats
    history: Floats


@dataclass(frozen=True, eq=False)
class Origin:
    """The one window that a forecast starts from.

    Attributes:
        x: Changes `(7, series)`, oldest day first, fractions per session.
        standard: The same in standard units.
        volatility: Standard deviation of the change as known at the close, fraction per session.
        z: Covariates of the log scale as known at the close `(covariates,)`, as in the examples.
        history: Every known price change up to the close `(sessions,)`, as many as a fit may learn from, fractions;
            the same days as in the examples.
    """

    x: Floats
    standard: Floats
    volatility: float
    z: Floats
    history: Floats


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
class Latent:
    """What is believed of one quantity of a model before and after the data.

    Attributes:
        draws: Posterior draws `(draws, *shape)`; `shape` is `(7, series)` where there is one for each input.
        prior_sd: Standard deviation before the data `(*shape)`.
        r_hat: Split R-hat `(*shape)` of draws that chains gave, None for draws of a guide.
        effective: Effective draws `(*shape)` of chains, likewise.

    Raises:
        ValueError: Where shapes differ.
    """

    draws: Floats
    prior_sd: Floats
    r_hat: Floats | None = None
    effective: Floats | None = None

    def __post_init__(self) -> None:
        """Checks the shapes once."""
        parts = [part for part in (self.prior_sd, self.r_hat, self.effective) if part is not None]
        if self.draws.ndim == 0 or len(self.draws) < 2 or any(p.shape != self.draws.shape[1:] for p in parts):  # noqa: PLR2004  # draws with a spread
            raise ValueError(f"draws {self.draws.shape} do not match {[part.shape for part in parts]}")


def _none() -> Floats:
    import numpy as np  # noqa: PLC0415  # it takes a tenth of a second, and reading settings needs none of it

    return np.empty(0)


@dataclass(frozen=True, eq=False)
class Fitted:
    """A trained forecaster. One process can hand it to another: it holds functions of modules, no closures.

    Attributes:
        predict: From an origin to the predictive distribution of the next session's change: a function of the model's
            file with `functools.partial`, or the method of a dataclass.
        reason: Why its own diagnostics call it unreliable, empty where they do not.
        by_draw: Whether components of its forecasts are posterior draws, always in the same order.
        losses: Minus the ELBO at each step `(steps,)`, in nats; empty where no ELBO was trained.
        weights: Effect of each input, None where there is none.
        diagnostics: Further figures by name.
        posterior: The latents by a name for people; empty where there are none.
        layers: Weights of each layer of a network by name, `(draws, *shape)` in the units that it is trained in; one
            draw where they have no spread. Empty of what is no network.
        nuts: The same model fitted by NUTS, from a seed, which takes its time and tells how far it is; None where
            there is no such way.
        figures: From an origin to what it says of that day by name, such as the probabilities of states; kept beside
            `diagnostics` with every forecast that is recorded. None where it says nothing. Of the same kind as
            `predict`.
    """

    predict: Callable[[Origin], Predictive]
    reason: str = ""
    by_draw: bool = False
    losses: Floats = field(default_factory=_none)
    weights: Weights | None = None
    diagnostics: Mapping[str, float] = field(default_factory=dict)
    posterior: Mapping[str, Latent] = field(default_factory=dict)
    layers: Mapping[str, Floats] = field(default_factory=dict)
    nuts: Callable[[int, Tell], Fitted] | None = None
    figures: Callable[[Origin], Mapping[str, float]] | None = None


INSTEAD = "'s distribution is used instead"
"""Follows the name of the model that stands in for a fit that failed, at the end of the reason."""


@dataclass(frozen=True)
class Failed:
    """A fit that gives no forecast of its own.

    Attributes:
        reason: Why, for a reader of the report.
        raised: Whether the forecaster's own code is at fault: then nothing stands in for it.
        stopped: Whether it was ended from outside, which another day it may not be: nothing that it would have said of
            the past is kept.
    """

    reason: str
    raised: bool = False
    stopped: bool = False


@dataclass(frozen=True, eq=False)
class Track:
    """How forecasters fared on past days, all of it known at one origin.

    Attributes:
        members: Their ids.
        log_score: `(days, members)`, oldest day first, in nats, lower is better; NaN where one had no forecast.
        pit: `(days, members)`, likewise, of the forecasts' continuous parts; NaN also where an atom explains the
            outcome.
    """

    members: tuple[str, ...]
    log_score: Floats
    pit: Floats

    def of(self, members: tuple[str, ...]) -> Track:
        """The columns of some of the members; itself where they are all in order."""
        if members == self.members:
            return self
        columns = [self.members.index(name) for name in members]
        return Track(members, self.log_score[:, columns], self.pit[:, columns])


@dataclass(frozen=True, eq=False)
class Pooled:
    """A forecast that is made of others.

    Attributes:
        predictive: The distribution.
        weights: What each member counts for, summing to 1.
        diagnostics: Further figures by name.
    """

    predictive: Predictive
    weights: Mapping[str, float]
    diagnostics: Mapping[str, float] = field(default_factory=dict)
