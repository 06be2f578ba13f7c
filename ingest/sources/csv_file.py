"""A file that the user has: Yahoo's download, CoinMarketCap-like, plain bars, or closes only.

Columns are found by name (`ingest.text.columns`), in any order; others are left alone. Rows may be
in any date order. A row without a close is a gap and is left out; any other value may be missing.
With an "Adj Close" column, splits and dividends enter as `ingest.adjustments` says; since the first
row of a file has nothing before it, a file that continues a history should overlap it by a row.
"""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.adjustments import adjustment_factors
from ingest.assets import Asset
from ingest.errors import BadValueError, DuplicateSessionError, EmptyFileError, MissingColumnError
from ingest.panel import check_symbol, panel_rows
from ingest.sessions import Calendar
from ingest.sessions import calendar as find_calendar
from ingest.text.columns import find_columns, is_header
from ingest.text.dates import parse_dates
from ingest.text.numbers import comma_is_decimal, parse_number
from ingest.text.table import TextTable, read_table

FETCHED = False
ASSETS: tuple[Asset, ...] = ()

_PRICES = ("open", "high", "low", "close", "adjusted")
Values = dict[str, npt.NDArray[np.float64]]


def read(path: str | Path, symbol: str, calendar: str | Calendar) -> pd.DataFrame:
    """The panel of a file; its known_at is NaT until it is stored.

    Args:
        path: The file.
        symbol: The asset's symbol.
        calendar: The asset's calendar or its code. Rows on days when it has no session are kept:
            `ingest.checks` reports them.

    Returns:
        A panel, oldest first.

    Raises:
        BadSymbolError: The symbol is no plain ticker.
        UnknownCalendarError: Nobody knows the calendar.
        FileFaultError: What is wrong with the file, and on which line; see `ingest.errors`.
    """
    check_symbol(symbol)
    find_calendar(calendar)
    table = read_table(Path(path), is_header)
    positions = _positions(table)
    if not table.rows:
        raise EmptyFileError(f"{path} has a header but no rows: save it again with a row a day")
    dates = np.array(parse_dates(table.column(positions["date"]), table.place), dtype="datetime64[D]")
    values = _values(table, {role: at for role, at in positions.items() if role != "date"})
    order = _one_a_session(table, dates, values)
    if not order.size:
        raise EmptyFileError(f"{path} has no row with a close: check the column {table.header[positions['close']]}")
    kept = {role: column[order] for role, column in values.items()}
    if "adjusted" in kept:
        kept["adjustment"] = adjustment_factors(kept["close"], kept.pop("adjusted"))
    days = pd.DatetimeIndex(dates[order].astype("datetime64[us]"))
    return panel_rows(symbol, days, kept, "csv_file", table.sha256)


def asset_for(rows: pd.DataFrame, symbol: str, calendar: str | Calendar) -> Asset:
    """The asset that a file's rows belong to.

    Args:
        rows: From `read`.
        symbol: The asset's symbol.
        calendar: The asset's calendar or its code.

    Raises:
        BadSymbolError: The symbol is no plain ticker.
        UnknownCalendarError: Nobody knows the calendar.
    """
    kind = "tweets a day" if rows["tweets"].notna().any() else ""
    return Asset(symbol, calendar=find_calendar(calendar).code, source="csv_file", attention_kind=kind)


def _positions(table: TextTable) -> dict[str, int]:
    positions = find_columns(table.header)
    for role, example in (("date", "Date"), ("close", "Close")):
        if role not in positions:
            seen = ", ".join(name or "(no name)" for name in table.header)[:200]
            raise MissingColumnError(f"{table.path} has no {role} column (it has: {seen}): name one of them {example}")
    return positions


def _values(table: TextTable, positions: dict[str, int]) -> Values:
    """Each column as numbers `(rows,)`, each number possible."""
    columns = {role: table.column(at) for role, at in positions.items()}
    decimal_comma = _decimal_comma(table, columns)
    values = {}
    for role, column in columns.items():
        numbers = np.empty(len(column))
        for row, text in enumerate(column):
            try:
                numbers[row] = parse_number(text, decimal_comma=decimal_comma)
            except ValueError as error:
                raise BadValueError(
                    f"{table.place(row)}: {table.header[positions[role]]} is {text!r}, which is no number: "
                    "correct it, or leave it empty for a gap"
                ) from error
        if role == "open":
            numbers[numbers == 0] = np.nan  # Yahoo writes 0 where an old index has no opening price
        values[role] = numbers
    _refuse_impossible(table, positions, values)
    return values


def _decimal_comma(table: TextTable, columns: dict[str, tuple[str, ...]]) -> bool:
    """Whether commas are decimal here; elsewhere than between semicolons they group thousands."""
    if table.delimiter != ";":
        return False
    found = comma_is_decimal(text for column in columns.values() for text in column)
    if found is None:
        raise BadValueError(
            f"{table.path}: commas in its numbers may be decimal or group thousands, and no number tells "
            "which: write decimals with a point, and thousands without a sign"
        )
    return found


def _refuse_impossible(table: TextTable, positions: dict[str, int], values: Values) -> None:
    """The first line with a price at or below zero, or with anything else below zero."""
    faults = []
    for role, numbers in values.items():
        bad = numbers <= 0 if role in _PRICES else numbers < 0
        faults += [(int(row), role) for row in np.flatnonzero(bad)[:1]]
    if not faults:
        return
    row, role = min(faults)
    rule = "above zero" if role in _PRICES else "zero or more"
    name = table.header[positions[role]]
    raise BadValueError(
        f"{table.place(row)}: {name} is {table.rows[row][positions[role]]}, and it must be {rule}: "
        "correct it, or leave it empty for a gap"
    )


def _one_a_session(table: TextTable, dates: npt.NDArray[np.datetime64], values: Values) -> npt.NDArray[np.intp]:
    """Positions of the rows to keep, oldest first: those with a close, equal duplicates once."""
    order = np.argsort(dates, kind="stable")
    order = order[~np.isnan(values["close"][order])]
    numbers = np.column_stack(list(values.values()))
    repeated = np.flatnonzero(dates[order][1:] == dates[order][:-1]) + 1
    for at in repeated:
        first, second = order[at - 1], order[at]
        if not np.array_equal(numbers[first], numbers[second], equal_nan=True):
            raise DuplicateSessionError(
                f"{table.path}, lines {table.lines[first]} and {table.lines[second]} both give {dates[first]}"
                ", with different values: keep the right one"
            )
    return np.delete(order, repeated)
