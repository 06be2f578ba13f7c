"""The UTC day of each count of a file: the day of its bucket's start.

Where a file says when buckets end, shorter ones are added up to the days that they cover as a whole; a day of which a
part is missing has no count, since nothing tells what the part would be.
"""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple, TypeVar

from ingest.errors import BadDateError, DuplicateSessionError, FileFaultError
from ingest.text.stamps import Stamp
from ingest.text.table import TextTable

_Key = TypeVar("_Key", date, datetime)
_A_DAY = timedelta(days=1)
_SLACK = timedelta(seconds=1)
"""How much earlier an end may be written, as in `23:59:59`."""


class Daily(NamedTuple):
    """The count of each day that is known, and how many days were left out since a part of them is missing."""

    counts: dict[date, float]
    partly: int


def utc_day(stamp: Stamp) -> date:
    """The UTC day of a stamp; a midnight is of the date that it says.

    >>> from datetime import timezone
    >>> utc_day(Stamp(date(2024, 1, 2), time(23), timezone(timedelta(hours=-5))))
    datetime.date(2024, 1, 3)
    """
    if stamp.zone is None or stamp.clock is None or not stamp.timed:
        return stamp.day
    try:
        return _instant(stamp).date()
    except OverflowError:  # at either end of the years that Python knows
        return stamp.day


def of_days(table: TextTable, stamps: Sequence[Stamp], numbers: Sequence[float]) -> dict[date, float]:
    """The counts of rows that are a day each; equal ones of a day once.

    Args:
        table: For messages.
        stamps: Of each row `(rows,)`.
        numbers: Counts `(rows,)`, NaN for a gap, which is left out.

    Raises:
        DuplicateSessionError: A day has two counts.
    """
    rows: dict[date, int] = {}
    for row, (stamp, number) in enumerate(zip(stamps, numbers, strict=True)):
        if not math.isnan(number):
            _once(table, rows, utc_day(stamp), row, numbers)
    return {day: numbers[row] for day, row in rows.items()}


def of_buckets(table: TextTable, starts: Sequence[Stamp], ends: Sequence[Stamp], numbers: Sequence[float]) -> Daily:
    """The counts of rows that are a bucket each, up to a day long, added up by the UTC day of their starts.

    Args:
        table: For messages.
        starts: Of each row's bucket `(rows,)`.
        ends: Of each row's bucket `(rows,)`.
        numbers: Counts `(rows,)`, NaN for a gap: the day is not known.

    Raises:
        BadDateError: A bucket ends before it starts.
        FileFaultError: A bucket is longer than a day, or overlaps another.
        DuplicateSessionError: A bucket has two counts.
    """
    rows: dict[datetime, int] = {}
    for row, (start, end) in enumerate(zip(starts, ends, strict=True)):
        _refuse_length(table, row, _instant(end) - _instant(start))
        _once(table, rows, _instant(start), row, numbers)
    by_day: dict[date, list[int]] = {}
    for row in rows.values():
        by_day.setdefault(utc_day(starts[row]), []).append(row)
    counts, partly = {}, 0
    for day, own in by_day.items():
        length = sum((_instant(ends[row]) - _instant(starts[row]) for row in own), timedelta())
        if length > _A_DAY + _SLACK:
            raise FileFaultError(
                f"{table.place(own[-1])}: its buckets of {day} overlap: keep those of one length, of one query"
            )
        if length < _A_DAY - len(own) * _SLACK:
            partly += 1
        elif not any(math.isnan(numbers[row]) for row in own):
            counts[day] = sum(numbers[row] for row in own)
    return Daily(counts, partly)


def _once(table: TextTable, rows: dict[_Key, int], key: _Key, row: int, numbers: Sequence[float]) -> None:
    """Notes the row of a day or a bucket, which has one count."""
    before = rows.setdefault(key, row)
    same = numbers[before] == numbers[row] or (math.isnan(numbers[before]) and math.isnan(numbers[row]))
    if not same:
        day = f"{key:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
        raise DuplicateSessionError(
            f"{table.path}, {table.unit}s {table.lines[before]} and {table.lines[row]} both give {day}, with different "
            "values: keep the right one"
        )


def _refuse_length(table: TextTable, row: int, length: timedelta) -> None:
    if length <= timedelta():
        raise BadDateError(f"{table.place(row)}: its bucket ends before it starts: correct the line")
    if length > _A_DAY + _SLACK:
        raise FileFaultError(
            f"{table.place(row)}: its bucket is {length / _A_DAY:g} days long: download the same with one row per day"
        )


def _instant(stamp: Stamp) -> datetime:
    return datetime.combine(stamp.day, stamp.clock or time(), tzinfo=stamp.zone or UTC).astimezone(UTC)
