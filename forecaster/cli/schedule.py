"""`forecaster schedule`: the daily run by itself."""

from __future__ import annotations

import signal
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import DONE_IN_PART, app, looked_into, opened, say, show_json, show_table

if TYPE_CHECKING:
    from types import FrameType

group = typer.Typer(no_args_is_help=True, help="The daily run on a schedule.")
app.add_typer(group, name="schedule")


@group.command()
def start() -> None:
    """Runs each day after its close until it is stopped; first makes up for missed days."""
    from forecaster.operation import schedule, scheduler

    scheduler.load()  # before the home's clock begins
    home = opened()
    for stop in (signal.SIGINT, signal.SIGTERM):
        signal.signal(stop, _leave)
    say(f"Home: {home.folder}. Stop with Ctrl-C.")
    for row in schedule.status(home):
        if not row["fault"]:  # else the scheduler says it
            say(f"{row['calendar']}: next run {row['next_due']}, {len(row['owed'])} owed.")
    sys.stdout.flush()
    scheduler.start(home)


@group.command()
def status(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """When each calendar is due next, which days are owed, and how its last run ended."""
    from forecaster.operation import schedule

    rows = schedule.status(looked_into())
    if as_json:
        show_json(rows)
        return
    columns = ["calendar", "next_due", "owed", "last_session", "last_outcome", "running"]
    show_table(
        columns,
        [[", ".join(row[c]) if isinstance(row[c], list) else row[c] for c in columns] for row in rows],
    )
    for row in rows:
        if row["fault"]:
            say(row["fault"])


@group.command("catch-up")
def catch_up() -> None:
    """Runs the days that are due now, then exits."""
    from forecaster.operation import schedule

    home = opened()
    standing = schedule.status(home)
    ran = [done for row in standing if row["owed"] for done in schedule.run_due(home, row["calendar"])]
    for done in ran:
        say(f"{done.due.calendar} {done.due.session:%Y-%m-%d}: {done.outcome}")
    faults = [row["fault"] for row in standing if row["fault"]]
    for line in faults:
        say(line)
    say(f"{len(ran)} days run.")
    if faults or not all(done.whole for done in ran):
        raise typer.Exit(DONE_IN_PART)


def _leave(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)
