"""The forecasters. The folder is the registry: a file here is a forecaster, and its name is its id.

To add one, write `NAME.py` with `SUMMARY`, `Settings` and `fit` (see `forecaster.contract`); nothing else changes. A
`LABEL` says what people call it, where that is not its id with spaces for underscores. One whose forecasts are made of
others' has `combine` in place of `fit`, and `members` among its settings. `ASSUMPTIONS`, a sentence each, stand
on its model card. A file that changes a default of its `Settings` says so by its `VERSION`, 1 where there is none: see
`version`. One that is run only where it is named says `BY_DEFAULT = False`.
"""

from __future__ import annotations

import pkgutil
import sys
from typing import TYPE_CHECKING, Protocol, cast

from forecaster.errors import UnknownNameError
from ingest import registry
from ingest.errors import RegistryFileError
from ingest.registry import declared, imported

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from forecaster.contract import Compute, Examples, Failed, Fitted, ModelSettings, Pooled, Track
    from forecaster.distribution.predictive import Predictive


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
            seeds: One a fit. A fit is a function of its examples and its seed, to the byte, and of no other fit.
            compute: Where, and in how much memory.

        Returns:
            One result a fit, in order.
        """
        ...


class Pool(Protocol):
    """What a file offers whose forecasts are made of others'; its settings have `members`, their ids."""

    SUMMARY: str
    Settings: type[ModelSettings]

    def combine(self, members: Mapping[str, Predictive], track: Track, settings: ModelSettings) -> Pooled:
        """Makes one forecast of some.

        Args:
            members: The forecasts of those that have one, by id; at least one.
            track: How all of them fared before.
            settings: Its own.
        """
        ...


def names() -> tuple[str, ...]:
    """The ids of all forecasters, in alphabetical order."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def add_folder(folder: str | Path) -> None:
    """Makes the files of a folder of your own forecasters, while this process and those that train for it run.

    Raises:
        RegistryFileError: Where it is not a folder, or a name is taken.
    """
    registry.add_folder(__name__, folder)


def by_default() -> tuple[str, ...]:
    """The ids of those that run where none is named, in alphabetical order; no file is run to find them."""
    return tuple(name for name in names() if _runs_by_default(name))


def _runs_by_default(name: str) -> bool:
    """One whose file cannot be used counts, so that whoever runs all of them is told of it."""
    try:
        return declared(__name__, name).constants.get("BY_DEFAULT") is not False
    except RegistryFileError:
        return True


def labels(ids: Iterable[str]) -> dict[str, str]:
    """What people call some forecasters, of those that say so; one that is no longer there says nothing."""
    known = names()
    found = {name: _declared(name, "LABEL") for name in ids if name in known}
    return {name: label for name, label in found.items() if label}


def summary(name: str) -> str:
    """One line on a forecaster; a record may hold forecasts of one that is gone, or whose file cannot be used."""
    if name not in names():
        return "no longer part of this program"
    return _declared(name, "SUMMARY") or "its file cannot be loaded or has no summary"


def assumptions(name: str) -> tuple[str, ...]:
    """What a forecaster takes for granted, a plain sentence each, as `ASSUMPTIONS` of its file says; none elsewhere."""
    if name not in names():
        return ()
    try:
        return tuple(getattr(load(name), "ASSUMPTIONS", ()))
    except RegistryFileError:
        return ()


def _declared(name: str, constant: str) -> str:
    """A text that a forecaster's file declares, read and not run where that will do: nothing where it cannot be had."""
    try:
        told = declared(__name__, name).constants.get(constant)
        return str(getattr(load(name), constant, "") if told is None else told)
    except RegistryFileError:
        return ""


def check(name: str) -> None:
    """Looks a forecaster up without loading it (and torch with it).

    Raises:
        UnknownNameError: With the nearest ids, where there is none.
    """
    if name not in names():
        raise UnknownNameError("model", name, names())


def version(name: str) -> int:
    """The version of a forecaster's defaults: what its file calls `VERSION`, 1 where it does not.

    Raises:
        UnknownNameError: With the nearest ids, where there is none.
    """
    return int(getattr(load(name), "VERSION", 1))


def load(name: str) -> Forecaster:
    """The forecaster of this id.

    Raises:
        UnknownNameError: With the nearest ids, where there is none.
    """
    place = f"{__name__}.{name}"
    if place not in sys.modules:  # looking into the folder takes a while, and a backtest asks often
        check(name)
    return cast("Forecaster", imported(place))


def pool(name: str) -> Pool | None:
    """The forecaster of this id where it is made of others, else None.

    Raises:
        UnknownNameError: With the nearest ids, where there is none.
    """
    module = load(name)
    return cast("Pool", module) if hasattr(module, "combine") else None
