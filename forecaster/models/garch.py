"""GARCH(1,1) with a constant mean and Student-t errors: today's variance from yesterday's and yesterday's change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.contract import ModelSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.contract import Compute, Examples, Failed, Fitted

LABEL = "GARCH"
SUMMARY = "GARCH(1,1) with Student-t errors: variance rises with every large change and settles again"
ASSUMPTIONS = (
    "A large change raises the next session's variance whatever its sign, and variance returns to a long-run level.",
    "The changes alone matter: no volume, no attention, no weekday.",
    "Parameters are as estimated: their own uncertainty is not in the forecast.",
)


class Settings(ModelSettings):
    """No choices to make."""


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Maximum likelihood on each training window's changes, one after another."""
    from forecaster.families.garch import fit_family

    return tuple(fit_family("garch", rows.history) for rows in examples)
