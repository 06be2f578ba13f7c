"""What the rows of a table of prices hold, wherever the table comes from: the panel of one asset.

Columns are found by name (`ingest.text.roles`); others are left alone. A row without a close is a gap and is left out,
any other value may be missing. Splits and dividends enter by an "Adj Close" column (`ingest.adjustments`), else by
columns of their own (`ingest.payments`); where a table says nothing of them, they are not known.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.adjustments import adjustment_factors
from ingest.errors import EmptyFileError, FileFaultError
from ingest.panel import VALUES, panel_rows
from ingest.payments import Payments, on_closes, payment_factors, standing
from ingest.session_rows import Values, idle_rows, one_per_session, outside, without_session, without_weekends
from ingest.sessions import Calendar
from ingest.sources import Reading
from ingest.stamped_days import dated, within
from ingest.text.choices import Choices, zone
from ingest.text.columns import normal_name
from ingest.text.recognition import refuse_other_spacing
from ingest.text.roles import price_roles
from ingest.text.stamps import Stamp, parse_stamps
from ingest.text.table import TextTable
from ingest.text.understood import understood
from ingest.text.values import columns_of_numbers
from ingest.unshown_dividends import with_unshown

_IN_UTC = {"gmttime", "dateutc"}
_BARS = {"open", "high", "low"}


def stamps_of(table: TextTable, at: int, texts: Sequence[str], said: Choices) -> list[Stamp]:
    """The stamps of a table's rows.

    Args:
        table: Of one ticker.
        at: Position of the column of dates.
        texts: Its cells, with their clocks.
        said: What the user says.

    Raises:
        BadDateError: A text that is no date, or dates that can be read in two ways.
    """
    fallback = "UTC" if normal_name(table.header[at]) in _IN_UTC else said.timezone
    return parse_stamps(texts, table.place, zone(fallback) if fallback else None, said.dates)


def rows_of(  # a table, and how each part of it is to be read
    table: TextTable,
    at: int,
    stamps: Sequence[Stamp],
    symbol: str,
    days_of: Calendar,
    said: Choices,
    month_first: bool = False,
    source: str = "csv_file",
) -> Reading:
    """What the rows of a table hold, wherever it comes from.

    Args:
        table: Of one ticker, with at least one row.
        at: Position of the column of dates.
        stamps: Of each row.
        symbol: The asset's symbol.
        days_of: Its calendar.
        said: What the user says.
        month_first: Whether dates are written as Americans do.
        source: The source that is written beside each row.

    Raises:
        FileFaultError: What is wrong with the table, and in which row.
    """
    refuse_other_spacing(table.path, stamps)
    positions, notes = price_roles(table, at, said)
    if table.events and "adjusted" not in positions:
        raise FileFaultError(
            f"{table.path} has {table.events} rows that announce a dividend or a split, and no adjusted closes: "
            "download it with them, or write the payments in a column Dividends"
        )
    values = columns_of_numbers(table, positions, said.decimal, american=month_first)
    snapshots = not _BARS & positions.keys() and not _is_called_close(table, positions["close"])
    days = dated(stamps, days_of, table.place, bars=positions.keys() >= _BARS, snapshots=snapshots)
    covered, idle = within(days.days, days_of), idle_rows(days.days, values, days_of)
    told = [*outside(covered, days_of), *without_session(table, days.days[covered & ~idle], days_of)]
    told += without_weekends(days.days[covered], days_of)
    if idle.any():
        told.append(f"{int(idle.sum())} rows of weekends without volume, left out")
    order = one_per_session(table, days.days, values, covered & ~days.live & ~idle)
    factors, adjusted, more = _factors(table, values, order, said)
    gaps = np.isnan(values["close"][order])
    kept = {role: column[order][~gaps] for role, column in values.items() if role in VALUES} | {
        "adjustment": factors[~gaps]
    }
    if not order.size:
        raise EmptyFileError(f"{table.path} has no row that is a session: {'; '.join(told) or 'all are of today'}")
    if gaps.all():
        name = table.header[positions["close"]]
        formulas = "" if table.unit == "line" else ", and save a workbook of formulas once in a spreadsheet"
        raise EmptyFileError(f"{table.path} has no row with a close: check the column {name}{formulas}")
    if gaps.any():
        told.insert(0, f"{int(gaps.sum())} rows without a close, left out")
    dates = pd.DatetimeIndex(days.days[order][~gaps].astype("datetime64[us]"))
    rows = panel_rows(symbol, dates, kept, source, table.sha256)
    if adjusted:
        rows.loc[0, "adjustment"] = np.nan  # its level is that of the day when the file was made
    seen = understood(table, at, table.column(at), stamps, days.days, positions, values)
    return Reading(rows, adjusted, (*table.notes, *days.notes, *told, *more, *notes), seen)


def _is_called_close(table: TextTable, at: int) -> bool:
    return "close" in normal_name(table.header[at])


def _factors(
    table: TextTable, values: Values, order: npt.NDArray[np.intp], choices: Choices
) -> tuple[npt.NDArray[np.float64], bool, Sequence[str]]:
    """The total-return factors of the ordered rows, whether later payments move the closes' level, what to tell."""
    sorted_values = {role: column[order] for role, column in values.items()}
    close, factors = sorted_values["close"], np.full(order.size, np.nan)
    known = ~np.isnan(close)
    nothing = np.zeros(order.size)
    paid = np.nan_to_num(sorted_values.get("dividend", nothing)) + np.nan_to_num(sorted_values.get("gain", nothing))
    payments = Payments(paid, np.nan_to_num(sorted_values.get("split", nothing)))
    if "adjusted" in values and not np.isnan(sorted_values["adjusted"][known]).all():
        factors[known], notes = _of_adjusted(close, sorted_values["adjusted"], payments)
        return factors, True, notes
    if "adjustment" in values:
        return sorted_values["adjustment"], False, ()
    if not {"dividend", "split", "gain"} & values.keys():
        return factors, False, ()
    found = payment_factors(close, payments, str(table.path), choices.dividends)
    return found.factors, found.restated, found.notes


def _of_adjusted(
    close: npt.NDArray[np.float64], adjusted: npt.NDArray[np.float64], payments: Payments
) -> tuple[npt.NDArray[np.float64], Sequence[str]]:
    """The factors of the rows with a close, and how many dividends adjusted closes do not show."""
    known = ~np.isnan(close)
    factors = adjustment_factors(close[known], adjusted[known])
    if standing(payments):
        return factors, ()
    moved = on_closes(payments, known)
    found = with_unshown(factors, close[known], adjusted[known], moved.dividend[known], moved.split[known])
    count = int(np.sum(found != factors))
    note = f"{count} dividends that its adjusted closes do not show, taken from their own column"
    return found, (note,) if count else ()
