"""The dates of a frame's rows: of its index, or of a column that is named so."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timezone
from typing import Any, NamedTuple

import pandas as pd

from ingest.errors import FrameFaultError
from ingest.text.choices import Choices, zone
from ingest.text.columns import find_columns, shown
from ingest.text.stamps import Stamp


class Dates(NamedTuple):
    """Where the dates stand: in a column, at its position, or in the index (None); and the values, one a row."""

    column: int | None
    values: pd.Index[Any]


def find_dates(frame: pd.DataFrame, header: tuple[str, ...], called: str) -> Dates:
    """The dates of a frame: an index of dates goes before a column named so, and this before any other index.

    Args:
        frame: One level of columns and of rows.
        header: The names of its columns.
        called: What it is called in a message.

    Raises:
        FrameFaultError: There are none.
    """
    if are_dates(frame.index):
        return Dates(None, frame.index)
    at = find_columns(header).get("date")
    if at is not None:
        return Dates(at, pd.Index(frame.iloc[:, at]))
    if isinstance(frame.index, pd.RangeIndex) or pd.api.types.is_float_dtype(frame.index.dtype):
        raise FrameFaultError(
            f"{called} has no dates (its index counts rows; its columns: {shown(header)}): give it a DatetimeIndex, or "
            "a column Date"
        )
    return Dates(None, frame.index)


def are_dates(values: pd.Index[Any]) -> bool:
    """Whether these are dates already, and no texts or numbers to be read as such."""
    dated = isinstance(values, pd.DatetimeIndex | pd.PeriodIndex) or pd.api.types.is_datetime64_any_dtype(values.dtype)
    return dated or (bool(len(values)) and all(isinstance(value, date) or value is pd.NaT for value in values))


def labels(values: pd.Index[Any]) -> tuple[str, ...]:
    """What each row is called in a message: its date, without an idle clock."""
    return tuple(str(value).removesuffix(" 00:00:00") for value in values)


def stamps_of(values: pd.Index[Any], said: Choices, called: str) -> list[Stamp]:
    """Dates as stamps: what each says itself, with its offset from UTC where it has a zone.

    Args:
        values: Dates `(rows,)`, see `are_dates`.
        said: The zone of clocks without one.
        called: What the frame is called in a message.

    Raises:
        FrameFaultError: A row has none.
    """
    if isinstance(values, pd.PeriodIndex):
        values = values.to_timestamp()
    moments = [pd.Timestamp(value) for value in values]
    for row, moment in enumerate(moments):
        if pd.isna(moment):
            raise FrameFaultError(f"{called}, iloc {row}: its date is missing: give each row one, or leave it out")
    if _are_days(moments):
        return [Stamp(moment.date()) for moment in moments]
    fallback = zone(said.timezone) if said.timezone else None
    return [Stamp(m.date(), m.time(), _offset(m) or fallback) for m in moments]


def _are_days(moments: Iterable[pd.Timestamp]) -> bool:
    return all(moment.tzinfo is None and moment == moment.normalize() for moment in moments)


def _offset(moment: pd.Timestamp) -> timezone | None:
    """The zone as an offset: some zones' own objects mean another offset than the moment has."""
    offset = moment.utcoffset()
    return None if offset is None else timezone(offset)
