"""Counts from a file that the user has: a column of dates and one of counts.

The subject is the file's path. Columns are found by name, rows may be in any date order, and `null`,
`-` or nothing is a gap. The counts are in the one column that may be one: that of tweets
(`ingest.text.columns`) before that of views or counts, before the only other one of numbers; prices and volumes are
none, nor is a `Value` until it is named after what it counts. What is counted is in its name: `Tweets` are "tweets a
day", `Pageviews` "page views a day", `Count` "counts a day", and any other `Name` is "name a day". Days are UTC, and a
bucket belongs to the day of its start. `<1`, as search engines write it, is a half.
"""

import math
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pandas as pd

from ingest.daily_counts import MOST, Counts, final_days, series_of
from ingest.errors import (
    BadValueError,
    DuplicateSessionError,
    EmptyFileError,
    FileFaultError,
    MissingColumnError,
    quoted,
)
from ingest.sessions import Day
from ingest.text.columns import ALIASES, find_columns, is_dated, normal_name
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

_KINDS = {
    **dict.fromkeys(ALIASES["tweets"], KIND),
    **dict.fromkeys(("views", "view", "pageviews", "pageview", "viewsaday", "pageviewsaday"), "page views a day"),
    **dict.fromkeys(("count", "counts", "countsaday"), "counts a day"),
}
"""Name of a column, as `normal_name` spells it -> what it counts."""
_OTHERS = frozenset(name for role, names in ALIASES.items() if role != "tweets" for name in names)
_NO_COUNTS = frozenset(
    {"ispartial", "unnamed0", "index", "value", "valueclassification", "score", "end", "start", "id"}
)
"""Names that do not say that something is counted."""
_LONGER = {"week": "weekly", "woche": "weekly", "month": "monthly", "monat": "monthly"}
_HALF = "0.5"
_LONGEST = 56
"""Signs of a column's name that become part of a kind."""


def attention(
    subject: str,
    first: Day,
    last: Day,
    now: datetime,
    transport: Transport | None = None,
) -> Counts:
    """The counts of a file, by UTC day.

    Args:
        subject: The file's path.
        first: First day wanted.
        last: Last day wanted.
        now: With a time zone; days that are not over are left out.
        transport: Not used.

    Returns:
        See `ingest.attention`.

    Raises:
        FileFaultError: What is wrong with the file, and on which line; see `ingest.errors`.
        NoDataError: The file has counts, but none on those days.
    """
    where = f"csv_file: {subject}"
    start, end = final_days(first, last, now, LAG, where)
    path = Path(subject)
    table = read_table(path, is_dated, _is_of_longer)
    at = _counted(table)
    if not table.rows:
        raise EmptyFileError(f"{path} has a header but no rows: save it again with a row a day")
    texts = table.column(find_columns(table.header)["date"])
    stamps = parse_stamps(texts, table.place)
    refuse_other_spacing(path, stamps)
    counts = _by_day(table, [_day(stamp) for stamp in stamps], _numbers(table, at, texts))
    if not counts:
        raise EmptyFileError(f"{path} has no row with a count: check the column {_name(table, at)}")
    return Counts(_kind(_name(table, at)), LAG, series_of(counts, start, end, where), table.sha256)


def _is_of_longer(cells: tuple[str, ...]) -> bool:
    """Whether these cells name a span longer than a day, and something beside it."""
    return len(cells) > 1 and normal_name(cells[0]) in _LONGER


def _day(stamp: Stamp) -> date:
    """The UTC day of a stamp; a midnight is of the date that it says."""
    if stamp.zone is None or stamp.clock is None or not stamp.timed:
        return stamp.day
    try:
        return datetime.combine(stamp.day, stamp.clock, tzinfo=stamp.zone).astimezone(UTC).date()
    except OverflowError:  # at either end of the years that Python knows
        return stamp.day


