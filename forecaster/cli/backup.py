"""`forecaster backup` and `forecaster restore`: the home's database as one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import app, opened, progress, say

if TYPE_CHECKING:
    from forecaster.records.backup import Contents


@app.command()
def backup(file: Annotated[Path, typer.Argument(help="The file to write; it must not exist yet.")]) -> None:
    """Writes market data, ledger, claims and replays to one file, checked before it takes its name."""
    from forecaster.records import backup as copies

    home = opened(make=False)
    with progress() as tell:
        tell("copying and checking")
        contents = copies.backup(home.ledger.engine, file)
    say(f"{contents.told} written to {file}.")
    _tell_heads(contents)


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="A file that `forecaster backup` wrote.")]) -> None:
    """Puts a backup into an empty home, whole or not at all."""
    from forecaster.records import backup as copies
    from ingest.database import place

    home = opened()
    with progress() as tell:
        tell("checking and copying")
        contents = copies.restore(home.ledger.engine, file, home.settings)
    say(f"{contents.told} restored to {place(home.ledger.engine)}.")
    _tell_heads(contents)


def _tell_heads(contents: Contents) -> None:
    for table, head in contents.heads.items():
        say(f"{table}: verified, head {head}")
