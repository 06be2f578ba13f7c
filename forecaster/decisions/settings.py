"""Settings of the decisions: the table `[decisions]` of forecaster.toml."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

AssetClass = Literal["equity", "currency", "crypto", "commodity"]


class Decisions(BaseModel):
    """How positions follow from forecasts, and what they cost.

    Costs and slippage are in basis points of what is traded, one way.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    target_volatility: float = Field(0.1, gt=0, description="target standard deviation, a fraction of capital per year")
    kelly_fraction: float = Field(0.5, gt=0, le=1, description="part of the growth-optimal position that is taken")
    cap: float = Field(1.0, gt=0, description="largest position, long or short, in units of capital")
    band: float = Field(0.05, ge=0, lt=0.5, description="no position where P(up) is this close to one half")
    short: bool = Field(True, description="whether positions may be negative")
    classes: dict[str, AssetClass] = Field(
        {}, description="asset -> its class, where its calendar implies the wrong one"
    )
    equity_cost: float = Field(1.0, ge=0, description="costs of equity indices")
    equity_slippage: float = Field(1.0, ge=0, description="slippage of equity indices")
    currency_cost: float = Field(0.5, ge=0, description="costs of currencies")
    currency_slippage: float = Field(0.5, ge=0, description="slippage of currencies")
    crypto_cost: float = Field(10.0, ge=0, description="costs of crypto assets")
    crypto_slippage: float = Field(5.0, ge=0, description="slippage of crypto assets")
    commodity_cost: float = Field(2.0, ge=0, description="costs of commodities")
    commodity_slippage: float = Field(2.0, ge=0, description="slippage of commodities")
