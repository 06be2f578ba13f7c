"""A network of Bayesian layers, trained by Bayes by Backprop (Blundell et al. 2015, arXiv:1505.05424).

With s the volatility known at the close,

    change = s (m(x) + exp(l(x)) e),    e ~ Student-t

Location m and log scale l come from Bayesian layers, whose weights have a scale mixture of two normals as their prior.
`layers = "linear"`: x is the window of seven days in standard units and the covariates of volatility, through a hidden
layer of tanh units. `layers = "lstm"`: x is the last 21 or 60 changes of the history, one after another, in units of a
volatility of its own, which then takes the place of s.
"""

from __future__ import annotations

from functools import partial
from math import exp
from typing import TYPE_CHECKING, Literal

from pydantic import Field, model_validator

from forecaster.contract import Failed, Fitted, ModelSettings
from forecaster.inference.schedule import Schedule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from torch import Tensor

    from forecaster.contract import Compute, Examples, Origin
    from forecaster.distribution.predictive import Predictive
    from forecaster.families.backprop import Outcome, Shape

LABEL = "Bayes by Backprop"
SUMMARY = "network of Bayesian layers or an LSTM with a scale-mixture prior, Student-t noise, Bayes by Backprop"
ASSUMPTIONS = (
    "Most weights do nothing and a few may be large; given the data they are independent of each other.",
    "Errors are symmetric Student-t, with the same shape on all days of the training window.",
)
BY_DEFAULT = False

LEAST = 40
"""Windows that an LSTM is trained on, at least."""


class Settings(ModelSettings):
    """How the network is built and trained.

    Attributes:
        layers: `linear` for a hidden layer over the window of seven days, or `lstm`.
        window: Sessions that the LSTM looks back: 21 or 60.
        hidden: Hidden units, or numbers of the LSTM's state.
        covariates: Whether the hidden layer sees the covariates of volatility; the LSTM never does.
        prior_share: Prior probability that a weight belongs to the wide normal.
        prior_wide: Standard deviation of the wide normal.
        prior_narrow: Standard deviation of the narrow one.
        kl_weights: How the KL is spread over the minibatches of an epoch: `uniform`, or `decreasing` as in the paper.
        steps: Gradient steps.
        learning_rate: Adam's rate at the start.
        minibatch: Rows that a gradient step looks at, an even number.
        draws: Posterior draws, each a component of the forecast.
    """

    layers: Literal["linear", "lstm"] = "linear"
    window: Literal[21, 60] = 21
    hidden: int = Field(16, ge=1)
    covariates: bool = True
    prior_share: float = Field(0.5, gt=0, le=1)
    prior_wide: float = Field(exp(-1), gt=0)
    prior_narrow: float = Field(exp(-6), gt=0)
    kl_weights: Literal["uniform", "decreasing"] = "uniform"
    steps: int = Field(1000, ge=20)
    learning_rate: float = Field(0.02, gt=0)
    minibatch: int = Field(128, ge=2, multiple_of=2)
    draws: int = Field(100, ge=2)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.prior_narrow > self.prior_wide:
            raise ValueError(f"prior_narrow {self.prior_narrow} is above prior_wide {self.prior_wide}")
        return self


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains a network on each set of rows, from its own seed.

    Raises:
        ValueError: Where seeds and sets of rows differ in number.
    """
    from forecaster.families.backprop import fit_all
    from forecaster.families.scale_mixture import ScaleMixture

    data = [_rows(each, settings) for each in examples]
    short = {i: _short(each, settings) for i, each in enumerate(examples)}
    able = [i for i, why in short.items() if not why]
    seed_of = dict(zip(range(len(examples)), seeds, strict=True))
    if not able:
        return tuple(Failed(why) for why in short.values())
    shape = _shape(data[able[0]][0], settings)
    schedule = Schedule(settings.steps, settings.learning_rate, minibatch=settings.minibatch)
    outcomes = fit_all(
        [data[i] for i in able],
        [seed_of[i] for i in able],
        shape,
        ScaleMixture(settings.prior_share, settings.prior_wide, settings.prior_narrow),
        schedule,
        settings.kl_weights,
        settings.draws,
        compute,
    )
    found = dict(zip(able, outcomes, strict=True))
    return tuple(_fitted(shape, found[i], settings) if i in found else Failed(why) for i, why in short.items())


def _rows(examples: Examples, settings: Settings) -> tuple[Tensor, Tensor]:
    import torch

    from forecaster.families.scaling import inputs, response
    from forecaster.families.sequences import windows

    if settings.layers == "lstm":
        return windows(examples.history, settings.window)
    x, z = inputs(examples, "volatility"), torch.tensor(examples.z, dtype=torch.float32)
    return torch.cat([x, z], 1) if settings.covariates else x, response(examples, "volatility")


def _short(examples: Examples, settings: Settings) -> str:
    """Why an LSTM cannot be trained on a history; empty where it can."""
    from forecaster.families.sequences import needed

    least, known = needed(settings.window, LEAST), len(examples.history)
    if settings.layers == "linear" or known >= least:
        return ""
    return (
        f"an LSTM over {settings.window} sessions needs {least} known changes, and there are {known}: "
        "ingest a longer history, or set models.bayes_by_backprop.window or layers"
    )


def _shape(x: Tensor, settings: Settings) -> Shape:
    from forecaster.families.backprop import Shape

    return Shape(x.shape[-1], settings.hidden, settings.window if settings.layers == "lstm" else 0)


def _fitted(shape: Shape, outcome: Outcome, settings: Settings) -> Fitted | Failed:
    if outcome.failure:
        return Failed(outcome.failure)
    return Fitted(
        predict=partial(_predict, shape, outcome.draws, settings),
        reason=outcome.convergence.reason,
        by_draw=True,
        losses=outcome.losses,
        diagnostics={"elbo_fall": outcome.convergence.fall, "kl": outcome.kl, "df": outcome.df},
    )


def _predict(shape: Shape, draws: Tensor, settings: Settings, origin: Origin) -> Predictive:
    import torch

    from forecaster.distribution.predictive import Predictive
    from forecaster.families.backprop import predictions
    from forecaster.families.scaling import input_of
    from forecaster.families.sequences import last_window

    if settings.layers == "lstm":
        row, size = last_window(origin.history, settings.window)
    else:
        row, size = input_of(origin, "volatility"), origin.volatility
        if settings.covariates:
            row = torch.cat([row, torch.tensor(origin.z, dtype=torch.float32)])
    location, scale, df = predictions(shape, draws, row)
    return Predictive.of(size * location, size * scale, df)
