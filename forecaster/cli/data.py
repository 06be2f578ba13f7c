"""`forecaster data`: what is stored, and what is wrong with it."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from forecaster.cli.frame import MISSING, app, day_of, looked_into, opened, records, say, show_json, show_table

group = typer.Typer(no_args_is_help=True, help="What is stored, and what is wrong with it.")
app.add_typer(group, name="data")
NONE = "No asset is stored yet: import one with `forecaster ingest csv FILE --symbol S`."
Json = Annotated[bool, typer.Option("--json", help="As JSON.")]


@group.command()
def check(
    symbol: Annotated[str | None, typer.Argument(help="One asset; all if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Findings about the stored rows that a user can act on."""
    import pandas as pd

    from ingest.checks import as_table, findings
    from ingest.record_checks import record_findings
    from ingest.sessions import calendar

    home = looked_into()
    assets = [home.store.asset(symbol)] if symbol else list(home.store.assets())
    found = []
    for asset in assets:
        history = home.store.history(asset.symbol)
        if history.frame.empty and symbol is None:
            continue
        days = calendar(asset.calendar)
        closed, held = days.last_closed(home.clock.now() - asset.lag), history.held[history.held["decision"] == ""]
        own = findings(history.newest(), days) + record_findings(history.frame, held, days, closed)
        found.append(as_table(own).assign(symbol=asset.symbol))
    table = pd.concat(found, ignore_index=True) if found else pd.DataFrame()
    if as_json:
        show_json(records(table))
    elif table.empty:
        say("Nothing found." if assets else NONE)
    else:
        columns = ["symbol", "check", "first", "last", "count", "detail", "remedy"]
        rows = [[cell(row[c]) for c in columns] for row in records(table)]
        show_table(columns, rows)


@group.command()
def show(
    symbol: Annotated[str | None, typer.Argument(help="One asset; a list of all if not given.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Rows known at this session's close.")] = None,
    last: Annotated[int, typer.Option("--last", min=1, help="Sessions to show.")] = 10,
    as_json: Json = False,
) -> None:
    """The rows as they stand now, corrections among them, or as known at a session's close; newest last."""
    home = looked_into()
    if symbol is None:
        columns, spans = ["symbol", "calendar", "source", "first", "last"], home.store.spans()
        days = {symbol: [f"{day:%Y-%m-%d}" for day in span] for symbol, span in spans.items()}
        # One that was registered and never fetched has no days.
        rows = [[a.symbol, a.calendar, a.source, *days.get(a.symbol, ["", ""])] for a in home.store.assets()]
        if as_json:
            show_json([dict(zip(columns, row, strict=True)) for row in rows])
        elif rows:
            show_table(columns, rows)
        else:
            say(NONE)
        return
    from ingest.panel import VALUES

    history = home.store.history(symbol)
    day = day_of(as_of, "--as-of")
    _ = history.last  # where there is no row, it says so
    known = (history.newest() if day is None else history.read(day)).tail(last)
    shown = known[["session", *VALUES, "source", "known_at"]].dropna(axis="columns", how="all")
    if as_json:
        instants = shown["known_at"].map(lambda t: t.isoformat())
        show_json(records(shown.assign(known_at=instants, payload=known["payload"])))
    else:
        show_table(list(shown.columns), [[cell(v) for v in row] for row in shown.itertuples(index=False)])


@group.command("calendar")
def move(
    symbol: Annotated[str, typer.Argument(help="The asset.")],
    code: Annotated[str, typer.Argument(help="The calendar to move it to, such as 24/7 or XNYS.")],
) -> None:
    """Moves an asset to another calendar, as if it had been imported under it; for one without forecasts."""
    from forecaster.records import books

    home = opened()
    before = home.store.asset(symbol).calendar
    if before == code:
        say(f"{symbol} is already on calendar {code}.")
        return
    moved, replays = books.move(home, symbol, code)
    notes = [
        (moved.shut, f"{moved.shut:,} on days when {code} is closed"),
        (moved.unfinished, f"{moved.unfinished:,} left out, not final there yet: import them again"),
        (moved.merged, f"{_counted(moved.merged, 'value')} left out, corrected before the close there"),
        (replays, f"{_counted(replays, 'replayed forecast')} dropped"),
    ]
    told = "".join(f"; {words}" for count, words in notes if count)
    say(f"{symbol}: moved from {before} to {code}: {_counted(moved.sessions, 'session')}{told}.")


@group.command()
def forget(
    symbol: Annotated[str, typer.Argument(help="The asset.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Removes an asset with all its rows, for good; for one without forecasts."""
    from forecaster.errors import ForecasterError
    from forecaster.records import books

    home = opened()
    history = home.store.history(symbol)
    parts = ((history.frame, "row"), (history.counts, "count"), (history.held, "held-back row"))
    held = ", ".join(_counted(len(frame), word) for frame, word in parts if len(frame)) or "no rows"
    if not yes and not sys.stdin.isatty():
        raise ForecasterError(
            f"{symbol}: {held} would be permanently removed: add --yes to confirm; nothing was changed"
        )
    if not yes and not typer.confirm(f"{symbol}: {held} will be permanently removed. Continue?"):
        say("Nothing was changed.")
        return
    replays = books.forget(home, symbol)
    dropped = f"; {_counted(replays, 'replayed forecast')} dropped" if replays else ""
    say(f"{symbol}: forgotten, with {held}{dropped}.")


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def cell(value: object) -> str:
    """A value as a table shows it."""
    import pandas as pd

    if isinstance(value, float):
        return MISSING if value != value else f"{value:,.6g}"  # noqa: PLR0124  # NaN alone differs from itself
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value.tz is None else f"{value:%Y-%m-%d %H:%M}"
    return str(value)
