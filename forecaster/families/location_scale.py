"""The linear terms of location and scale that two forecasters share: rows in units of the prior, forecasts.

With s the volatility known at the close, x the window in standard units and z the covariates of volatility,

    change = s (intercept + weights . x) + s noise_scale exp(slopes . z) e,    e two-piece Student-t
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from forecaster.contract import Examples, Latent, Origin
from forecaster.distribution.predictive import Predictive
from forecaster.families.likelihoods import LEAST_DF
from forecaster.families.linear import Prior, Regressions
from forecaster.families.scaling import input_of, inputs, response, unit
from forecaster.families.settings import LATENTS
from forecaster.inference import nuts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from forecaster.families.settings import TermsSettings
    from forecaster.floats import Floats


@dataclass(frozen=True, eq=False)
class Terms:
    """One fit's rows in units of its priors, and what draws of its latents mean outside.

    Attributes:
        inputs: `(rows, inputs)`, in units of the data.
        design: The same, each column times the prior sd of its weight.
        response: `(rows,)`.
        z: `(rows, covariates)`, each column times the prior sd of its slope.
        window: `(7, series)`.
        covariates: Names of the covariates.
        weight_sd: `(inputs,)`.
        slope_sd: `(covariates,)`.
        settings: Of the model.
    """

    inputs: Tensor
    design: Tensor
    response: Tensor
    z: Tensor
    window: tuple[int, ...]
    covariates: tuple[str, ...]
    weight_sd: Floats
    slope_sd: Floats
    settings: TermsSettings

    @classmethod
    def of(cls, rows: Examples, settings: TermsSettings) -> Terms:
        """From the rows of one fit."""
        window = rows.x.shape[1:]
        own = [settings.weight_scale if name == "price" else settings.other_weight_scale for name in rows.series]
        weight_sd = np.broadcast_to(own, window).ravel()
        names = rows.covariates if settings.covariates else ()
        slope_sd = np.array([settings.slope_sd(name, len(rows.y)) for name in names])
        x = inputs(rows, settings.scaling).double()
        return cls(
            inputs=x,
            design=x * torch.tensor(weight_sd),
            response=response(rows, settings.scaling).double(),
            z=torch.tensor(rows.z[:, : len(names)] * slope_sd),
            window=window,
            covariates=names,
            weight_sd=weight_sd,
            slope_sd=slope_sd,
            settings=settings,
        )

    def regressions(self) -> Regressions:
        """A batch of the one regression of these terms."""
        return Regressions((self.design,), (self.response,), (self.z,), prior_of(self.settings), "full_rank")

    @property
    def bare(self) -> Terms:
        """The same without any rows: all that a forecast needs of them."""
        parts = {name: getattr(self, name)[:0].clone() for name in ("inputs", "design", "response", "z")}
        return replace(self, **parts)

    def input_of(self, origin: Origin) -> Floats:
        """The row of inputs at an origin `(inputs,)`."""
        return input_of(origin, self.settings.scaling).double().numpy()

    def predict(self, draws: Mapping[str, Floats], origin: Origin, added: Floats | None = None) -> Predictive:
        """The forecast at an origin, a component a draw.

        Args:
            draws: Of each latent site that there is `(draws, *site shape)`.
            origin: Where it starts.
            added: What more adds to location and log scale `(2, draws)`.
        """
        size, settings = float(unit(origin.volatility, self.settings.scaling)), self.settings
        location, log_scale = np.zeros((2, len(draws["intercept"]))) if added is None else added
        location = location + draws["intercept"]
        if "weights" in draws:
            location = location + draws["weights"] @ (self.input_of(origin) * self.weight_sd)
        if "slopes" in draws:
            log_scale = log_scale + draws["slopes"] @ (origin.z * self.slope_sd)
        scale: Any = draws.get("noise_scale", settings.noise_scale) * np.exp(log_scale)
        df = LEAST_DF + draws["df_excess"] if "df_excess" in draws else np.inf
        return Predictive.of(size * location, size * scale, df, draws.get("skew", 0.0))

    def latents(self, draws: Mapping[str, Floats], sampled: nuts.Sampled | None = None) -> dict[str, Latent]:
        """Each site by its name for people, in its own units; weights by their input, slopes by their covariate."""
        prior_sd, latents = nuts.prior_sd(self.regressions()), {}
        for site, name in LATENTS.items():
            if site not in draws:
                continue
            own = {"weights": self.weight_sd, "slopes": self.slope_sd}.get(site, 1.0)
            values = LEAST_DF + draws[site] if site == "df_excess" else draws[site] * own
            chains = (sampled.r_hat[site], sampled.effective[site]) if sampled else ()
            parts = (values, prior_sd[site] * own, *chains)
            if site == "slopes":
                each = {f"{name} of {of}": Latent(*(p[..., i] for p in parts)) for i, of in enumerate(self.covariates)}
                latents.update(each)
            else:
                shape = self.window if site == "weights" else ()
                latents[name] = Latent(*(np.reshape(p, p.shape[: p.ndim - prior_sd[site].ndim] + shape) for p in parts))
        return latents


def prior_of(settings: TermsSettings) -> Prior:
    """Weights and slopes have prior sd 1: their inputs are multiplied by what they are to have."""
    prior = Prior(settings.intercept_scale, 1.0, settings.noise, slope_scale=1.0)
    return prior if settings.noise_scale is None else replace(prior, noise_scale=settings.noise_scale)


def volatility(examples: Examples, settings: TermsSettings) -> Floats:
    """What a move of one volatility is in each row's response `(rows,)`."""
    result: Floats = examples.volatility / unit(examples.volatility, settings.scaling)
    return result


def doubles(draws: Mapping[str, Tensor]) -> dict[str, Floats]:
    """Draws as arrays of their own, in C order, whatever stood beside them."""
    return {name: value.double().contiguous().numpy() for name, value in draws.items()}
