"""`forecaster ingest`: brings data into the store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import app, opened, say
from ingest import sources
from ingest.sources import csv_file

if TYPE_CHECKING:
    from ingest.vintages import Appended

group = typer.Typer(no_args_is_help=True, help="Bring data into the store.")
app.add_typer(group, name="ingest")


@group.command()
def csv(
    file: Annotated[Path, typer.Argument(help="A file with at least a date and a close column, in any order.")],
    symbol: Annotated[str, typer.Option("--symbol", help="The asset's symbol, such as ETH-USD.")],
    calendar: Annotated[str, typer.Option("--calendar", help="24/7, 24/5 or an exchange such as XNYS.")] = "XNYS",
) -> None:
    """Imports a file; what is stored already stays, corrections become new vintages."""
    home = opened()
    rows = csv_file.read(file, symbol, calendar)
    asset = csv_file.asset_for(rows, symbol, calendar)
    counts = home.store.append(asset, rows, home.clock.now())
    first, last = rows["session"].iloc[0], rows["session"].iloc[-1]
    say(f"{symbol}: {len(rows)} sessions from {first:%Y-%m-%d} to {last:%Y-%m-%d}: {told(counts)}.")


@group.command()
def sample() -> None:
    """Stores the real S&P 500 and NASDAQ history of 1999 to 2018 that comes with the program."""
    _from_source("sample")


@group.command()
def simulated() -> None:
    """Stores a simulated market of known truth, up to today."""
    _from_source("simulated")


def _from_source(name: str) -> None:
    home = opened()
    source = sources.load(name)
    for asset in source.ASSETS:
        now = home.clock.now()
        say(f"{asset.symbol}: {told(home.store.append(asset, source.fetch(asset, now), now))}.")


def told(counts: Appended) -> str:
    """What an import did, in words."""
    parts = [
        (counts.new, "new"),
        (counts.corrected, "corrected (known from now on)"),
        (counts.late, "late (known from now on)"),
        (counts.unchanged, "unchanged"),
        (counts.unfinished, "not closed yet, left out"),
    ]
    return ", ".join(f"{count} {word}" for count, word in parts if count) or "nothing to store"
