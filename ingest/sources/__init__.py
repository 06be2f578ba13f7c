"""Where rows come from. The folder is the registry: a file a source, its name is its id.

A source module has a one-line docstring, ``ASSETS`` (the assets that it offers by default), and
one of

- ``fetch(asset, now, since, name) -> DataFrame``: a panel of the asset's sessions that are closed at now, at
  least those after since, the last one stored; name is what the provider calls the asset;
- ``read(path, symbol, calendar) -> DataFrame``: a panel from a file (`csv_file`).

A panel from a source has ``known_at`` NaT: `ingest.store.Store.append` fills it.
"""

import importlib
import pkgutil
from types import ModuleType

from ingest.errors import UnknownSourceError, nearest


def names() -> tuple[str, ...]:
    """The ids of all sources, sorted.

    >>> {"csv_file", "sample", "simulated"} <= set(names())
    True
    """
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__)))


def load(name: str) -> ModuleType:
    """The module of a source.

    Raises:
        UnknownSourceError: offers the nearest names.

    >>> [asset.symbol for asset in load("sample").ASSETS]
    ['^GSPC', '^IXIC']
    """
    if name not in names():
        raise UnknownSourceError(f"source {name!r} is not known: {nearest(name, names())}")
    return importlib.import_module(f"{__name__}.{name}")
