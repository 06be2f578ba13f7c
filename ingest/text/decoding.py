"""Bytes as text: by their mark, as UTF-8 or UTF-16, else in the encoding under which known names of columns appear.

Guessing by the frequency of signs fails on tables, which are mostly digits. Names that a file of prices must have are
surer: each encoding of a fixed list is tried strictly, and the first under which an early line is a header is taken.
"""

import codecs
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ingest.errors import NotTextError

_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}
_WESTERN = "cp1252"
LANDS = (_WESTERN, "gb18030", "cp949", "cp932", "big5hkscs", "cp1250", "cp1251", "cp1254", "cp850")
"""Western, simplified Chinese, Korean, Japanese, traditional Chinese, central European, Cyrillic, Turkish, DOS."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
"""Signs that no text has: those below the space, without tab, line feed, form feed and carriage return."""
_MOSTLY = 0.4
"""Share of zeros among bytes of two of which one says nothing but that the sign is Latin."""


IsTable = Callable[[str], bool]


class Decoded(NamedTuple):
    """A text and the encoding that it was in."""

    text: str
    encoding: str


def decoded(path: Path, raw: bytes, tests: Sequence[IsTable]) -> Decoded:
    """The text of a file.

    Args:
        path: The file, for messages.
        raw: Its bytes.
        tests: Whether a text begins as a table whose names are known, the surest test first.

    Raises:
        NotTextError: Bytes that are no text.
    """
    encoding = next((name for mark, name in _MARKS.items() if raw.startswith(mark)), _unmarked(raw))
    try:
        found = Decoded(raw.decode(encoding), encoding)
    except UnicodeDecodeError:
        found = _of_a_land(raw, tests) or Decoded(raw.decode(_WESTERN, errors="replace"), _WESTERN)
    if _CONTROL.search(found.text):
        raise NotTextError(f"{path} is not a text file: export it as CSV (comma-separated text) first")
    return found


def _unmarked(raw: bytes) -> str:
    """UTF-8, or UTF-16 where every other byte is a zero."""
    early = raw[:400]
    half = max(1, len(early) // 2)
    if early[1::2].count(0) > _MOSTLY * half:
        return "utf-16-le"
    return "utf-16-be" if early[::2].count(0) > _MOSTLY * half else "utf-8"


def _of_a_land(raw: bytes, tests: Sequence[IsTable]) -> Decoded | None:
    possible = []
    for encoding in LANDS:
        with suppress(UnicodeDecodeError):
            possible.append(Decoded(raw.decode(encoding), encoding))
    return next((found for test in tests for found in possible if test(found.text)), None)
