"""The columns of a file of prices as numbers: each read with its column's decimal mark, and each possible."""

import re
from contextlib import suppress

import numpy as np
import numpy.typing as npt

from ingest.errors import BadValueError, quoted
from ingest.text.decimal_marks import PRICES, decimal_commas
from ingest.text.numbers import Taken, taken
from ingest.text.table import TextTable

Numbers = npt.NDArray[np.float64]
VALUE = "value"
"""The role of a column that is none of a table of prices."""
_MAY_LACK = ("open", "high", "low", "adjusted")
"""Prices that some write as 0 where there is none."""
_PADDED = re.compile(r"0\d+")
_PENCE = "p"
_CUT = 60
"""Signs of a cell that a message shows."""
_PER = re.compile(r"\s*[:/]\s*|[\s-]+(?:for|to)[\s-]+", re.IGNORECASE)
_RATIO = 2
"""Numbers of a split that is written as `4:1`."""
_MANY = 0.2
"""Share of closes below zero from which on they are no prices."""


def columns_of_numbers(
    table: TextTable, positions: dict[str, int], decimal: str, *, american: bool
) -> dict[str, Numbers]:
    """The columns of prices, volume and payments: as `numbers_of`, and each number possible.

    Args:
        table: Of one ticker.
        positions: The columns of its roles, without the dates.
        decimal: `comma` or `point` as the user says, else nothing.
        american: Its dates are written as Americans do.

    Raises:
        BadValueError: Names the first cell that is no number, or that none can be.
    """
    values = numbers_of(table, positions, decimal, american=american)
    for role in _MAY_LACK:
        if role in values:
            values[role][values[role] == 0] = np.nan
    _refuse_impossible(table, positions, values)
    return values


def numbers_of(table: TextTable, positions: dict[str, int], decimal: str, *, american: bool) -> dict[str, Numbers]:
    """Role -> numbers `(rows,)`, NaN for a gap; those that the table knows as numbers are not read again.

    Args:
        table: Of one ticker.
        positions: The columns of its roles, without the dates; a value that is no price has the role `VALUE`.
        decimal: `comma` or `point` as the user says, else nothing.
        american: Its dates are written as Americans do.

    Raises:
        BadValueError: Names the first cell that is no number.
    """
    known = {role: own for role, at in positions.items() if (own := table.numbers(at)) is not None}
    apart = {role: _apart(table, at, role) for role, at in positions.items() if role not in known}
    _refuse_currencies(table, positions, apart)

    def place(role: str, row: int) -> str:
        return f"{table.place(row)}: {_name(table, positions[role])} is {quoted(table.rows[row][positions[role]])}"

    commas = decimal_commas(
        apart,
        decimal,
        place,
        american=american,
        commas_separate=table.delimiter == ",",
        beside=_beside(table, set(positions.values())) if apart else (),
    )
    read = {role: _read(table, positions[role], role, cells, comma=commas[role]) for role, cells in apart.items()}
    _refuse_infinite(table, positions, known)
    return {role: (read | known)[role] for role in positions}


def _name(table: TextTable, at: int) -> str:
    return " ".join(table.header[at].split())[:_CUT] or "(no name)"


def _no_number(table: TextTable, row: int, at: int, role: str) -> BadValueError:
    text = table.rows[row][at]
    if text.endswith("%") and role == VALUE:
        return BadValueError(
            f"{table.place(row)}: {_name(table, at)} is {quoted(text)}, a percentage: write fractions, 0.25 for 25 %"
        )
    if text.endswith("%"):
        return BadValueError(
            f"{table.place(row)}: {_name(table, at)} is {quoted(text)}, a percentage and not a price: "
            "import prices, not returns"
        )
    return BadValueError(
        f"{table.place(row)}: {_name(table, at)} is {quoted(text)}, which is not a number: correct it, or leave it "
        "empty for a gap"
    )


