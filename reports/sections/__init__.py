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


def _nothing(*_: object) -> Iterable[Block]:
    return ()


@dataclass(frozen=True)
class Section:
    """Where a section stands and what it says.

    Attributes:
        reports: The report types it belongs to.
        place: On the front, on each asset's pages, or at the close.
        order: Its rank within that place; smaller comes first.
        heading: Its heading; empty for a section that continues the one before.
        blocks: `blocks(report)` at the front and the close, `blocks(report, asset)` for an asset; nothing where all is
            said by figures.
    """

    reports: tuple[type, ...]
    place: Place
    order: int
    heading: str
    blocks: Callable[..., Iterable[Block]] = _nothing


def load() -> tuple[Section, ...]:
    """Every section in this folder with its figures, in the order in which they are shown.

    Raises:
        ReportError: For a figure whose section does not exist.
    """
    names, drawn = sorted(module.name for module in pkgutil.iter_modules(__path__)), figures.load()
    for figure, one in drawn.items():
        if one.section not in names:
            raise ReportError(
                f"the figure {figure} is in {one.section!r}, which is not a section: name one of {', '.join(names)}"
            )
    found = [
        _illustrated(
            importlib.import_module(f"{__name__}.{name}").SECTION,
            [one for one in drawn.values() if one.section == name],
        )
        for name in names
    ]
    return tuple(sorted(found, key=lambda section: (section.order, section.heading)))


def _illustrated(section: Section, drawn: Sequence[Illustration]) -> Section:
    """The section with its figures before and after what it says itself."""

    def blocks(*facts: object) -> Iterator[Block]:
        yield from figures.shown([one for one in drawn if one.leads], *facts)
        yield from section.blocks(*facts)
        yield from figures.shown([one for one in drawn if not one.leads], *facts)

    return replace(section, blocks=blocks) if drawn else section
