"""What every command shares: the app, its global options, how progress, tables and JSON are shown."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.json_numbers import numbers
from forecaster.progress import quiet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    import pandas as pd
    from sqlalchemy import Engine

    from forecaster.progress import Tell
    from forecaster.records.home import Home
    from forecaster.settings import Settings


app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Daily predictive distributions for prices: recorded before the outcome, then scored and reported.",
)
WRONG_USAGE = 2
DONE_IN_PART = 3
INTERRUPTED = 130
MISSING = "–"  # noqa: RUF001  # an en dash is what a table shows where there is nothing


@dataclass
class _State:
    home: Path | None = None
    debug: bool = False
    umask: int = 0o022


state = _State()


def _show_version(wanted: bool) -> None:
    """Says which program this is, as the record and the reports do, and ends."""
    if wanted:
        from forecaster.issuing.provenance import code_version

        say(f"forecaster {code_version()}")
        raise typer.Exit


@app.callback()
def options(
    home: Annotated[
        Path | None,
        typer.Option("--home", help="Where data are stored; default: FORECASTER_HOME, else the user data folder."),
    ] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_show_version, help="Show the program's version and exit."),
    ] = False,
) -> None:
    """Options of every command; they may stand before or after it."""
    state.home, state.debug = home, debug


def opened(overrides: Mapping[str, Mapping[str, Any]] | None = None, *, make: bool = True) -> Home:
    """The home that the user chose, with overrides from the command line.

    Args:
        overrides: Section to keys, over forecaster.toml.
        make: False for a command that reads the record: where there is none, none is made.
    """
    from forecaster.records.home import open_home

    return open_home(state.home, overrides, make=make)


def looked_into(overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Home:
    """The same for a command that only looks: one that may not be written is read as it is."""
    from forecaster import settings
    from forecaster.privacy import may

    folder = settings.located(state.home)
    return opened(overrides, make=not folder.is_dir() or may(folder, os.W_OK))


def recorded() -> Engine:
    """The database of the home that the user chose, for a command that reads its record alone."""
    from forecaster.records.door import open_record

    return open_record(state.home)


def configured() -> Settings:
    """The settings of the home that the user chose, be it there or not; its database is left alone."""
    from forecaster import settings

    return settings.read(settings.located(state.home))


@contextmanager
def handed_out(path: Path | None) -> Iterator[None]:
    """Writes a file that the user asked for under the user's own umask, unless it lies in the home."""
    from forecaster import settings

    if path is None or path.resolve().is_relative_to(settings.located(state.home).resolve()):
        yield
        return
    private = os.umask(state.umask)
    try:
        yield
    finally:
        os.umask(private)


def say(text: str) -> None:
    """One line for the user, as it is: nothing in it is markup."""
    print(text)  # noqa: T201  # a command speaks


def note(text: str) -> None:
    """One line beside the output: on standard error, so that a table stays a table for the next program."""
    print(text, file=sys.stderr)  # noqa: T201  # a command speaks


def day_of(text: str | None, option: str) -> pd.Timestamp | None:
    """A day given on the command line.

    Raises:
        BadParameter: Where it is no ISO date.
    """
    found = date_of(text, option)
    if found is None:
        return None
    import pandas as pd

    return pd.Timestamp(found).as_unit("us")


def date_of(text: str | None, option: str) -> date | None:
    """The same as a plain date, for a command that reads no table.

    Raises:
        BadParameter: Where it is no ISO date.
    """
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as fault:
        raise typer.BadParameter(f"{option} {text!r} is not a date: write it as 2018-01-20") from fault


def listed(text: str | None) -> tuple[str, ...]:
    """The parts of a comma-separated option, each once; none where it was not given.

    Raises:
        BadParameter: Where it was given and names nothing, as an unset variable of a shell script does, or has signs
            that do not print.
    """
    if text is None:
        return ()
    if not text.isprintable():
        raise typer.BadParameter("a name has signs that no name has: write the names separated by commas")
    parts = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if not parts:
        raise typer.BadParameter(f"{text!r} contains no names: leave the option out, or separate names with commas")
    return parts


def show_json(value: object) -> None:
    """One JSON document on standard output; what is missing or not finite is null."""
    say(_json(value))


def show_json_array(items: Iterable[object]) -> None:
    """What `show_json` shows of a list, each item as soon as it is there."""
    before = "["
    for item in items:
        sys.stdout.write(before + _json([item])[1:-2])
        before = ","
    say("[]" if before == "[" else "\n]")


def _json(value: object) -> str:
    return json.dumps(numbers(value), indent=2, ensure_ascii=False, allow_nan=False, default=str)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The rows of a table as JSON-ready dictionaries."""
    import pandas as pd

    plain = frame.astype(object).where(frame.notna(), None)
    rows: list[dict[str, Any]] = plain.to_dict("records")  # type: ignore[assignment]  # column names are text
    return [{k: v.strftime("%Y-%m-%d") if isinstance(v, pd.Timestamp) else v for k, v in row.items()} for row in rows]


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]], title: str = "") -> None:
    """A table on the terminal, plain where the output is no terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for position, name in enumerate(columns):
        numeric = all(isinstance(row[position], (int, float)) or _is_number(str(row[position])) for row in rows)
        table.add_column(name, justify="right" if numeric and rows else "left", no_wrap=not numeric and position == 0)
    for row in rows:
        table.add_row(*(Text(str(value)) for value in row))
    width = None if sys.stdout.isatty() else 200
    Console(width=width, highlight=False).print(table)


def show_long_table(columns: Sequence[str], pieces: Iterable[Sequence[Sequence[str]]], right: Sequence[str]) -> int:
    """A table without end, printed while it is read: a column is as wide as what it has held until then.

    Args:
        columns: Their names.
        pieces: Some rows at a time, a text a column.
        right: Names of the columns that stand at their right edge.

    Returns:
        How many rows there were.
    """
    widths, rows, shown = [0] * len(columns), [columns], 0
    for piece in chain(pieces, [()]):
        rows += piece
        shown += len(piece)
        for row in rows:
            widths = list(map(max, widths, map(len, row)))
        for row in rows:
            cells = zip(columns, row, widths, strict=True)
            say("  ".join(text.rjust(w) if name in right else text.ljust(w) for name, text, w in cells).rstrip())
        rows = []
    return shown


def _is_number(text: str) -> bool:
    return text in {"", MISSING} or text.strip("+-% ").replace(",", "").replace(".", "", 1).isdigit()


@contextmanager
def progress() -> Iterator[Tell]:
    """A bar that says what happens and how far it is, on standard error; silent where that is no terminal."""
    if not sys.stderr.isatty():
        yield quiet
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    text = TextColumn("{task.description}", markup=False)
    columns = (text, BarColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def tell(description: str, done: int = 0, total: int | None = None) -> None:
            bar.update(task, description=description, completed=done, total=total)

        yield tell
