"""A file that the user has: Yahoo's download, CoinMarketCap-like, plain bars, or closes only.

Columns are found by name (`ingest.text.roles`), in any order; others are left alone. Rows may be in any date order; a
stamp belongs to the session that `ingest.stamped_days` says. A row without a close is a gap and is left out; any
other value may be missing. Splits and dividends enter by an "Adj Close" column as `ingest.adjustments` says, else by
columns of their own (`ingest.payments`); where a file says nothing of them, they are not known. What cannot be told is
refused until the user chooses it.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ingest.adjustments import adjustment_factors
from ingest.assets import Asset
from ingest.errors import DuplicateSessionError, EmptyFileError, FileFaultError
from ingest.panel import VALUES, check_symbol, panel_rows
from ingest.payments import Payments, on_closes, payment_factors, standing
from ingest.sessions import Calendar
from ingest.sessions import calendar as find_calendar
from ingest.sources import Reading
from ingest.stamped_days import ALWAYS, CURRENCIES, dated, open_days, within
from ingest.text.choices import Choices, zone
from ingest.text.columns import is_dated, is_header, normal_name
from ingest.text.dates import american
from ingest.text.recognition import refuse_other_spacing
from ingest.text.roles import date_column, is_indexed, price_roles, stamp_texts
from ingest.text.stamps import Stamp, date_texts, parse_stamps
from ingest.text.table import TextTable, read_table
from ingest.text.tickers import is_two_lines, one_ticker
from ingest.text.values import columns_of_numbers
from ingest.unshown_dividends import with_unshown

FETCHED = False
ASSETS: tuple[Asset, ...] = ()

Days = npt.NDArray[np.datetime64]
Values = dict[str, npt.NDArray[np.float64]]
_IN_UTC = {"gmttime", "dateutc"}
_BARS = {"open", "high", "low"}
_WEEKEND = 0.15
"""Share of rows on weekends from which on the market is none that shuts."""
_A_FEW = 4
_SAME = 1e-6
"""Relative: values that are this near are one, written in two ways."""
_A_DAY = np.timedelta64(1, "D")
_THURSDAY, _SATURDAY = 3, 5
"""Of a week that begins with Monday as 0; days are counted from a Thursday, 1 January 1970."""


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
    table = one_ticker(read_table(Path(path), is_header, is_two_lines, is_indexed, is_dated), said.ticker)
    at = date_column(table)
    if not table.rows:
        raise EmptyFileError(f"{path} has a header but no rows: save it again with a row a day")
    texts = stamp_texts(table, at)
    return rows_of(table, at, stamps_of(table, at, texts, said), symbol, days_of, said, american(date_texts(texts)))


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
    covered, idle = within(days.days, days_of), _idle(days.days, values, days_of)
    told = [*_outside(covered, days_of), *_without_session(table, days.days[covered & ~idle], days_of)]
    if idle.any():
        told.append(f"{int(idle.sum())} rows of weekends without volume, left out")
    order = _one_a_session(table, days.days, values, covered & ~days.live & ~idle)
    factors, adjusted, more = _factors(table, values, order, said)
    gaps = np.isnan(values["close"][order])
    kept = {role: column[order][~gaps] for role, column in values.items() if role in VALUES} | {
        "adjustment": factors[~gaps]
    }
    if gaps.all():
        name = table.header[positions["close"]]
        raise EmptyFileError(f"{table.path} has no row with a close: check the column {name}")
    if gaps.any():
        told.insert(0, f"{int(gaps.sum())} rows without a close, left out")
    dates = pd.DatetimeIndex(days.days[order][~gaps].astype("datetime64[us]"))
    rows = panel_rows(symbol, dates, kept, source, table.sha256)
    if adjusted:
        rows.loc[0, "adjustment"] = np.nan  # its level is that of the day when the file was made
    return Reading(rows, adjusted, (*days.notes, *told, *more, *notes))


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


def _is_called_close(table: TextTable, at: int) -> bool:
    return "close" in normal_name(table.header[at])


def _outside(covered: npt.NDArray[np.bool_], calendar: Calendar) -> list[str]:
    """How many rows the calendar does not cover."""
    if covered.all():
        return []
    span = f"{calendar.first:%Y-%m-%d} to {calendar.last:%Y-%m-%d}"
    return [f"{int((~covered).sum())} rows outside calendar {calendar.code} ({span}), left out"]


def _idle(days: Days, values: Values, calendar: Calendar) -> npt.NDArray[np.bool_]:
    """Rows of currencies on weekends, without volume where weekdays have one: some write the last close there."""
    weekend = _weekdays(days) >= _SATURDAY
    volume = values.get("volume")
    if calendar.code != CURRENCIES or volume is None or 2 * np.sum(volume[~weekend] > 0) <= np.sum(~weekend):
        return np.zeros(days.size, dtype=bool)
    return np.asarray(weekend & (volume == 0), dtype=bool)


def _weekdays(days: Days) -> npt.NDArray[np.int64]:
    return np.asarray((days.astype(np.int64) + _THURSDAY) % 7, dtype=np.int64)


def _without_session(table: TextTable, days: Days, calendar: Calendar) -> list[str]:
    """How many rows stand on days when the market is shut.

    Raises:
        FileFaultError: So many on weekends that it is another market's.
    """
    shut = days[~open_days(days, calendar)]
    saturdays, weekend = int(np.sum(_weekdays(shut) == _SATURDAY)), int(np.sum(_weekdays(shut) >= _SATURDAY))
    flat = "leave out the flat rows of weekends, or " if calendar.code == CURRENCIES else ""
    if saturdays >= _A_FEW / 2 and weekend >= _A_FEW and weekend > _WEEKEND * days.size:
        raise FileFaultError(
            f"{table.path} has {weekend} of {days.size} rows on weekend days, when {calendar.code} does not trade: "
            f"{flat}for a market that never closes say --calendar {ALWAYS}"
        )
    for step, early in ((_A_DAY, "early"), (-_A_DAY, "late")) if shut.size > _WEEKEND * days.size else ():
        if shut.size >= _A_FEW and np.sum(~open_days(days + step, calendar)) < shut.size / _A_FEW:
            raise FileFaultError(
                f"{table.path} has {shut.size} of {days.size} rows on days without a session of {calendar.code}, and "
                f"its dates seem a day {early}: correct them, or write the time and its zone beside them"
            )
    return [f"{shut.size} on days without a session of {calendar.code}"] if shut.size else []


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


def _one_a_session(table: TextTable, dates: Days, values: Values, kept: npt.NDArray[np.bool_]) -> npt.NDArray[np.intp]:
    """Positions of the rows to keep, oldest first: equal duplicates once, and a row with a close before one without.

    What the latter pays is the former's.

    Raises:
        FileFaultError: Most days have several rows.
        DuplicateSessionError: A day has two that differ.
    """
    order = np.lexsort((np.isnan(values["close"]), dates))
    order = order[kept[order]]
    numbers = np.column_stack(list(values.values()))
    closed = ~np.isnan(values["close"])
    repeated = np.flatnonzero(dates[order][1:] == dates[order][:-1]) + 1
    pairs = [(order[at - 1], order[at]) for at in repeated]
    _pass_payments([(first, second) for first, second in pairs if closed[first] and not closed[second]], values)
    differ = [
        (first, second)
        for first, second in pairs
        if closed[second] and not np.allclose(numbers[first], numbers[second], rtol=_SAME, atol=0, equal_nan=True)
    ]
    if len(differ) > max(1, (order.size - repeated.size) // 2):
        raise FileFaultError(
            f"{table.path} has several rows a day: they are hourly, or of several tickers: keep a row a day, of "
            "one ticker"
        )
    for first, second in differ:
        raise DuplicateSessionError(
            f"{table.places(int(min(first, second)), int(max(first, second)))} both give {dates[first]}, with "
            "different values: keep the right one"
        )
    return np.delete(order, repeated)


def _pass_payments(pairs: Sequence[tuple[np.intp, np.intp]], values: Values) -> None:
    """Gives a row what another of the same day, which has no close, pays."""
    for first, second in pairs:
        for role, none in (("dividend", (0.0,)), ("gain", (0.0,)), ("split", (0.0, 1.0))):
            column = values.get(role)
            if column is not None and (np.isnan(column[first]) or column[first] in none):
                column[first] = column[second]