def _apart(table: TextTable, at: int, role: str) -> list[Taken | None]:
    cells = []
    for row, text in enumerate(table.column(at)):
        if table.delimiter == "," and _PADDED.fullmatch(text):
            raise BadValueError(
                f"{table.place(row)}: {_name(table, at)} is {quoted(text)}, as if it stood behind a decimal comma: put "
                "quotes around numbers with a comma"
            )
        try:
            cells.append(taken(_ratio(text) if role == "split" else text))
        except ValueError as error:
            raise _no_number(table, row, at, role) from error
    return cells


def _beside(table: TextTable, used: set[int]) -> list[list[Taken | None]]:
    """The columns of numbers that have no role.

    Percents are among them where a land's own sign stands between the fields, as its spreadsheets write it; between
    commas they may be words for a reader, and so of another land than the prices.
    """
    percent = "" if table.delimiter == "," else "%"
    columns = []
    for at in set(range(len(table.header))) - used:
        with suppress(ValueError):
            cells = [taken(text.removesuffix(percent).rstrip()) for text in table.column(at)]
            for cell in cells:
                if cell is not None and cell.decimal:
                    cell.value(decimal_comma=cell.decimal == ",")  # a date such as 27.11.2026 is none
            columns.append(cells)
    return columns


def _ratio(text: str) -> str:
    """A split as one number, such as `4:1`, `4 for 1` or `4-for-1`."""
    numbers = _PER.sub(":", text).split(":")
    if len(numbers) != _RATIO:
        return text
    try:
        return repr(float(numbers[0]) / float(numbers[1]))
    except (ValueError, ZeroDivisionError):
        return text


def _read(table: TextTable, at: int, role: str, cells: list[Taken | None], *, comma: bool) -> Numbers:
    numbers = np.full(len(cells), np.nan)
    for row, cell in enumerate(cells):
        try:
            if cell is not None:
                numbers[row] = cell.value(decimal_comma=comma)
        except ValueError as error:
            raise _no_number(table, row, at, role) from error
    return numbers


def _refuse_infinite(table: TextTable, positions: dict[str, int], known: dict[str, Numbers]) -> None:
    for role, numbers in known.items():
        for row in np.flatnonzero(np.isinf(numbers))[:1]:
            raise _no_number(table, int(row), positions[role], role)


def _refuse_currencies(table: TextTable, positions: dict[str, int], apart: dict[str, list[Taken | None]]) -> None:
    """Refuses prices of several currencies, and pence among numbers that do not say so."""
    first: dict[str, tuple[int, int]] = {}
    for role in PRICES:
        for row, cell in enumerate(apart.get(role, ())):
            if cell is not None:
                first.setdefault(cell.unit, (row, positions[role]))
    mixed = len(first) > 1 if _PENCE in first else len([unit for unit in first if unit]) > 1
    if mixed:
        row, at = max(first.values())
        raise BadValueError(
            f"{table.place(row)}: {_name(table, at)} is {quoted(table.rows[row][at])}, in another currency than the "
            "prices before it: give all in one"
        )


def _refuse_impossible(table: TextTable, positions: dict[str, int], values: dict[str, Numbers]) -> None:
    """The first line with a price at or below zero, or with anything else below zero."""
    below = values["close"] < 0
    if np.sum(below) > _MANY * max(1, np.sum(~np.isnan(values["close"]))) and np.sum(below) > 1:
        row = int(np.argmax(below))
        raise BadValueError(
            f"{table.place(row)}: {_name(table, positions['close'])} is {table.rows[row][positions['close']][:_CUT]}, "
            f"and {int(below.sum())} rows are below zero: these are changes or returns, not prices: import prices"
        )
    faults = []
    for role, numbers in values.items():
        bad = numbers <= 0 if role in {*PRICES, "adjustment"} else numbers < 0
        faults += [(int(row), role) for row in np.flatnonzero(bad)[:1]]
    if not faults:
        return
    row, role = min(faults)
    priced = role in PRICES
    rule = "above zero: this program forecasts simple changes of positive prices" if priced else "zero or more"
    name = _name(table, positions[role])
    raise BadValueError(
        f"{table.place(row)}: {name} is {table.rows[row][positions[role]][:_CUT]}, and it must be {rule}: "
        "correct it, or leave it empty for a gap"
    )
