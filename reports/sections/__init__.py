"""The sections of the reports, one a file. The folder is the registry: a new file here is a new section.

A file declares `SECTION = Section(...)`. Its `blocks` function gets the report, and at an asset's place the
report and that asset; it returns blocks, none of them if there is nothing to say.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from reports.blocks import Block

Place = Literal["front", "asset", "closing"]


@dataclass(frozen=True)
class Section:
    """Where a section stands and what it says.

    Attributes:
        reports: The report types it belongs to.
        place: On the front, on each asset's pages, or at the close.
        order: Its rank within that place; smaller comes first.
        heading: Its heading; empty for a section that continues the one before.
        blocks: `blocks(report)` at the front and the close, `blocks(report, asset)` for an asset.
    """

    reports: tuple[type, ...]
    place: Place
    order: int
    heading: str
    blocks: Callable[..., Iterable[Block]]


def load() -> tuple[Section, ...]:
    """Every section in this folder, in the order in which they are shown."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").SECTION for name in names]
    return tuple(sorted(found, key=lambda section: (section.order, section.heading)))
