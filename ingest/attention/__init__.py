"""Where attention comes from: how much a day people write or read about an asset.

The folder is the registry: a file an adapter, its name is its id. An adapter module has

- ``KIND``: what it counts, such as "tweets a day"; every page that shows the series says so;
- ``LAG``: how long after the end of a UTC day its count is complete and published;
- ``attention(subject, first, last, now, transport=None) -> Counts``: the counts, see `ingest.daily_counts`.

The series in it holds one float64 count a UTC day from the first day that the provider has to the last
that is final at ``now``; NaN for a day that the provider does not know, never zero. Its ``kind`` is ``KIND``,
except where a file's own header says another. ``subject`` is in the adapter's own words, see its
docstring. Each reads its provider through `ingest.transport` and raises faults of
`ingest.errors.ProviderError`; ``csv_file`` reads a file and raises those of `ingest.errors.FileFaultError` too.
"""

import importlib
import pkgutil
from types import ModuleType

from ingest.errors import UnknownSourceError, nearest

_OWN = frozenset({"days"})


def names() -> tuple[str, ...]:
    """The ids of all adapters, sorted.

    >>> names()
    ('bitinfocharts', 'csv_file', 'wikimedia', 'x_counts')
    """
    return tuple(sorted(found.name for found in pkgutil.iter_modules(__path__) if found.name not in _OWN))


def load(name: str) -> ModuleType:
    """The module of an adapter.

    Raises:
        UnknownSourceError: offers the nearest names.

    >>> load("wikimedia").KIND
    'page views a day'
    """
    if name not in names():
        raise UnknownSourceError(f"attention {name!r} is not known: {nearest(name, names())}")
    return importlib.import_module(f"{__name__}.{name}")
