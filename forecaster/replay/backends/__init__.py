"""Where shards are computed. The folder is the registry: a file here is a backend, and its name is its id.

A backend offers `run(shards, means)`, which yields each shard with its result, in any order. It takes the next shard
only when it has room for it, so that neither shards nor results pile up.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from forecaster.errors import UnknownNameError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from forecaster.replay.shards import Shard


@dataclass(frozen=True)
class Means:
    """What a backend may use.

    Attributes:
        workers: How many work at once; as many as there are processors where 0.
        address: Of a cluster that is there already; empty for one of the backend's own.
        anywhere: Whether that may be an address over which others could listen.
    """

    workers: int = 0
    address: str = ""
    anywhere: bool = False


class Backend(Protocol):
    """What a backend file offers."""

    def run(self, shards: Iterable[Shard], means: Means) -> Iterator[tuple[Shard, bytes]]:
        """Computes shards; yields each with its result."""
        ...


def names() -> tuple[str, ...]:
    """The ids of all backends."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def load(name: str) -> Backend:
    """The backend of this id.

    Raises:
        UnknownNameError: With the nearest ids, where there is none.
        ForecasterError: Where it needs a library that is not installed.
    """
    if name not in names():
        raise UnknownNameError("backend", name, names())
    return cast("Backend", import_module(f"{__name__}.{name}"))
