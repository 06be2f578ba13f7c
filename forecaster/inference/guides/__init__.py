"""The families of posteriors that SVI may choose from. The folder is the registry: a file here is a guide.

Its name is its id. To add one, write `NAME.py` with the four names of `Family`; nothing else changes. One that keeps
more vectors of all latents says how many in `DIRECTIONS`. No guide, and torch with it, is loaded before it is wanted.
"""

from __future__ import annotations

import pkgutil
from functools import partial
from typing import TYPE_CHECKING, Annotated, Literal, Protocol, cast

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from forecaster.errors import UnknownNameError
from ingest.registry import imported

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.inference.guide import Beginning, Guide
    from forecaster.inference.schedule import Schedule


class Family(Protocol):
    """What a guide's file offers.

    Attributes:
        SUMMARY: What it is, in a line.
        NEEDS: What it asks of its `Beginning`: the Laplace approximation of all latents, which not every model has, a
            point to start at, or nothing.
        SCHEDULE: Steps and rate that bring it to rest; no steps where it has nothing to train.
    """

    SUMMARY: str
    NEEDS: Literal["laplace", "start", "nothing"]
    SCHEDULE: Schedule

    def guide(self, begin: Beginning) -> Guide:
        """The guide of many fits, where its training starts."""
        ...


def names() -> tuple[str, ...]:
    """The ids of all guides, in alphabetical order."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def starting() -> tuple[str, ...]:
    """The ids of those that need a point to start at and no more: what a network can have."""
    return tuple(name for name in names() if load(name).NEEDS == "start")


def check(name: str, known: tuple[str, ...]) -> None:
    """Looks a guide up among those that will do.

    Raises:
        UnknownNameError: With the nearest of them, where it is none.
    """
    if name not in known:
        kind = "guide" if name not in names() else "guide that will do here"
        raise UnknownNameError(kind, name, known)


def load(name: str) -> Family:
    """The guide of this id.

    Raises:
        UnknownNameError: With the nearest ids, where there is none.
    """
    check(name, names())
    return cast("Family", imported(f"{__name__}.{name}"))


def directions(name: str) -> int:
    """How many vectors of all latents a guide keeps beyond their means and scales."""
    return int(getattr(load(name), "DIRECTIONS", 0))


def _one_of(known: Callable[[], tuple[str, ...]], name: str) -> str:
    try:
        check(name, known())
    except UnknownNameError as fault:
        raise PydanticCustomError("guide", "{why}", {"why": str(fault)}) from fault
    return name


Name = Annotated[str, AfterValidator(partial(_one_of, names))]
"""A setting that names any guide."""

StartingName = Annotated[str, AfterValidator(partial(_one_of, starting))]
"""A setting that names one of `starting`."""
