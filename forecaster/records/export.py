"""The record as a file, parquet, CSV or a workbook, written while it is read.

A draft beside it takes the file's name when it is whole and on the disk: an export that fails leaves an earlier file as
it was.
"""

from __future__ import annotations

import csv
import os
import shutil
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Boolean, Double, Integer

from forecaster.errors import LedgerError
from forecaster.records import workbook
from forecaster.records.reading import LIGHT, OFFERED, pieces, standings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Engine, Row
    from sqlalchemy.types import TypeEngine

    from forecaster.records.reading import State, Wanted

    Pieces = Iterable[Sequence[Row[Any]]]

_GROUP = 10_000
"""At least so many rows make a row group of a parquet file, but the last."""
_COLUMNS = [column for column in OFFERED if column.name in LIGHT]


def export(engine: Engine, file: Path, wanted: Wanted, upto: State | None = None) -> int:
    """Writes forecasts with their outcomes and scores, without distributions and diagnostics, in order of record.

    Args:
        engine: Of the home.
        file: A .parquet, .csv or .xlsx file; one that is there is replaced.
        wanted: Which forecasts.
        upto: The state to read; that of now where None.

    Returns:
        How many were written.

    Raises:
        LedgerError: Where the file is none of them, is a workbook and has no room for so many, or cannot be written,
            and where a row is not what was recorded.
        StoreError: Where the database cannot be read. In either case an earlier file stays as it was.
    """
    form = _FORMS.get(file.suffix.lower())
    if form is None:
        raise LedgerError(f"{file} is neither .parquet nor .csv nor .xlsx: choose one of them")
    if form is _as_workbook:
        _fits(engine, file, wanted)
    with drafted(file) as draft:
        return form(draft, pieces(engine, wanted, LIGHT, upto, checked=True))


def write(draft: Path, suffix: str, found: Pieces) -> int:
    """Writes forecasts, columns `LIGHT`, to a file that nobody waits for yet, and returns how many.

    Args:
        draft: The file.
        suffix: Its form, `.csv`, `.parquet` or `.xlsx`.
        found: The forecasts.
    """
    return _FORMS[suffix](draft, found)


@contextmanager
def drafted(file: Path) -> Iterator[Path]:
    """Where to write what becomes a file once it is whole; an earlier file stays as it was where that fails.

    Raises:
        LedgerError: Where the file cannot be written.
    """
    target = file.resolve()
    try:
        with TemporaryDirectory(prefix=".export-", dir=target.parent) as folder:
            draft = Path(folder) / "draft"
            yield draft
            if target.exists():
                shutil.copymode(target, draft)
            draft.replace(target)
    except OSError as fault:
        remedy = (
            "close it where it is open, or choose another place"
            if isinstance(fault, PermissionError)
            else f"create the folder {target.parent} first"
            if not target.parent.exists()
            else "choose another place"
        )
        raise LedgerError(f"{file} cannot be written ({fault.strerror}): {remedy}") from fault


def _fits(engine: Engine, file: Path, wanted: Wanted) -> None:
    """Refuses a workbook of more rows than a sheet has.

    Raises:
        LedgerError: With what to do.
    """
    count = sum(standing.forecasts for standing in standings(engine, wanted))
    count = count if wanted.last is None else min(count, wanted.last)
    if count > workbook.MOST:
        raise LedgerError(
            f"{file}: {count:,} forecasts are more than the {workbook.MOST:,} rows of a sheet: export fewer with "
            "--since, --last or --symbols, or write a .parquet file"
        )


def _as_csv(draft: Path, found: Pieces) -> int:
    count = 0
    with draft.open("w", encoding="utf-8", newline="") as written:
        lines = csv.writer(written, lineterminator=os.linesep)
        lines.writerow(LIGHT)
        for rows in found:
            lines.writerows(rows)
            count += len(rows)
        on_the_disk(written)
    return count


def _as_parquet(draft: Path, found: Pieces) -> int:
    schema = pa.schema([pa.field(column.name, _arrow(column.type)) for column in _COLUMNS])
    count = 0
    with draft.open("wb") as written:
        with pq.ParquetWriter(written, schema) as groups:
            for rows in _gathered(found):
                values = zip(*rows, strict=True)
                arrays = [pa.array(own, field.type) for own, field in zip(values, schema, strict=True)]
                groups.write_table(pa.table(arrays, schema=schema))
                count += len(rows)
        on_the_disk(written)
    return count


def _as_workbook(draft: Path, found: Pieces) -> int:
    count = workbook.write(draft, LIGHT, chain.from_iterable(found))
    with draft.open("rb+") as written:
        on_the_disk(written)
    return count


def _gathered(found: Pieces) -> Iterator[list[Row[Any]]]:
    rows: list[Row[Any]] = []
    for some in found:
        rows += some
        if len(rows) >= _GROUP:
            yield rows
            rows = []
    if rows:
        yield rows


def _arrow(kind: TypeEngine[Any]) -> pa.DataType:
    """The type of a column in a parquet file, whatever its rows hold."""
    known = ((Double, pa.float64()), (Boolean, pa.bool_()), (Integer, pa.int64()))
    return next((own for sql, own in known if isinstance(kind, sql)), pa.large_string())


def on_the_disk(written: IO[Any]) -> None:
    """Has what was written on the disk."""
    written.flush()
    os.fsync(written.fileno())


_FORMS = {".csv": _as_csv, ".parquet": _as_parquet, ".xlsx": _as_workbook}
