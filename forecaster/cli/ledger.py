"""`forecaster ledger`: the record of forecasts, shown, verified and exported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import MISSING, app, day_of, listed, opened, records, say, show_json, show_table
from forecaster.cli.run import AsOf, Symbols
from forecaster.errors import LedgerError

if TYPE_CHECKING:
    import pandas as pd

group = typer.Typer(no_args_is_help=True, help="The record of forecasts.")
app.add_typer(group, name="ledger")
HEAVY = ["predictive", "diagnostics"]


@group.command()
def verify() -> None:
    """Recomputes the hash chain of every table; names the first row that does not hold."""
    home = opened()
    found = home.ledger.verify()
    if found is not None:
        place = " ".join(str(found.row[k]) for k in ("symbol", "model", "as_of") if k in found.row)
        named = f"{found.table} row {found.seq}" + (f" ({place})" if place else "")
        raise LedgerError(f"{named} does not hold: {found.fault}; {found.remedy}")
    for table, head in home.ledger.heads().items():
        say(f"{table}: verified, head {head}")


@group.command()
def show(
    symbols: Symbols = None,
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, every column.")] = False,
) -> None:
    """Forecasts with their outcomes and scores, in order of record."""
    record = _record(symbols, as_of)
    if as_json:
        show_json(records(record))
        return
    columns = [
        "symbol",
        "model",
        "as_of",
        "target",
        "status",
        "q05",
        "q50",
        "q95",
        "y",
        "crps",
        "log_score",
        "pit",
    ]
    rows = [[_cell(row[c]) for c in columns] for row in records(record)]
    show_table(columns, rows)


@group.command()
def export(
    file: Annotated[Path, typer.Argument(help="A .parquet or .csv file to write.")],
    symbols: Symbols = None,
    as_of: AsOf = None,
) -> None:
    """Writes the record with its outcomes and scores to a file."""
    record = _record(symbols, as_of)
    try:
        if file.suffix.lower() == ".parquet":
            record.to_parquet(file, index=False)
        elif file.suffix.lower() == ".csv":
            record.to_csv(file, index=False)
        else:
            raise LedgerError(f"{file} is neither .parquet nor .csv: choose one of them")
    except OSError as fault:
        raise LedgerError(f"{file} cannot be written ({fault.strerror}): choose another place") from fault
    say(f"{len(record)} forecasts written to {file}.")


def _record(symbols: str | None, as_of: str | None) -> pd.DataFrame:
    record = opened().ledger.forecasts(listed(symbols), day_of(as_of, "--as-of"))
    return record.drop(columns=HEAVY)


def _cell(value: object) -> str:
    if value is None:
        return MISSING
    return f"{value:.4f}" if isinstance(value, float) else str(value)
