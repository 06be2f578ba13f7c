"""Counts from a file that the user has: a column of days and one of counts, or what a service answered as JSON.

The subject is the file's path. Columns are found by name (`ingest.text.counts_column`), rows may be in any date
order, and `null`, `-` or nothing is a gap. Days are UTC, and a bucket belongs to the day of its start; those shorter
than a day are added up (`ingest.text.buckets`). `<1`, as search engines write it, is a half. A row that says of itself
that it is partial is left out: its day is not over.
"""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

from ingest.daily_counts import MOST, Counts, final_days, series_of
from ingest.errors import BadValueError, EmptyFileError, quoted
from ingest.sessions import Day
from ingest.text.answers_of_counts import answer_table, is_answer
from ingest.text.buckets import Daily, of_buckets, of_days
from ingest.text.contents import contents
from ingest.text.counts_column import BELOW_ONE, Counted, counted, is_dated, is_of_longer, name_of
from ingest.text.dates import american
from ingest.text.decimal_marks import decimal_commas
from ingest.text.numbers import Taken, taken
from ingest.text.recognition import refuse_other_spacing
from ingest.text.stamps import Stamp, date_texts, parse_stamps
from ingest.text.table import TextTable, read_table
from ingest.transport import Transport

KIND = "tweets a day"
"""Of most files; what this one counts is in its `Counts`."""
LAG = timedelta(0)
"""A day that is over is as complete as the file."""

_HALF = 0.5
_YES = {"true", "1", "wahr", "vrai", "yes"}


def attention(  # what each adapter is asked, and two that a file may need
    subject: str,
    first: Day,
    last: Day,
    now: datetime,
    transport: Transport | None = None,
    *,
    column: str = "",
    kind: str = "",
) -> Counts:
    """The counts of a file, by UTC day.

    Args:
        subject: The file's path.
        first: First day wanted.
        last: Last day wanted.
        now: With a time zone; days that are not over are left out.
        transport: Not used.
        column: The name of the column of counts; the one that may be it where empty.
        kind: What is counted, such as "tweets a day"; as the column's name says, else "counts a day", where empty.

    Returns:
        See `ingest.attention`.

    Raises:
        FileFaultError: What is wrong with the file, and on which line; see `ingest.errors`.
        NoDataError: The file has counts, but none on those days.
    """
    where = f"csv_file: {subject}"
    start, end = final_days(first, last, now, LAG, where)
    path = Path(subject)
    table = _table(path)
    columns = counted(table, column, kind)
    if not table.rows:
        raise EmptyFileError(f"{path} has a header but no rows: save it again with one row per day")
    partial = _partial(table, columns)
    numbers, halves = _numbers(table, columns)
    stamps = parse_stamps(table.column(columns.days), table.place)
    daily = _daily(table, columns, stamps, [math.nan if left else n for n, left in zip(numbers, partial, strict=True)])
    if not daily.counts:
        raise EmptyFileError(
            f"{path} has no row with a count of a whole day: check the column {name_of(table, columns.counts)}"
        )
    return Counts(
        columns.kind,
        LAG,
        series_of({pd.Timestamp(day).as_unit("us"): n for day, n in daily.counts.items()}, start, end, where),
        table.sha256,
        (columns.former,) if not kind else (),
        _notes(halves, sum(partial), daily.partly),
    )


def _table(path: Path) -> TextTable:
    held = contents(path)
    if held.sheets is None and is_answer(held.text):
        return answer_table(path, held.text)
    return read_table(path, is_dated, is_of_longer)


def _daily(table: TextTable, columns: Counted, stamps: list[Stamp], numbers: Sequence[float]) -> Daily:
    """The count of each UTC day.

    Raises:
        FileFaultError: Its rows are neither days nor buckets that make days up.
    """
    if columns.ends is None:
        refuse_other_spacing(table.path, stamps)
        return Daily(of_days(table, stamps, numbers), 0)
    daily = of_buckets(table, stamps, parse_stamps(table.column(columns.ends), table.place), numbers)
    refuse_other_spacing(table.path, [Stamp(day) for day in daily.counts])
    return daily


def _partial(table: TextTable, columns: Counted) -> list[bool]:
    """Of each row, whether it says that its day is not over."""
    if columns.partial is None:
        return [False] * len(table.rows)
    return [text.casefold() in _YES for text in table.column(columns.partial)]


def _notes(halves: int, partial: int, partly: int) -> tuple[str, ...]:
    """What a user should know of the days that are not as they were written."""
    told = (
        (halves, f'written as "{BELOW_ONE}", taken as {_HALF}'),
        (partial, "said to be partial, left out"),
        (partly, "of which the file has a part only, left out"),
    )
    return tuple(f"{count} {'day' if count == 1 else 'days'} {words}" for count, words in told if count)


def _numbers(table: TextTable, columns: Counted) -> tuple[list[float], int]:
    """The column as numbers, NaN for a gap, each possible; and how many of them are below one, and not told."""
    at = columns.counts
    texts = table.column(at)
    below = [text.replace(" ", "") == BELOW_ONE for text in texts]
    cells = [None if below[row] else _taken(table, at, row, text) for row, text in enumerate(texts)]
    comma = table.delimiter != "" and _has_decimal_comma(table, columns, cells)
    numbers = []
    for row, cell in enumerate(cells):
        try:
            number = (_HALF if below[row] else math.nan) if cell is None else cell.value(decimal_comma=comma)
        except ValueError as error:
            raise _no_number(table, at, row) from error
        if number < 0 or number > MOST:
            raise BadValueError(
                f"{table.place(row)}: {name_of(table, at)} is {texts[row]}, which no count can be: correct it, or "
                "leave it empty for a gap"
            )
        numbers.append(number)
    return numbers, sum(below)


def _has_decimal_comma(table: TextTable, columns: Counted, cells: list[Taken | None]) -> bool:
    """Whether the comma is decimal; not asked of a workbook and of JSON, whose numbers have a point."""

    def place(_role: str, row: int) -> str:
        return f"{table.place(row)}: {name_of(table, columns.counts)} is {quoted(table.rows[row][columns.counts])}"

    dates = date_texts(table.column(columns.days))
    return decimal_commas({"tweets": cells}, "", place, american=american(dates))["tweets"]


def _taken(table: TextTable, at: int, row: int, text: str) -> Taken | None:
    try:
        return taken(text)
    except ValueError as error:
        raise _no_number(table, at, row) from error


def _no_number(table: TextTable, at: int, row: int) -> BadValueError:
    return BadValueError(
        f"{table.place(row)}: {name_of(table, at)} is {quoted(table.rows[row][at])}, which is not a number: correct "
        "it, or leave it empty for a gap"
    )
