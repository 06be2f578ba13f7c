"""`forecaster ledger`: the record of forecasts, shown, verified and exported."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import (
    MISSING,
    app,
    date_of,
    handed_out,
    listed,
    note,
    opened,
    recorded,
    say,
    show_json_array,
    show_long_table,
)
from forecaster.cli.run import AsOf, Symbols

if TYPE_CHECKING:
    from forecaster.records.reading import Wanted

group = typer.Typer(no_args_is_help=True, help="The record of forecasts.")
app.add_typer(group, name="ledger")
TEXTS = ("symbol", "model", "as_of", "target", "status")
NUMBERS = ("q05", "q50", "q95", "y", "crps", "log_score", "pit")

Since = Annotated[str | None, typer.Option("--since", help="Only forecasts from this origin on, as 2018-01-20.")]
Last = Annotated[int | None, typer.Option("--last", min=1, help="Only the last N to be recorded.")]


@group.command()
def show(
    symbols: Symbols = None,
    as_of: AsOf = None,
    since: Since = None,
    last: Last = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, every column.")] = False,
) -> None:
    """Forecasts with their outcomes and scores, in order of record."""
    from forecaster.records.reading import LIGHT, pieces

    wanted = _wanted(symbols, as_of, since, last)
    if as_json:
        show_json_array(dict(row._mapping) for rows in pieces(recorded(), wanted, LIGHT) for row in rows)
        return
    columns = (*TEXTS, *NUMBERS)
    found = pieces(recorded(), wanted, columns)
    if not show_long_table(columns, ([[_cell(value) for value in row] for row in rows] for rows in found), NUMBERS):
        chosen = symbols or as_of or since
        rest = "fits: `forecaster ledger show` lists all of them" if chosen else "yet: `forecaster run` makes the first"
        note(f"no forecast on record {rest}")


@group.command()
def export(
    file: Annotated[Path | None, typer.Argument(help="A .parquet, .csv or .xlsx file to write.")] = None,
    symbols: Symbols = None,
    as_of: AsOf = None,
    since: Since = None,
    last: Last = None,
    pack: Annotated[
        Path | None,
        typer.Option("--pack", help="A .zip file in place of FILE: the whole record with all that proves it."),
    ] = None,
) -> None:
    """Writes the record with its outcomes and scores to a file, or the evidence pack."""
    if pack is not None:
        if file or symbols or as_of or since or last:
            raise typer.BadParameter("--pack holds the whole record: leave FILE and the other options out")
        _pack(pack)
        return
    if file is None:
        raise typer.BadParameter("name the FILE to write, or --pack FILE.zip")
    from forecaster.records import export as files
    from forecaster.records.reading import state
    from forecaster.records.witnesses import stated

    engine, wanted = recorded(), _wanted(symbols, as_of, since, last)
    upto = state(engine)
    with handed_out(file):
        count = files.export(engine, file, wanted, upto)
    say(f"{count} forecasts written to {file}; the record is then")
    say(stated(engine, upto).line)


def _pack(file: Path) -> None:
    import hashlib

    from forecaster.records.packs.pack import pack

    home = opened(make=False)
    with handed_out(file):
        stated = pack(home, file)
    with file.open("rb") as read:
        digest = hashlib.file_digest(read, "sha256").hexdigest()
    forecasts = stated.rows["forecast"]
    say(f"{forecasts} forecasts packed in {file}, with what proves them: unzip it and read HOW_TO_CHECK.md.")
    say(f"sha256 {digest}; the record is then")
    say(stated.line)


def _wanted(symbols: str | None, as_of: str | None, since: str | None = None, last: int | None = None) -> Wanted:
    from forecaster.records.reading import Wanted

    day, first = date_of(as_of, "--as-of"), date_of(since, "--since")
    return Wanted(
        listed(symbols),
        as_of=None if day is None else day.isoformat(),
        since=None if first is None else first.isoformat(),
        last=last,
    )


def _cell(value: object) -> str:
    if value is None:
        return MISSING
    return f"{value:.4f}" if isinstance(value, float) else str(value)