def _counted(table: TextTable) -> int:
    """Position of the column of counts, in a table that has one of dates."""
    names = [normal_name(name) for name in table.header]
    seen = ", ".join(_name(table, at) for at in range(len(names)))[:200]
    if _is_of_longer(table.header):
        raise FileFaultError(
            f"{table.path} has {_LONGER[normal_name(table.header[0])]} counts: download the same for a shorter span, "
            "which has a row a day"
        )
    if "date" not in find_columns(table.header):
        raise MissingColumnError(f"{table.path} has no date column (it has: {seen}): name one of them Date")
    possible = [at for at, name in enumerate(names) if name and name not in _OTHERS | _NO_COUNTS and _counts(table, at)]
    tweets = [at for at in possible if names[at] in ALIASES["tweets"]]
    named = [at for at in possible if names[at] in _KINDS]
    found = tweets or named or possible
    if not found:
        raise MissingColumnError(
            f"{table.path} has no column of counts (it has: {seen}): name it after what it counts, such as Tweets"
        )
    if len(found) > 1:
        several = ", ".join(_name(table, at) for at in found)[:200]
        raise MissingColumnError(
            f"{table.path} has several columns that may be the counts ({several}): keep one of them, or name it Tweets"
        )
    return found[0]


def _counts(table: TextTable, at: int) -> bool:
    """Whether a column has a number, or nothing but gaps."""
    texts = set(table.column(at))
    return not texts or any(any(sign.isdigit() for sign in text) for text in texts) or texts <= {"", "-", "null"}


def _name(table: TextTable, at: int) -> str:
    """A column's name on one line."""
    return " ".join(table.header[at].split()) or "(no name)"


def _kind(name: str) -> str:
    """What a column counts.

    >>> [_kind(name) for name in ("Tweets", "Page Views", "count", "Reddit posts", "Posts per day")]
    ['tweets a day', 'page views a day', 'counts a day', 'reddit posts a day', 'posts a day']
    """
    known = _KINDS.get(normal_name(name))
    plain = name.lower().removesuffix(" a day").removesuffix(" per day")
    return known or f"{plain[:_LONGEST].strip()} a day"


def _numbers(table: TextTable, at: int, dates: Sequence[str]) -> list[float]:
    """The column as numbers, NaN for a gap, each possible."""
    texts = table.column(at)
    cells = [_taken(table, at, row, _HALF if text.replace(" ", "") == "<1" else text) for row, text in enumerate(texts)]

    def place(_role: str, row: int) -> str:
        return f"{table.place(row)}: {_name(table, at)} is {quoted(texts[row])}"

    comma = decimal_commas({"tweets": cells}, "", place, american=american(date_texts(dates)))["tweets"]
    numbers = []
    for row, text in enumerate(texts):
        cell = cells[row]
        try:
            number = math.nan if cell is None else cell.value(decimal_comma=comma)
        except ValueError as error:
            raise _no_number(table, at, row) from error
        if number < 0 or number > MOST:
            raise BadValueError(
                f"{table.place(row)}: {_name(table, at)} is {text}, which no count can be: correct it, or leave it "
                "empty for a gap"
            )
        numbers.append(number)
    return numbers


def _taken(table: TextTable, at: int, row: int, text: str) -> Taken | None:
    try:
        return taken(text)
    except ValueError as error:
        raise _no_number(table, at, row) from error


def _no_number(table: TextTable, at: int, row: int) -> BadValueError:
    return BadValueError(
        f"{table.place(row)}: {_name(table, at)} is {quoted(table.rows[row][at])}, which is no number: correct it, or "
        "leave it empty for a gap"
    )


def _by_day(table: TextTable, days: Sequence[date], numbers: Sequence[float]) -> dict[pd.Timestamp, float]:
    """The counts that are known, each day once."""
    rows: dict[date, int] = {}
    for row, (day, number) in enumerate(zip(days, numbers, strict=True)):
        if math.isnan(number):
            continue
        before = rows.setdefault(day, row)
        if numbers[before] != number:
            raise DuplicateSessionError(
                f"{table.path}, lines {table.lines[before]} and {table.lines[row]} both give {day}, with different "
                "values: keep the right one"
            )
    return {pd.Timestamp(day).as_unit("us"): numbers[row] for day, row in rows.items()}
