"""The sections of the reports, one a file. The folder is the registry: a new file here is a new section.

A file declares `SECTION = Section(...)`. Its `blocks` function gets the report, and at an asset's place the
report and that asset; it returns blocks, none of them if there is nothing to say. The figures that name its file
stand below them, or above (see `reports.figures`).
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from reports import figures
from reports.errors import ReportError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reports.blocks import Block
    from reports.figures import Illustration

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
    """Every section in this folder with its figures, in the order in which they are shown.

    Raises:
        ReportError: For a figure whose section does not exist.
    """
    names, drawn = sorted(module.name for module in pkgutil.iter_modules(__path__)), figures.load()
    for figure in drawn:
        if figure.section not in names:
            raise ReportError(f"a figure stands under {figure.section!r}, which is no section: name one of {names}")
    found = [
        _illustrated(
            importlib.import_module(f"{__name__}.{name}").SECTION, [each for each in drawn if each.section == name]
        )
        for name in names
    ]
    return tuple(sorted(found, key=lambda section: (section.order, section.heading)))


def _illustrated(section: Section, drawn: Sequence[Illustration]) -> Section:
    """The section with its figures before and after what it says itself."""

    def blocks(*facts: object) -> Iterator[Block]:
        yield from figures.shown([each for each in drawn if each.leads], *facts)
        yield from section.blocks(*facts)
        yield from figures.shown([each for each in drawn if not each.leads], *facts)

    return replace(section, blocks=blocks) if drawn else section
