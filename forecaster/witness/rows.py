"""The hash of a row of the record: `sha256(canonical JSON of its columns)`, the hash of the row before it among them.

The first row follows sixty-four zeros. Bytes enter as their own sha256, numbers as the shortest text that reads back
the same. Every row carries the number of its format; in format 1 the hash covers neither that number nor the type of
bytes, which enter as plain text. From 2 on it covers both.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

GENESIS = "0" * 64
FIRST = 1
"""The format of rows that were written before there were formats."""


def row_hash(row: Mapping[str, Any]) -> str:
    """Hash of the columns of a row that its format covers, the format among them.

    >>> row_hash({"a": 1.0, "format": 2}) == row_hash({"format": 2, "a": 1.0})
    True
    >>> row_hash({"a": "1", "format": 2}) == row_hash({"a": 1, "format": 2})
    False

    Raises:
        ValueError: For a number that is not finite.
    """
    typed = row["format"] > FIRST
    plain = {name: _plain(value, typed) for name, value in row.items() if typed or name != "format"}
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any, typed: bool) -> Any:  # noqa: ANN401  # any column
    """A value as JSON has it; JSON tells numbers, truth and text apart, and bytes are no text where types count."""
    if not isinstance(value, bytes):
        return value
    digest = hashlib.sha256(value).hexdigest()
    return {"sha256": digest} if typed else digest
