"""`forecaster schedule`: the daily run by itself."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import app, opened, say, show_json, show_table
from forecaster.operation import daily, schedule

if TYPE_CHECKING:
    from types import FrameType

group = typer.Typer(no_args_is_help=True, help="The daily run by itself.")
app.add_typer(group, name="schedule")


@group.command()
def start() -> None:
    """Runs each day after its close until it is stopped; first makes up for missed days."""
    home = opened()
    signal.signal(signal.SIGTERM, _leave)
    say(f"Home: {home.folder}. Stop with Ctrl-C.")
    for row in schedule.status(home):
        say(f"{row['calendar']}: next run {row['next_due']}, {len(row['owed'])} owed.")
    sys.stdout.flush()
    schedule.start(home)


@group.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """When each calendar is due next, what it owes, and how its last run ended."""
    rows = schedule.status(opened())
    if as_json:
        show_json(rows)
        return
    columns = ["calendar", "next_due", "owed", "last_session", "last_outcome", "running"]
    show_table(
        columns,
        [[", ".join(row[c]) if isinstance(row[c], list) else row[c] for c in columns] for row in rows],
    )


@group.command("catch-up")
def catch_up() -> None:
    """Runs what is owed now, and ends."""
    home = opened()
    ran = 0
    for code in sorted({asset.calendar for asset in daily.watchlist(home)}):
        for item in schedule.run_due(home, code):
            say(f"{item.calendar}: {item.session:%Y-%m-%d} done.")
            ran += 1
    say(f"{ran} days run.")


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
