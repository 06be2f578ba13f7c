"""Settings that two forecasters share, and the names that settings choose from.

Nothing here needs torch: settings are read, checked and hashed without an engine.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from forecaster.contract import ModelSettings

Kind = Literal["volatility", "none"]
"""How inputs and response are scaled, see `forecaster.families.scaling`."""

ErrorLaw = Literal["normal", "student_t", "skewed_t"]
Activation = Literal["tanh", "linear"]

SHORT = 500
"""Rows below which the slopes of the scale are held closer to zero."""

LATENTS = {
    "intercept": "intercept",
    "weights": "weight",
    "slopes": "slope",
    "noise_scale": "noise scale",
    "df_excess": "degrees of freedom",
    "skew": "skew",
}
"""The latent sites of the linear terms, and what people call what they stand for."""

LAYERS = ("kernel 1", "bias 1", "kernel 2", "bias 2")
"""The layers' weights of a network with one hidden layer, in the order of Keras."""


class TermsSettings(ModelSettings):
    """What is believed of the terms before the data.

    Attributes:
        noise: Law of the errors.
        noise_scale: A known scale of the errors, in units of the response; None to learn it.
        intercept_scale: Prior standard deviation of the intercept, in units of the response.
        weight_scale: The same for the weight of each day's price change.
        other_weight_scale: The same for the changes of other series.
        covariates: Whether the scale follows the covariates; without them it is the same for all rows.
        slope_scale: Prior standard deviation of the log scale's slope on each core covariate.
        short_slope_scale: The same where a fit has fewer than 500 rows.
        minor_slope_scale: The same for the covariates of which less is expected.
        market_slope_scale: The same for the state of the market.
        own_slope_scale: The same for series of the asset's own, such as its implied volatility.
        scaling: `volatility`, or `none` for raw changes.
        draws: Posterior draws, each a component of the forecast.
    """

    noise: ErrorLaw = "skewed_t"
    noise_scale: float | None = Field(None, gt=0)
    intercept_scale: float = Field(0.3, gt=0)
    weight_scale: float = Field(0.02, gt=0)
    other_weight_scale: float = Field(0.01, gt=0)
    covariates: bool = True
    slope_scale: float = Field(0.15, gt=0)
    short_slope_scale: float = Field(0.10, gt=0)
    minor_slope_scale: float = Field(0.03, gt=0)
    market_slope_scale: float = Field(0.10, gt=0)
    own_slope_scale: float = Field(0.15, gt=0)
    scaling: Kind = "volatility"
    draws: int = Field(100, ge=2)

    def slope_sd(self, name: str, rows: int) -> float:
        """Prior standard deviation of the slope on a covariate, in a fit of so many rows."""
        from ingest.covariates import group_of  # noqa: PLC0415  # it needs pandas, and reading settings needs none of it

        scales = {"core": self.slope_scale, "minor": self.minor_slope_scale,
                  "market": self.market_slope_scale, "own": self.own_slope_scale}  # fmt: skip
        own = scales[group_of(name)]
        return own if rows >= SHORT else min(own, self.short_slope_scale)
