"""A user's frame read as a file of the same rows would be: columns by name, days of the exchange, payments.

What is below the cells is the file reader's own (`ingest.table_rows`), so that a frame and its file give the same
rows. Its sentences are turned where they name an option of the command line: here the same is an argument.
"""

from __future__ import annotations

import re
from typing import NamedTuple, TypedDict

import pandas as pd

from ingest.errors import FileFaultError, FrameFaultError
from ingest.frames.cells import table_of
from ingest.frames.dates import are_dates, find_dates, labels
from ingest.frames.dates import stamps_of as dated
from ingest.frames.shapes import as_pandas, ticker
from ingest.frames.tickers import of_one
from ingest.panel import check_symbol
from ingest.sessions import Calendar
from ingest.sources import Reading
from ingest.table_rows import rows_of, stamps_of
from ingest.text.choices import Choices
from ingest.text.dates import american
from ingest.text.roles import stamp_texts
from ingest.text.stamps import Stamp, date_texts
from ingest.text.table import TextTable
from ingest.text.tickers import one_ticker

SOURCE = "frame"
"""The source of rows that came in a frame."""
UNNAMED = "PRICE"
"""The symbol of prices that nobody named."""
_OPTION = re.compile(r"--([a-z]+)(?: (?!(?:and|is|where|or|it)\b)([^\s,:;]+))?")


class Told(TypedDict, total=False):
    """What the frame itself does not tell; the same as of a file, see `Choices`.

    Attributes:
        ticker: The one that is wanted where the frame has several.
        close: The name of the column of closes.
        open: The name of the column of opens.
        high: The name of the column of highs.
        low: The name of the column of lows.
        volume: The name of the column of volumes.
        adjusted: The name of the column of closes that are adjusted for splits and dividends.
        decimal: The decimal mark of numbers in texts, `comma` or `point`.
        timezone: Of times without a zone, such as `Europe/Berlin`.
        dividends: `paid` where closes fall with each dividend, `included` where they are adjusted for them.
        dates: The order of dates of three numbers in texts, `mdy`, `dmy` or `ymd`.
    """

    ticker: str
    close: str
    open: str
    high: str
    low: str
    volume: str
    adjusted: str
    decimal: str
    timezone: str
    dividends: str
    dates: str


class Framed(NamedTuple):
    """What a frame holds, and the symbol of its rows."""

    reading: Reading
    symbol: str


def read(data: object, symbol: str, calendar: Calendar, told: Told) -> Framed:
    """What a frame holds.

    Args:
        data: See `ingest.frames.shapes.as_pandas`.
        symbol: The asset's symbol; the frame's own ticker, or `UNNAMED`, where empty.
        calendar: The asset's calendar.
        told: What the user says.

    Returns:
        As a file of the same rows is read; `known_at` is NaT.

    Raises:
        FrameFaultError: What is wrong with the frame: the column, the row by its label, and what to do.
        BadSymbolError: The symbol is no plain ticker.
    """
    try:
        return _read(data, symbol, calendar, Choices(**told))
    except FileFaultError as fault:
        raise FrameFaultError(in_python(str(fault))) from None


def in_python(sentence: str) -> str:
    """A sentence of the file reader with arguments for its options.

    >>> in_python("for a market that never closes say --calendar 24/7")
    "for a market that never closes say calendar='24/7'"
    >>> in_python("several columns may be the close (Close, Last): say --close and one of them")
    'several columns may be the close (Close, Last): say close=... and one of them'
    """
    said = _OPTION.sub(lambda found: f"{found[1]}={found[2]!r}" if found[2] else f"{found[1]}=...", sentence)
    return said.replace("the file", "the frame")


class Laid(NamedTuple):
    """A frame as a table of one ticker: where its dates stand, its stamps, and what it says itself.

    Attributes:
        table: The cells.
        at: Position of the column of dates.
        stamps: Of each row.
        month_first: Whether dates are written as Americans do.
        ticker: The one that its levels name; empty where they name none.
    """

    table: TextTable
    at: int
    stamps: list[Stamp]
    month_first: bool
    ticker: str


def laid_out(frame: pd.DataFrame, called: str, said: Choices, column: str = "") -> Laid:
    """A frame of pandas as the table that files are read into.

    Args:
        frame: With dates in its index or in a column.
        called: What it is called in a message.
        said: What the user says.
        column: The name of the column that is wanted, where the user says it: it says whose rows they are, too.

    Raises:
        FrameFaultError: It has no dates, or several tickers of which none is chosen.
        FileFaultError: As of a file.
    """
    frame, of = of_one(frame, said.ticker, called)
    header = tuple(str(name) for name in frame.columns)
    at, dates = find_dates(frame, header, called)
    if at is None:
        frame, header, at = frame.copy(deep=False), ("Date", *header), 0
        frame.insert(0, "Date", dates, allow_duplicates=True)
    table: TextTable = table_of(frame, header, labels(dates), called)
    table = one_ticker(table, "" if of else said.ticker, column)
    if are_dates(dates):
        return Laid(table, at, dated(dates[list(table.lines)], said, called), month_first=False, ticker=of)
    texts = stamp_texts(table, at)
    return Laid(table, at, stamps_of(table, at, texts, said), american(date_texts(texts)), of)


def _read(data: object, symbol: str, calendar: Calendar, said: Choices) -> Framed:
    frame, called, own = as_pandas(data)
    table, at, stamps, month_first, of = laid_out(frame, called, said)
    name = check_symbol(symbol) if symbol else ticker(of or said.ticker) or own or UNNAMED
    return Framed(rows_of(table, at, stamps, name, calendar, said, month_first, SOURCE), name)
