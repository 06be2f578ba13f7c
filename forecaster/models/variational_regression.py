"""Two networks, for mean and variance of the next change given the window, trained by an ELBO against a prior on it.

With s the volatility known at the close, x the window in standard units and z the covariates of volatility,

    change ~ Normal(s mu(x, z), s sqrt(v(x, z)))

`mu` and `log v` are networks of relu units, 40-20-10. `forecaster.families.variational_objective` has the objective,
and what its optimum is: here nearly that of maximum likelihood. What the training rows leave open about the weights
is not in the forecast: it is one normal, and no mixture over posterior draws.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from forecaster.contract import Failed, Fitted, ModelSettings
from forecaster.families.settings import Kind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.contract import Compute, Examples, Origin
    from forecaster.distribution.predictive import Predictive
    from forecaster.families.variational_regression import Trained
    from forecaster.floats import Floats

SUMMARY = "two relu networks for mean and variance, trained by an ELBO against a prior on the change, normal errors"
ASSUMPTIONS = (
    "Given the window and the covariates of that day the next change is normal: its tails are thin.",
    "Weights are as trained: their own uncertainty is not in the forecast.",
)
BY_DEFAULT = False


class Settings(ModelSettings):
    """How the networks are built and trained.

    Attributes:
        hidden: Relu units of each hidden layer, of both networks.
        steps: Gradient steps.
        learning_rate: Adam's rate at the first step.
        prior_scale: Standard deviation of the prior on the response, in its units.
        draws: Draws of the response for each row of a gradient step.
        validation: Fraction of the training rows, the latest, that choose the step that is kept.
        scaling: `volatility`, or `none` for raw changes.
    """

    hidden: tuple[Annotated[int, Field(ge=1)], ...] = Field((40, 20, 10), min_length=1)
    steps: int = Field(240, ge=1)
    learning_rate: float = Field(3e-3, gt=0)
    prior_scale: float = Field(1.0, gt=0)
    draws: int = Field(1, ge=1)
    validation: float = Field(0.1, gt=0, lt=0.5)
    scaling: Kind = "volatility"


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains a pair of networks on each set of rows, from its own seed."""
    from forecaster.families.scaling import response
    from forecaster.families.variational_objective import Objective
    from forecaster.families.variational_regression import Plan, fit_regressions

    plan = Plan(
        steps=settings.steps,
        learning_rate=settings.learning_rate,
        draws=settings.draws,
        tail=settings.validation,
    )
    data = [(_rows(each, settings.scaling), response(each, settings.scaling).numpy()) for each in examples]
    objective = Objective(settings.prior_scale)
    trained = fit_regressions(data, seeds, objective, plan, settings.hidden, compute=compute)
    return tuple(_fitted(x, of, settings.scaling) for (x, _), of in zip(data, trained, strict=True))


def _rows(examples: Examples, scaling: Kind) -> Floats:
    """Window and covariates `(rows, inputs + covariates)`."""
    import numpy as np

    from forecaster.families.scaling import inputs

    return np.concatenate([inputs(examples, scaling).double().numpy(), examples.z], axis=1)


def _fitted(x: Floats, trained: Trained, scaling: Kind) -> Fitted | Failed:
    import numpy as np

    if trained.failure:
        return Failed(trained.failure)
    _, sd = trained.at(x)
    if not np.isfinite(sd).all():
        return Failed("a training row has a standard deviation that is not finite")
    return Fitted(
        predict=partial(_predict, scaling, trained, (float(sd.min()), float(sd.max()))),
        diagnostics={
            "noise_scale": float(np.sqrt(np.mean(sd**2))),
            "validation_loss": float(trained.validation.min()),
            "kept_step": float(trained.kept),
        },
    )


def _predict(scaling: Kind, trained: Trained, reach: tuple[float, float], origin: Origin) -> Predictive:
    """Beyond the training rows a log variance may go anywhere: the sd stays within what it is at those rows."""
    import numpy as np

    from forecaster.distribution.predictive import Predictive
    from forecaster.families.scaling import input_of, unit

    size = float(unit(origin.volatility, scaling))
    row = np.concatenate([input_of(origin, scaling).double().numpy(), origin.z])
    mean, sd = trained.at(row[None])
    return Predictive.of(size * float(mean[0]), size * float(np.clip(sd[0], *reach)))
