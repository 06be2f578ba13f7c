"""A file of forecasts as columns: text, a workbook or parquet, packed or not; nothing is interpreted yet."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from forecaster.errors import ForecasterError
from forecaster.referee.roles import roles_of
from ingest.errors import quoted
from ingest.text.numbers import GAPS, taken
from ingest.text.stamps import Stamp, parse_stamps
from ingest.text.table import read_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.floats import Floats

_PARQUET = frozenset({".parquet", ".pq"})


@dataclass(frozen=True, eq=False)
class Cells:
    """The rows of a file.

    Attributes:
        path: The file.
        columns: Name to what its rows hold, text of text files and whatever the file says of others.
        lines: What the rows are called in messages, such as `line 12`.
        commas: Whether numbers have decimal commas.
    """

    path: Path
    columns: Mapping[str, Sequence[Any]]
    lines: Sequence[str]
    commas: bool = False

    def __len__(self) -> int:
        """How many rows."""
        return len(self.lines)

    def place(self, row: int) -> str:
        """File and line of a row, for messages."""
        return f"{self.path}, {self.lines[row]}"

    def rows(self, kept: Sequence[int]) -> Cells:
        """Some of the rows."""
        columns = {name: [values[at] for at in kept] for name, values in self.columns.items()}
        return replace(self, columns=columns, lines=[self.lines[at] for at in kept])

    def texts(self, name: str) -> list[str]:
        """A column as text, stripped; empty for a gap."""
        return ["" if _missing(value) else str(value).strip() for value in self.columns[name]]

    def numbers(self, name: str) -> Floats:
        """A column as numbers `(rows,)`, NaN for a gap.

        Raises:
            ForecasterError: Names the first cell that is not a finite number.
        """
        values = self.columns[name]
        try:
            plain = ["nan" if _missing(v) or (isinstance(v, str) and v.casefold() in GAPS) else v for v in values]
            found = np.array(plain, dtype=object).astype(np.float64)
        except (TypeError, ValueError):
            found = np.array([self._number(name, row) for row in range(len(self))])
        wrong = np.flatnonzero(np.isinf(found))
        if wrong.size:
            raise ForecasterError(f"{self.place(wrong[0])}: {name} is infinite: give a number, or leave the row out")
        return np.asarray(found, np.float64)

    def _number(self, name: str, row: int) -> float:
        value = self.columns[name][row]
        text = "" if _missing(value) else str(value).strip()
        try:
            apart = taken(text)
            return np.nan if apart is None else apart.value(decimal_comma=self.commas)
        except ValueError as fault:
            raise ForecasterError(
                f"{self.place(row)}: {name} is {quoted(text)}, which is not a number: correct it, or leave the row out"
            ) from fault

    def stamps(self, name: str) -> list[Stamp | None]:
        """A column as dates, with the clock and the zone where they are written; None for a gap.

        Raises:
            BadDateError: Names the first cell that is not a date.
        """
        values = self.columns[name]
        there = [at for at, value in enumerate(values) if not (_missing(value) or str(value).strip() == "")]
        if all(hasattr(values[at], "year") for at in there):
            read = [_stamp(pd.Timestamp(values[at])) for at in there]
        else:
            read = parse_stamps([str(values[at]).strip() for at in there], lambda at: self.place(there[at]))
        found: list[Stamp | None] = [None] * len(values)
        for at, stamp in zip(there, read, strict=True):
            found[at] = stamp
        return found


def read_cells(path: Path) -> Cells:
    """The rows of a file.

    Raises:
        ForecasterError: Where it is not such a file, or holds no row.
        IngestError: Where it cannot be read as a table.
    """
    cells = _of_parquet(path) if path.suffix.casefold() in _PARQUET else _of_text(path)
    if not len(cells):
        raise ForecasterError(f"{path} has no rows: give one per asset, model and target date")
    return cells


def _is_header(cells: tuple[str, ...]) -> bool:
    try:
        named = roles_of(cells).named
    except ForecasterError:
        return True  # two columns of one name, which is said once the file is read
    return "target" in named


def _of_text(path: Path) -> Cells:
    if path.is_dir():
        raise ForecasterError(f"{path} is a folder: name a file of forecasts, .csv, .xlsx or .parquet")
    table = read_table(path, _is_header)
    columns = dict(zip(table.header, zip(*table.rows, strict=True), strict=False)) if table.rows else {}
    if len(columns) < len(table.header) and table.rows:
        _say(path, table.header)
    commas = table.delimiter == ";" and any("," in cell for row in table.rows[:50] for cell in row)
    return Cells(path, dict(columns), [f"{table.unit} {line}" for line in table.lines], commas)


def _of_parquet(path: Path) -> Cells:
    try:
        frame = pd.read_parquet(path)
    except FileNotFoundError as fault:
        raise ForecasterError(f"{path} does not exist: name a file of forecasts") from fault
    except Exception as fault:  # a foreign library's, of many kinds
        said = " ".join(str(fault).split())[:120]
        raise ForecasterError(f"{path} cannot be read as parquet ({said}): write it again") from fault
    frame = frame.reset_index() if frame.index.names != [None] else frame
    names = [str(name) for name in frame]
    if len(set(names)) < len(names):
        _say(path, names)
    columns = {name: frame.iloc[:, at].tolist() for at, name in enumerate(names)}
    return Cells(path, columns, [f"row {row}" for row in range(1, len(frame) + 1)])


def _say(path: Path, names: Sequence[str]) -> None:
    try:
        roles_of(names)
    except ForecasterError as fault:
        raise ForecasterError(f"{path}: {fault}") from fault


def _missing(value: object) -> bool:
    return value is None or value is pd.NaT or value is pd.NA or (isinstance(value, float) and bool(np.isnan(value)))


def _stamp(moment: pd.Timestamp) -> Stamp:
    clock = moment.time()
    zone = moment.tzinfo
    return Stamp(moment.date(), clock if zone is not None or clock != type(clock)() else None, zone)
