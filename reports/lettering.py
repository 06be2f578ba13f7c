"""The type face of the figures: how wide a text is, and which letters there are."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from xml.sax.saxutils import escape

import matplotlib as mpl
from matplotlib.ft2font import FT2Font, LoadFlags

FAMILY = "DejaVu Sans"
FOLDER = Path(mpl.get_data_path()) / "fonts" / "ttf"
"""Where matplotlib keeps its faces: the same on every machine."""
UNKNOWN = "\ufffd"


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a line of text is at a size, in the size's unit: the sum of its letters' advances."""
    advances = _advances(bold)
    return size * sum(advances.get(letter, 1.0) for letter in text)


def written(text: str) -> str:
    """A text as SVG takes it, with U+FFFD for every letter that one of the two weights lacks."""
    if not (text.isascii() and text.isprintable()):
        text = "".join(letter if letter in _both() else UNKNOWN for letter in text)
    return escape(text)


def cut(text: str, size: float, room: float, *, bold: bool = False) -> str:
    """A text that is no wider than `room`; one that was longer ends in an ellipsis."""
    if width(text, size, bold=bold) <= room:
        return text
    while text and width(f"{text}\u2026", size, bold=bold) > room:
        text = text[:-1]
    return f"{text}\u2026"


@cache
def _both() -> frozenset[str]:
    """The letters that both weights have; any other would be shown as a box by chance."""
    return frozenset(_advances(False).keys() & _advances(True).keys())


@cache
def _advances(bold: bool) -> dict[str, float]:
    """Advance of each letter of a weight, in parts of the size."""
    face = FT2Font(str(FOLDER / f"DejaVuSans{'-Bold' if bold else ''}.ttf"))
    return {
        chr(code): face.load_glyph(glyph, LoadFlags.NO_SCALE).horiAdvance / face.units_per_EM
        for code, glyph in face.get_charmap().items()
    }
