"""What the marks of a figure mean: keys in columns, as many beside each other as have room."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.lettering import width
from reports.palette import INK
from reports.strokes import text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reports.strokes import Stroke

LINE = 11.3
"""Height of a line of keys, in points."""

_SIZE = 6.6
_SAMPLE, _SAMPLE_HEIGHT = 12.0, 4.8  # of what stands before the words of a key
_BESIDE, _APART = 5.0, 11.0  # from a sample to its words, from column to column


@dataclass(frozen=True)
class Key:
    """What a mark means: words, and strokes between 0 and 1 either way that show it."""

    words: str
    strokes: Sequence[Stroke]


@dataclass(frozen=True)
class Legend:
    """Keys below all panels, column by column, or one below the other in the first place without a panel.

    Attributes:
        keys: The keys, at least one.
        columns: How many stand beside each other at most.
        inside: Whether a place without a panel is taken.
    """

    keys: Sequence[Key]
    columns: int = 1
    inside: bool = False


@dataclass(frozen=True)
class LaidOut:
    """A legend in columns, with their widths in points.

    Attributes:
        columns: The keys of each.
        widths: Of the columns.
    """

    columns: Sequence[Sequence[Key]]
    widths: Sequence[float]

    @property
    def width(self) -> float:
        """Of all columns."""
        return sum(self.widths) + _APART * (len(self.widths) - 1)

    @property
    def height(self) -> float:
        """Of the first column, which is the longest."""
        return LINE * len(self.columns[0])

    def at(self, left: float, top: float) -> str:
        """The keys as SVG, their upper left corner at a place."""
        parts = []
        for column, wide in zip(self.columns, self.widths, strict=True):
            for i, key in enumerate(column):
                middle = top + LINE * (i + 0.5)
                parts += [_sample(stroke, left, middle) for stroke in key.strokes]
                parts.append(text(key.words, left + _SAMPLE + _BESIDE, middle + 0.36 * _SIZE, _SIZE, INK))
            left += wide + _APART
        return "".join(parts)


def laid_out(legend: Legend, room: float) -> LaidOut:
    """The keys in as many columns as are asked for and no wider together than `room`, one at least."""
    lines = math.ceil(len(legend.keys) / (1 if legend.inside else legend.columns))
    columns = [legend.keys[i : i + lines] for i in range(0, len(legend.keys), lines)]
    found = LaidOut(columns, [max(_taken(key) for key in column) for column in columns])
    if found.width <= room or len(columns) == 1:
        return found
    return laid_out(Legend(legend.keys, len(columns) - 1), room)


def _taken(key: Key) -> float:
    return _SAMPLE + _BESIDE + width(key.words, _SIZE)


def _sample(stroke: Stroke, left: float, middle: float) -> str:
    return stroke(lambda x: left + _SAMPLE * x, lambda y: middle + _SAMPLE_HEIGHT * (0.5 - y))
