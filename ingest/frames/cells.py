"""A frame as the table that files are read into: cells as text for messages, columns of numbers as they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from numbers import Real
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.text.table import Cells, TextTable

Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class FrameTable(TextTable):
    """The cells of a frame; `lines` count its rows from 0, as `iloc` does.

    Attributes:
        columns: Each column as numbers `(rows of the frame,)`, None where it has texts.
        labels: What each row of the frame is called.
    """

    columns: tuple[Numbers | None, ...] = ()
    labels: tuple[str, ...] = ()

    def place(self, row: int) -> str:
        """The frame, and the label of a row."""
        return f"{self.path}, row {self.labels[self.lines[row]]}"

    def places(self, one: int, other: int) -> str:
        """The frame, and where two rows stand, whose labels may be the same."""
        return f"{self.path}, iloc {self.lines[one]} and {self.lines[other]}"

    def only(self, positions: Sequence[int]) -> Self:
        """The table with these columns alone, cells and numbers."""
        return replace(super().only(positions), columns=tuple(self.columns[at] for at in positions))

    def numbers(self, position: int) -> Numbers | None:
        """A column of numbers, its rows those that the table still has."""
        known = self.columns[position]
        return None if known is None else known[list(self.lines)]


def table_of(frame: pd.DataFrame, header: tuple[str, ...], labels: tuple[str, ...], called: str) -> FrameTable:
    """A frame as a table.

    Args:
        frame: One level of columns.
        header: The names of its columns.
        labels: What each row is called.
        called: What the frame is called.
    """
    own = [frame.iloc[:, at] for at in range(frame.shape[1])]
    columns = tuple(numbers_of(column) for column in own)
    cells = [_cells(column, known) for column, known in zip(own, columns, strict=True)]
    return FrameTable(
        path=called,
        header=header,
        rows=tuple(zip(*cells, strict=True)),
        lines=tuple(range(len(frame))),
        delimiter="",
        sha256="",
        columns=columns,
        labels=labels,
    )


def numbers_of(column: pd.Series[Any]) -> Numbers | None:
    """A column as numbers `(rows,)`, NaN for what is missing; None where any value is no number.

    >>> numbers_of(pd.Series([1, None])), numbers_of(pd.Series(["1"])), numbers_of(pd.Series([True]))
    (array([ 1., nan]), None, None)
    """
    kind = column.dtype
    if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_complex_dtype(kind):
        return None
    if pd.api.types.is_numeric_dtype(kind):
        return column.to_numpy(dtype=float, na_value=np.nan)
    values = column.tolist()
    if all(
        _is_missing(value) or (isinstance(value, Real | Decimal) and not isinstance(value, bool)) for value in values
    ):
        return np.array([np.nan if _is_missing(value) else float(value) for value in values])
    return None


def _cells(column: pd.Series[Any], known: Numbers | None) -> Cells:
    if known is not None:
        return tuple("" if math.isnan(number) else repr(number) for number in known.tolist())
    return tuple("" if _is_missing(value) else str(value).strip() for value in column)


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and math.isnan(value))
