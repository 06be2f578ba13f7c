"""A file with a series of an asset's own: text, a workbook or Parquet with a column of dates and one of values.

Dates, numbers, packing and encodings are those of files of prices. A row on a day that is no session of the asset's
calendar is counted and left out; so is a value of which no logarithm can be taken, where the transform needs one.
"""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.errors import BadValueError, EmptyFileError, FileFaultError, MissingColumnError
from ingest.frames.reading import Laid, laid_out
from ingest.own_series import GivenSeries, Transform
from ingest.series_terms import IMPLIED
from ingest.session_rows import one_per_session, outside, refuse_shifted
from ingest.sessions import Calendar
from ingest.stamped_days import dated, open_days, within
from ingest.table_rows import stamps_of
from ingest.text.choices import Choices
from ingest.text.columns import CLOCKS, IDENTIFIERS, is_dated, normal_name, shown
from ingest.text.counts_column import is_numeric, name_of
from ingest.text.dates import american
from ingest.text.recognition import refuse_other_spacing
from ingest.text.roles import date_column, named, stamp_texts
from ingest.text.stamps import date_texts
from ingest.text.table import TextTable, read_table
from ingest.text.tickers import is_two_lines, one_ticker
from ingest.text.values import VALUE, numbers_of

SOURCE = "csv_file"
"""What is written beside each value."""
MOST = 3.0
"""Of implied volatilities, fractions a year: the median is below this, and in percent above."""
_PARQUET = b"PAR1"
_MANY = 0.2
"""Share of values at or below zero from which on they are of another kind."""
_SHOWN = 3
"""Days that a note names."""

Values = npt.NDArray[np.float64]


def read(  # a file, what it is of, and what is declared of it
    path: Path, symbol: str, calendar: Calendar, terms: tuple[str, Transform, int], column: str, said: Choices
) -> GivenSeries:
    """What a file holds of a series.

    Args:
        path: The file.
        symbol: The asset's; of several columns that may be the values, the one that is called so is meant.
        calendar: The asset's.
        terms: Name, transform and minutes after the close until a value is known.
        column: The name of the column of values; the only one that may be where empty.
        said: What the user says that the file does not tell.

    Raises:
        FileFaultError: What is wrong with the file, and on which line; see `ingest.errors`.
        FrameFaultError: The same of a Parquet file.
    """
    name, transform, lag = terms
    table, at, stamps, month_first, _ = _parquet(path, said, column) if _is_parquet(path) else _text(path, said, column)
    refuse_other_spacing(table.path, stamps)
    position = named(table, column, "--column") if column else _only(table, at, symbol)
    numbers = numbers_of(table, {VALUE: position}, said.decimal, american=month_first)[VALUE]
    days = dated(stamps, calendar, table.place, bars=False, snapshots=False)
    covered, traded = within(days.days, calendar), open_days(days.days, calendar)
    refuse_shifted(table, days.days[covered], calendar)
    notes = [*table.notes, *days.notes, *outside(covered, calendar), *_shut(days.days[covered & ~traded], calendar)]
    order = one_per_session(table, days.days, {"close": numbers}, covered & traded)  # a value is kept before a gap
    values = pd.Series(numbers[order], index=pd.DatetimeIndex(days.days[order].astype("datetime64[us]")), name=name)
    what = f"{table.path}: {name_of(table, position)}"
    if gaps := int(values.isna().sum()):
        notes.append(f"{gaps} without a value, left out")
    values = _possible(values, transform, what, notes)
    if values.isna().all():
        raise EmptyFileError(f"{what} has no value on a session of {calendar.code}: {'; '.join(notes) or 'no rows'}")
    return GivenSeries(name, transform, lag, values.dropna(), SOURCE, table.sha256, tuple(notes))


def _is_parquet(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(len(_PARQUET)) == _PARQUET
    except OSError:  # the reader of text says why
        return False


def _parquet(path: Path, said: Choices, column: str) -> Laid:
    try:
        frame = pd.read_parquet(path)
    except (OSError, ValueError) as error:  # pyarrow's own are among them
        reason = " ".join(str(error).split())[:120]
        raise FileFaultError(f"{path} is a damaged Parquet file ({reason}): write it again") from error
    if frame.empty:
        raise EmptyFileError(f"{path} has no rows: write it again with one row per day")
    laid = laid_out(frame, str(path), said, column)
    return laid._replace(table=replace(laid.table, sha256=sha256(path.read_bytes()).hexdigest()))


def _text(path: Path, said: Choices, column: str) -> Laid:
    table = one_ticker(read_table(path, is_dated, is_two_lines, sheet=said.sheet), said.ticker, column)
    at = date_column(table)
    if not table.rows:
        raise EmptyFileError(f"{path} has a header but no rows: save it again with one row per day")
    texts = stamp_texts(table, at)
    return Laid(table, at, stamps_of(table, at, texts, said), american(date_texts(texts)), "")


def _only(table: TextTable, dates: int, symbol: str) -> int:
    """The one column that may be the values; of several the one that has the asset's symbol.

    Raises:
        MissingColumnError: None is, or several are.
    """
    names = [normal_name(name) for name in table.header]
    no_values = {"", *CLOCKS, *IDENTIFIERS}
    beside = [at for at, name in enumerate(names) if at != dates and name not in no_values]
    found = [at for at in beside if is_numeric(table, at)] or beside
    own = [at for at in found if table.header[at] == symbol]
    if len(found) == 1 or len(own) == 1:
        return (own if len(own) == 1 else found)[0]
    listed = ", ".join(name_of(table, at) for at in found)[:200]
    if not found:
        raise MissingColumnError(
            f"{table.path} has no column beside its dates (it has: {shown(table.header)}): say --column"
        )
    raise MissingColumnError(
        f"{table.path} has several columns that may be the series ({listed}): say --column and the name of one"
    )


def _shut(days: npt.NDArray[np.datetime64], calendar: Calendar) -> list[str]:
    """How many rows stand on days when the market is shut, and on which."""
    if not days.size:
        return []
    return [f"{days.size} on days without a session of {calendar.code}, left out ({_listed(np.unique(days))})"]


def _listed(days: npt.NDArray[np.datetime64]) -> str:
    more = f" and {days.size - _SHOWN} more" if days.size > _SHOWN else ""
    return ", ".join(map(str, days[:_SHOWN])) + more


def _possible(values: pd.Series, transform: Transform, what: str, notes: list[str]) -> pd.Series:
    """The values, those of which no logarithm can be taken as gaps where the transform takes it.

    Raises:
        BadValueError: They are of another kind, or in percent.
    """
    if transform == "level":
        return values
    below = (values <= 0).to_numpy()
    if below.sum() > _MANY * values.notna().sum():
        remedy = "say --column and the right one" if transform == IMPLIED else "say --transform level"
        raise BadValueError(
            f"{what}: {int(below.sum())} of {int(values.notna().sum())} values are at or below zero, and {transform} "
            f"takes their logarithm: {remedy}, or correct them"
        )
    if below.any():
        listed = _listed(values.index[below].to_numpy().astype("datetime64[D]"))
        notes.append(f"{int(below.sum())} at or below zero, taken as gaps ({listed})")
    kept = values.where(values > 0)
    if transform == IMPLIED and kept.median() > MOST:
        raise BadValueError(
            f"{what}: half of the values are above {kept.median():g}, as if in percent: write fractions a year, 0.25 "
            "for 25 %, or import them under another --name with --transform log"
        )
    return kept
