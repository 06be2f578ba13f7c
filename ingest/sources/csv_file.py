"""A file that the user has, in any of the forms of `docs/files.md`.

Rows may be in any order of dates; what they hold is for `ingest.table_rows` to say. What the file alone does not say is
refused until the user chooses it.
"""

from pathlib import Path

import pandas as pd

from ingest.assets import Asset
from ingest.errors import EmptyFileError
from ingest.panel import check_symbol
from ingest.sessions import Calendar
from ingest.sessions import calendar as find_calendar
from ingest.sources import Reading
from ingest.table_rows import rows_of, stamps_of
from ingest.text.choices import Choices
from ingest.text.columns import is_dated, is_header
from ingest.text.dates import american
from ingest.text.roles import date_column, is_indexed, stamp_texts
from ingest.text.stamps import date_texts
from ingest.text.table import read_table
from ingest.text.tickers import is_two_lines, one_ticker
from ingest.text.unnamed import names_of

FETCHED = False
ASSETS: tuple[Asset, ...] = ()


def read(path: str | Path, symbol: str, calendar: str | Calendar, choices: Choices | None = None) -> Reading:
    """What a file holds; known_at is NaT until it is stored.

    Args:
        path: The file.
        symbol: The asset's symbol.
        calendar: The asset's calendar or its code. Rows on days when it has no session are kept:
            `ingest.checks` reports them.
        choices: What the user says that the file does not tell.

    Returns:
        Its panel, oldest first, with NaN for an adjustment that it does not say.

    Raises:
        BadSymbolError: The symbol is no plain ticker.
        UnknownCalendarError: Nobody knows the calendar.
        FileFaultError: What is wrong with the file, and on which line; see `ingest.errors`.
    """
    said = choices or Choices()
    check_symbol(symbol)
    days_of = find_calendar(calendar)
    tests = (is_header, is_two_lines, is_indexed, is_dated)
    table = one_ticker(read_table(Path(path), *tests, naming=names_of, sheet=said.sheet), said.ticker, said.close)
    at = date_column(table)
    if not table.rows:
        raise EmptyFileError(f"{path} has a header but no rows: save it again with one row per day")
    texts = stamp_texts(table, at)
    return rows_of(table, at, stamps_of(table, at, texts, said), symbol, days_of, said, american(date_texts(texts)))


def asset_for(rows: pd.DataFrame, symbol: str, calendar: str | Calendar) -> Asset:
    """The asset that a file's rows belong to.

    Args:
        rows: Of what `read` gives.
        symbol: The asset's symbol.
        calendar: The asset's calendar or its code.

    Raises:
        BadSymbolError: The symbol is no plain ticker.
        UnknownCalendarError: Nobody knows the calendar.
    """
    kind = "tweets a day" if rows["tweets"].notna().any() else ""
    return Asset(symbol, calendar=find_calendar(calendar).code, source="csv_file", attention_kind=kind)
