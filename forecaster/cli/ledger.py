"""`forecaster ledger`: the record of forecasts, shown, verified and exported."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import (
    MISSING,
    app,
    date_of,
    listed,
    note,
    place_and_settings,
    recorded,
    say,
    show_json_array,
    show_long_table,
)
from forecaster.cli.run import AsOf, Symbols
from forecaster.errors import LedgerError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from forecaster.records.reading import State, Wanted

group = typer.Typer(no_args_is_help=True, help="The record of forecasts.")
app.add_typer(group, name="ledger")
TEXTS = ("symbol", "model", "as_of", "target", "status")
SHOWN = 20
"""Rows that do not hold which are shown one by one."""
NUMBERS = ("q05", "q50", "q95", "y", "crps", "log_score", "pit")

Since = Annotated[str | None, typer.Option("--since", help="Only forecasts from this origin on, as 2018-01-20.")]
Last = Annotated[int | None, typer.Option("--last", min=1, help="Only the last N to be recorded.")]


@group.command()
def verify(
    deep: Annotated[
        bool, typer.Option("--deep", help="Also hold the tables against each other and against the market's data.")
    ] = False,
    head: Annotated[
        str | None, typer.Option("--head", metavar="H", help="A hash that was kept elsewhere: which row has it?")
    ] = None,
) -> None:
    """Recomputes the hash chain of every table; names the first row that does not hold."""
    from forecaster.records.ledger import Ledger

    wanted = _hash(head)
    ledger = Ledger(_kept())
    upto = ledger.state()
    found = ledger.verify(upto)
    if found is not None:
        raise LedgerError(found.told)
    for table, last in ledger.heads(upto).items():
        rows = upto[table]
        say(f"{table}: " + (f"rows 1 to {rows} verified, head {last}" if rows else "no rows"))
    if not upto["forecast"]:
        raise LedgerError("the record has no forecast: nothing is verified")
    if wanted is not None:
        _tell_row(ledger.engine, wanted, upto)
    if deep:
        _look_deep(ledger.engine, upto)


def _kept() -> Engine:
    """The database of the home, which must be there: nothing is made in its place."""
    from forecaster.records.door import database
    from forecaster.records.whole import require

    require(database(*place_and_settings()))
    return recorded()


def _hash(text: str | None) -> str | None:
    if text is None or re.fullmatch("[0-9a-f]{64}", text.strip().lower()):
        return None if text is None else text.strip().lower()
    raise typer.BadParameter(f"--head {text!r} is not a hash: give its 64 hexadecimal digits")


def _tell_row(engine: Engine, head: str, upto: State) -> None:
    """Says which row has a hash.

    Raises:
        LedgerError: Where none has.
    """
    from forecaster.records.heads import find

    found = find(engine, head, upto)
    if found is None:
        raise LedgerError(
            f"no row has the hash {head}: it was removed or rewritten since the hash was kept, or the hash is of another "
            "home; restore a copy from that time"
        )
    table, seq = found
    say(f"{head} is row {seq} of {table}")


def _look_deep(engine: Engine, upto: State) -> None:
    """Says what does not hold between the tables, at most so many lines.

    Raises:
        LedgerError: Naming the first row, where one does not.
    """
    from forecaster.records.deep import look
    from forecaster.records.deep_vintages import Doubt

    found = look(engine, upto)
    doubts = [one for one in found if isinstance(one, Doubt)]
    broken = [one for one in found if not isinstance(one, Doubt)]
    for some in (doubts, broken[1:]):
        for one in some[:SHOWN]:
            say(one.told)
        if len(some) > SHOWN:
            say(f"... and {len(some) - SHOWN} more rows")
    if broken:
        raise LedgerError(broken[0].told)
    say("deep: outcomes, scores and figures follow from the distributions and the market's data on record")


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
    file: Annotated[Path, typer.Argument(help="A .parquet, .csv or .xlsx file to write.")],
    symbols: Symbols = None,
    as_of: AsOf = None,
    since: Since = None,
    last: Last = None,
) -> None:
    """Writes the record with its outcomes and scores to a file."""
    from forecaster.records import export as files

    say(f"{files.export(recorded(), file, _wanted(symbols, as_of, since, last))} forecasts written to {file}.")


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
