"""The forecasters. The folder is the registry: a file here is a forecaster, and its name is its id.

To add one, write `NAME.py` with `SUMMARY`, `Settings` and `fit` (see `forecaster.problem`); nothing else changes.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from forecaster.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forecaster.problem import Compute, Examples, Failed, Fitted, ModelSettings


class Forecaster(Protocol):
    """What a model file offers."""

    SUMMARY: str
    Settings: type[ModelSettings]

    def fit(
        self, examples: Sequence[Examples], settings: ModelSettings, seeds: Sequence[int], compute: Compute
    ) -> tuple[Fitted | Failed, ...]:
        """Trains any number of fits of one asset at once; one fit is a sequence of one.

        Args:
            examples: What each fit learns from, all known at the fit's own origin. Their series are alike; their rows
                may differ in number.
            settings: The same for all.
            seeds: One a fit. A fit is a function of its examples and its seed, up to rounding, and of no other fit.
            compute: Where, and in how much memory.

        Returns:
            One result a fit, in order.
        """
        ...


def names() -> tuple[str, ...]:
    """The ids of all forecasters, in alphabetical order."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def check(name: str) -> None:
    """Looks a forecaster up without loading it (and torch with it).

    Raises:
        UnknownNameError: With the nearest ids, where there is none.
    """
    if name not in names():
        raise UnknownNameError("model", name, names())


def load(name: str) -> Forecaster:
    """The forecaster of this id.

    Raises:
        UnknownNameError: With the nearest ids, where there is none.
    """
    check(name)
    return cast("Forecaster", import_module(f"{__name__}.{name}"))
