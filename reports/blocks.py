"""The vocabulary of a page: what a section may say, as plain data for both the PDF and the HTML.

Every text is shown literally: no markup of any language is interpreted.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Tone = Literal["simulated", "warning", "withheld", "quiet"]


@dataclass(frozen=True)
class Badge:
    """A word that must not be overlooked, set apart from the text beside it."""

    text: str
    tone: Tone


@dataclass(frozen=True)
class Heading:
    """A heading: level 1 opens an asset or a chapter, 2 a section of it; `anchor` is a link's target."""

    text: str
    level: Literal[1, 2] = 1
    anchor: str = ""
    badges: tuple[Badge, ...] = ()
    kind: Literal["heading"] = field(default="heading", init=False)


@dataclass(frozen=True)
class Paragraph:
    """Running text; `small` for facts that accompany and do not argue."""

    text: str
    tone: Literal["body", "small"] = "body"
    kind: Literal["paragraph"] = field(default="paragraph", init=False)


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]
    kind: Literal["bullets"] = field(default="bullets", init=False)


@dataclass(frozen=True)
class Facts:
    """Labels and what they stand for; `colours` (hex, one each, may be empty) marks them as figures do."""

    items: tuple[tuple[str, str], ...]
    colours: tuple[str, ...] = ()
    kind: Literal["facts"] = field(default="facts", init=False)


@dataclass(frozen=True)
class Callout:
    """A boxed statement that is to be read before what follows."""

    title: str
    items: tuple[str, ...]
    tone: Literal["verdict", "warning"] = "verdict"
    kind: Literal["callout"] = field(default="callout", init=False)


@dataclass(frozen=True)
class Interval:
    """A small drawing inside a cell: a median and two central intervals.

    All six are positions in [0, 1] from the left to the right edge of the cell; `zero` is where no change
    lies.
    """

    low90: float
    low50: float
    median: float
    high50: float
    high90: float
    zero: float


@dataclass(frozen=True)
class Cell:
    """One cell: a text, a second line in small print, badges, a model's colour (hex), an interval drawn."""

    text: str = ""
    sub: str = ""
    badges: tuple[Badge, ...] = ()
    colour: str = ""
    interval: Interval | None = None


@dataclass(frozen=True)
class Column:
    """A column: heading, second line, alignment, and share of the width (0: as wide as needed)."""

    heading: str
    sub: str = ""
    align: Literal["left", "right", "center"] = "right"
    share: float = 0.0


@dataclass(frozen=True)
class Group:
    """Rows that belong together, under a title that is repeated where a page ends between them."""

    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    detail: str = ""
    link: str = ""
    badges: tuple[Badge, ...] = ()
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A table; its first column names the row. `caption` says what is shown and in which unit."""

    columns: tuple[Column, ...]
    groups: tuple[Group, ...]
    caption: str = ""
    kind: Literal["table"] = field(default="table", init=False)


@dataclass(frozen=True)
class Figure:
    """A drawing as SVG text, with `alt`, the text that stands in for it, and a caption."""

    svg: str
    alt: str
    caption: str = ""
    kind: Literal["figure"] = field(default="figure", init=False)


@dataclass(frozen=True)
class Beside:
    """Figures next to each other; `shares` are their parts of the width."""

    figures: tuple[Figure, ...]
    shares: tuple[float, ...]
    kind: Literal["beside"] = field(default="beside", init=False)


Block = Heading | Paragraph | Bullets | Facts | Callout | Table | Figure | Beside
