"""EGARCH(1,1,1) with a constant mean and Student-t errors: the log variance moves, by size and by sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.contract import ModelSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.contract import Compute, Examples, Failed, Fitted

LABEL = "EGARCH"
SUMMARY = "EGARCH(1,1,1) with Student-t errors: the log variance follows size and sign of each change"
ASSUMPTIONS = (
    "Shocks multiply the variance, by their size and by their sign, and a calm day may lower it at once.",
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

    return tuple(fit_family("egarch", rows.history) for rows in examples)
