"""The forecasters. The folder is the registry: a file here is a forecaster, and its name is its id.

To add one, write `NAME.py` with `SUMMARY`, `Settings` and `fit` (see `forecaster.problem`); nothing else changes.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from forecaster.errors import UnknownNameError

if TYPE_CHECKING:
    from forecaster.problem import Examples, Fitted, ModelSettings


class Forecaster(Protocol):
    """What a model file offers."""

    SUMMARY: str
    Settings: type[ModelSettings]

    def fit(self, examples: Examples, settings: ModelSettings, seed: int) -> Fitted:
        """Trains on rows known at one origin."""
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
