"""Bayesian classification of the next change as down, flat or up, which says when it does not know.

With z the change in units of the volatility known at the close, a day is up where z > band, down where z < -band and
flat between. A softmax of the window in standard units and of the volatility covariates gives the three probabilities,

    P(class c) = exp(a_c) / sum_k exp(a_k),    a_c = intercept_c + x . weights_c + o_c . tanh(x W + b)

the last term with hidden units only. Within its class the change has the shape that training rows have there: beyond
the band the half of a Student-t that begins at it, inside it an even spread. So the forecast is a distribution as any
other's, and its P(up) follows from the posterior mean of the class probabilities. Where the draws do not agree on a
class, or none is more likely than all others together, the classifier abstains, and the diagnostics say so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pydantic import Field

from forecaster.contract import Failed, Fitted, ModelSettings

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.contract import Compute, Examples, Origin
    from forecaster.distribution.predictive import Predictive
    from forecaster.families.abstention import Answers
    from forecaster.families.band_shapes import Shapes
    from forecaster.floats import Floats
    from forecaster.inference.diagnostics import Fit

SUMMARY = "Bayesian classification as down, flat or up, with abstention: softmax on window and volatility, Pyro"
ASSUMPTIONS = (
    "The probabilities of a fall, a flat day and a rise follow from the window and the covariates of that day alone.",
    "Within each of the three, the change in volatilities has the same shape on all days.",
)
BY_DEFAULT = False

CLASSES = ("down", "flat", "up")
"""In the order in which they are counted."""


class Settings(ModelSettings):
    """What counts as flat, what is believed before the data, and when it answers.

    Attributes:
        band: Half the width of the flat class, in volatilities.
        intercept_scale: Prior standard deviation of each class' intercept.
        weight_scale: The same for the weight of each day's price change, in log odds per standard unit.
        other_weight_scale: The same for the changes of other series.
        covariates: Whether the covariates of volatility are inputs too.
        covariate_scale: Prior standard deviation of the weight of each core covariate.
        minor_covariate_scale: The same for the others.
        hidden: Hidden units beside the linear part; 0 for none.
        hidden_scale: Prior standard deviation of what the hidden units add to a class' score.
        steps: Gradient steps of a fit with hidden units; without them there is nothing to train.
        agreement: Least share of posterior draws that must find a class the most probable one, for an answer.
        median: Least median probability of that class, for an answer.
        draws: Posterior draws.
    """

    band: float = Field(0.25, gt=0)
    intercept_scale: float = Field(1.0, gt=0)
    weight_scale: float = Field(0.03, gt=0)
    other_weight_scale: float = Field(0.015, gt=0)
    covariates: bool = True
    covariate_scale: float = Field(0.05, gt=0)
    minor_covariate_scale: float = Field(0.02, gt=0)
    hidden: int = Field(0, ge=0)
    hidden_scale: float = Field(0.1, gt=0)
    steps: int = Field(400, ge=20)
    agreement: float = Field(0.9, gt=0, le=1)
    median: float = Field(0.5, ge=0, lt=1)
    draws: int = Field(200, ge=2)


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Trains all fits in one Pyro program, each on its own rows."""
    from forecaster.families.band_shapes import classes_of
    from forecaster.families.classification import Prior, default_schedule, fit_classifiers

    first = examples[0]
    prior = Prior(
        len(CLASSES), settings.intercept_scale, _scales(first, settings), settings.hidden, settings.hidden_scale
    )
    data = [(_design(rows, settings), classes_of(rows.y / rows.volatility, settings.band)) for rows in examples]
    usual = default_schedule(prior)
    schedule = replace(usual, steps=settings.steps) if settings.hidden else usual
    fits = fit_classifiers(data, seeds, prior, schedule=schedule, draws=settings.draws, compute=compute)
    return tuple(
        _fitted(rows, design, fit, settings) for rows, (design, _), fit in zip(examples, data, fits, strict=True)
    )


def _scales(rows: Examples, settings: Settings) -> tuple[float, ...]:
    """Prior standard deviations of the weights, in the order of `_design`."""
    from ingest.covariates import group_of

    own = [settings.weight_scale if name == "price" else settings.other_weight_scale for name in rows.series]
    names = rows.covariates if settings.covariates else ()
    wide, narrow = settings.covariate_scale, settings.minor_covariate_scale
    return (*own * rows.standard.shape[1], *(narrow if group_of(name) == "minor" else wide for name in names))


def _design(rows: Examples | Origin, settings: Settings) -> Floats:
    """Windows, then covariates `(rows, inputs)`; of an origin a single row."""
    import numpy as np

    z = np.atleast_2d(rows.z)
    window = rows.standard.reshape(len(z), -1)
    return np.concatenate([window, z], 1) if settings.covariates else window


def _fitted(rows: Examples, design: Floats, fit: Fit, settings: Settings) -> Fitted | Failed:
    import numpy as np

    from forecaster.families.abstention import answers
    from forecaster.families.band_shapes import shapes
    from forecaster.families.classification import probabilities
    from forecaster.families.location_scale import doubles

    if fit.failure:
        return Failed(fit.failure)
    told = Direction(doubles(fit.draws), shapes(rows.y / rows.volatility, settings.band), settings)
    known = answers(probabilities(told.draws, design), settings.agreement, settings.median)
    return Fitted(
        predict=told.predict,
        reason=fit.reason,
        losses=fit.losses if settings.hidden else np.empty(0),  # without hidden units nothing is trained
        diagnostics={
            "k_hat": fit.k_hat,
            "disagreement": fit.disagreement,
            "training_rows_answered": float(known.answered.mean()),
        },
        figures=told.figures,
    )


@dataclass(frozen=True, eq=False)
class Direction:
    """A trained classifier.

    Attributes:
        draws: Of each latent site `(draws, *site shape)`.
        shapes: Of the change within each class, in volatilities.
        settings: Of the model.
    """

    draws: Mapping[str, Floats]
    shapes: Shapes
    settings: Settings

    def answer(self, origin: Origin) -> Answers:
        """What it says of the session after an origin, its one place."""
        from forecaster.families.abstention import answers
        from forecaster.families.classification import probabilities

        of = self.settings
        return answers(probabilities(self.draws, _design(origin, of)), of.agreement, of.median)

    def predict(self, origin: Origin) -> Predictive:
        """The mixture of the classes' shapes by their probabilities, in the origin's volatility."""
        return self.shapes.mixed(self.answer(origin).mean[0]).moved(factor=origin.volatility)

    def figures(self, origin: Origin) -> dict[str, float]:
        """The class probabilities, how far the draws agree, and whether it abstains."""
        found = self.answer(origin)
        own = {f"probability_{name}": float(p) for name, p in zip(CLASSES, found.mean[0], strict=True)}
        return {**own, "agreement": float(found.agreement[0]), "abstains": float(not found.answered[0])}
