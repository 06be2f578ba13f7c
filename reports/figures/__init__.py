"""The drawings, one a file. The folder is the registry: a new file here is a new figure, nothing else needs to know.

A file declares `FIGURE = Illustration(...)`: under which section it stands and how it is made, with its caption and the
text that says the same to a reader who cannot see it. Its `draw(...) -> str` returns SVG text (see `canvas.py`); it
computes no score.
"""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.blocks import Beside, Figure, Paragraph

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from reports.blocks import Block

_ALONE = 0.6  # of the width, for a figure whose neighbours have nothing to show


@dataclass(frozen=True)
class Illustration:
    """Where a figure stands and how it is made.

    Attributes:
        section: Name of the section's file.
        made: `made(report)` at the front and the close, `made(report, asset)` for an asset; where there is nothing to
            draw, a sentence that says so, or None.
        order: Its rank among the section's figures; smaller comes first.
        share: Its part of the width; figures of one section that share it stand beside each other.
        leads: Whether it stands before what its section says.
    """

    section: str
    made: Callable[..., Figure | Paragraph | None]
    order: int = 0
    share: float = 1.0
    leads: bool = False


def load() -> dict[str, Illustration]:
    """Every figure in this folder by the name of its file, in the order in which a section shows its own."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found: dict[str, Illustration] = {name: importlib.import_module(f"{__name__}.{name}").FIGURE for name in names}
    return dict(sorted(found.items(), key=lambda figure: figure[1].order))


def shown(some: Iterable[Illustration], *facts: object) -> Iterator[Block]:
    """The figures, or what is said in their place; after them, beside each other, those that share the width."""
    beside = []
    for one in some:
        made = one.made(*facts)
        if isinstance(made, Figure) and one.share < 1:
            beside.append((made, one.share))
        elif made is not None:
            yield made
    if beside:
        figures, shares = zip(*beside, strict=True)
        yield Beside(figures, shares if len(figures) > 1 else (_ALONE,))
