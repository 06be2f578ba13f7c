"""A mixture of other forecasters, weighted by what each scored before: it follows whoever is right for an asset.

Where one member's assumptions fail, on a quiet currency or after a break, its weight falls within weeks to a floor and
the forecast is the others'.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from forecaster.combination.settings import MixtureSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.contract import Pooled, Track
    from forecaster.distribution.predictive import Predictive

SUMMARY = "a mixture of the forecasters, each weighted by its own past log scores"
VERSION = 2
ASSUMPTIONS = (
    "Members that forecast an asset well in the last sessions will do so in the next.",
    "Some mixture of the members is right: where all of them fail together, it fails too.",
)


class Settings(MixtureSettings):
    """Those of the mixture."""

    members: tuple[str, ...] = Field(
        ("bayesian_linear", "bayesian_mlp", "climatology", "egarch", "ewma", "garch", "gjr"), min_length=1
    )


def combine(members: Mapping[str, Predictive], track: Track, settings: Settings) -> Pooled:
    """Mixes the members' forecasts by their track record."""
    from forecaster.combination.mixture import mixture

    return mixture(members, track, settings).pooled
