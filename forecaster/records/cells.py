"""What a cell of the record may hold: the kind that its column keeps, and nothing that only looks like it.

SQLite keeps any kind of value in any column, and the hash of an old row does not tell bytes from the text of their own.
"""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import Boolean, Double, Integer, LargeBinary, String

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Column, Table

_KINDS: tuple[tuple[type, type, str], ...] = (
    (String, str, "text"),
    (LargeBinary, bytes, "bytes"),
    (Boolean, bool, "yes or no"),
    (Integer, int, "an integer"),
    (Double, float, "a number"),
)
"""Type of a column -> what Python has for a value of it, and what people call that."""


def odd(table: Table, row: Mapping[str, Any]) -> str | None:
    """The first value that is not of the kind that its column keeps, in words; None where all are.

    Args:
        table: Of the record.
        row: Some of its columns, as the database has them.
    """
    plain = _plain(table)
    for name, value in row.items():
        if type(value) not in plain[name] or (type(value) is float and not math.isfinite(value)):
            return _odd(table.c[name], value)
    return None


def sound(columns: Sequence[Column[Any]], rows: Sequence[Sequence[Any]]) -> bool:
    """Whether all values of these columns are of their kinds, or are not there.

    Args:
        columns: A column of each place.
        rows: `(n, columns)`.
    """
    kinds = [{_kind(column)[0], type(None)} for column in columns]
    for seen in {tuple(map(type, row)) for row in rows}:
        if not all(kind in allowed for kind, allowed in zip(seen, kinds, strict=True)):
            return False
    # A sum is as finite as what it is of, unless it is too large itself.
    return all(math.isfinite(sum(v for v in row if type(v) is float)) or _finite(row) for row in rows)


@cache
def _plain(table: Table) -> dict[str, tuple[type, ...]]:
    """Column to what Python may have for a value of it."""
    return {c.name: (_kind(c)[0], *((type(None),) if c.nullable else ())) for c in table.columns}


def _finite(row: Sequence[Any]) -> bool:
    return all(math.isfinite(value) for value in row if isinstance(value, float))


def _odd(column: Column[Any], value: Any) -> str | None:  # noqa: ANN401  # any column
    if value is None:
        return None if column.nullable else f"{column.name} is missing"
    kind, called = _kind(column)
    if type(value) is not kind:
        return f"{column.name} holds {_called(value)} where {called} should stand"
    if isinstance(value, float) and not math.isfinite(value):
        return f"{column.name} is not a finite number"
    return None


def _kind(column: Column[Any]) -> tuple[type, str]:
    return next((kind, called) for sql, kind, called in _KINDS if isinstance(column.type, sql))


def _called(value: object) -> str:
    return next((called for _, kind, called in _KINDS if type(value) is kind), type(value).__name__)
