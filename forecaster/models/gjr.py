"""GJR-GARCH(1,1,1) with a constant mean and Student-t errors: falls move the variance more than rises do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forecaster.contract import ModelSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.contract import Compute, Examples, Failed, Fitted

LABEL = "GJR"
SUMMARY = "GJR-GARCH(1,1,1) with Student-t errors: like GARCH, but falls raise the variance more than rises"
ASSUMPTIONS = (
    "As for garch, and a fall may move the next session's variance by more than a rise of the same size.",
    "Parameters are as estimated: their own uncertainty is not in the forecast.",
)


class Settings(ModelSettings):
    """No choices to make."""


def fit(
    examples: Sequence[Examples], settings: Settings, seeds: Sequence[int], compute: Compute
) -> tuple[Fitted | Failed, ...]:
    """Maximum likelihood on each training window's changes, one after another."""
    from forecaster.families.garch import fit_family

    return tuple(fit_family("gjr", rows.history) for rows in examples)
