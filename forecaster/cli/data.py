"""`forecaster data`: what is stored, and what is wrong with it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import MISSING, app, day_of, looked_into, opened, records, say, show_json, show_table
from forecaster.cli.series import line_of

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

    from ingest.checks import Finding
    from ingest.history import History
    from ingest.own_series import OwnSeries
    from ingest.sessions import Calendar

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
    found, series = [], []
    for asset in assets:
        history = home.store.history(asset.symbol)
        if history.frame.empty and symbol is None:
            continue
        days = calendar(asset.calendar)
        closed, held = days.last_closed(home.clock.now() - asset.lag), history.held[history.held["decision"] == ""]
        own = findings(history.newest(), days) + record_findings(history.frame, held, days, closed)
        own += tuple(one for beside in history.own for one in _beside(beside, days, home.clock.now()))
        series += [line_of(asset.symbol, beside) for beside in history.own]
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
    _list_series(series, as_json=as_json)


def _beside(own: OwnSeries, days: Calendar, now: datetime) -> tuple[Finding, ...]:
    """Findings about a series of an asset's own."""
    from ingest.series_checks import series_findings

    return series_findings(own, days, days.last_closed(now - own.lag))


def _list_series(lines: list[str], *, as_json: bool) -> None:
    """The series beside the prices, a line each, below a table for people."""
    for line in () if as_json else lines:
        say(f"{line}.")


@group.command()
def show(
    symbol: Annotated[str | None, typer.Argument(help="One asset; a list of all if not given.")] = None,
    as_of: Annotated[str | None, typer.Option("--as-of", help="Rows known at this session's close.")] = None,
    last: Annotated[int, typer.Option("--last", min=1, help="Sessions to show.")] = 10,
    name: Annotated[str, typer.Option("--series", help="A series of its own in place of its rows, by name.")] = "",
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
    history, day = home.store.history(symbol), day_of(as_of, "--as-of")
    if name:
        _show_series(history, name, day, last, as_json=as_json)
        return
    from ingest.panel import VALUES

    _ = history.last  # where there is no row, it says so
    known = (history.newest() if day is None else history.read(day)).tail(last)
    shown = known[["session", *VALUES, "source", "known_at"]].dropna(axis="columns", how="all")
    if as_json:
        instants = shown["known_at"].map(lambda t: t.isoformat())
        show_json(records(shown.assign(known_at=instants, payload=known["payload"])))
    else:
        show_table(list(shown.columns), [[cell(v) for v in row] for row in shown.itertuples(index=False)])
    _list_series([line_of(symbol, own) for own in history.own], as_json=as_json)


def _show_series(history: History, name: str, day: pd.Timestamp | None, last: int, *, as_json: bool) -> None:
    """Values of a series, newest last: as they stand now, or as known at a session's close plus the series' lag."""
    from ingest.sessions import calendar

    own = _own(history, name)
    moment = None if day is None else calendar(history.asset.calendar).close(day) + own.lag
    values = own.newest() if day is None or moment is None else own.rows_known_by(moment, day)
    shown = values.tail(last)
    if as_json:
        show_json(records(shown.assign(known_at=shown["known_at"].map(lambda t: t.isoformat()))))
    else:
        show_table(["session", name, "known_at"], [[cell(v) for v in row] for row in shown.itertuples(index=False)])
        say(f"{line_of(history.asset.symbol, own)}.")


def _own(history: History, name: str) -> OwnSeries:
    """The series of a name.

    Raises:
        ForecasterError: The asset has none of that name.
    """
    from forecaster.errors import ForecasterError
    from ingest.errors import nearest

    for own in history.own:
        if own.name == name:
            return own
    near = nearest(name, [own.name for own in history.own])
    raise ForecasterError(f"{history.asset.symbol} has no series {name!r} of its own: {near}")


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
    name: Annotated[str, typer.Option("--series", help="A series of its own alone, by name.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Removes an asset with all its rows, or a series of its own, for good; for one without forecasts."""
    from forecaster.errors import ForecasterError
    from forecaster.records import books

    home = opened()
    history = home.store.history(symbol)
    parts = [(history.frame, "row"), (history.counts, "count"), (history.held, "held-back row")]
    series = [(own.frame, f"value of {own.name}") for own in history.own]
    parts = [(_own(history, name).frame, f"value of {name}")] if name else parts + series
    held = ", ".join(_counted(len(frame), word) for frame, word in parts if len(frame)) or "no rows"
    if not yes and not sys.stdin.isatty():
        raise ForecasterError(
            f"{symbol}: {held} would be permanently removed: add --yes to confirm; nothing was changed"
        )
    if not yes and not typer.confirm(f"{symbol}: {held} will be permanently removed. Continue?"):
        say("Nothing was changed.")
        return
    replays = books.forget(home, symbol, name)
    dropped = f"; {_counted(replays, 'replayed forecast')} dropped" if replays else ""
    say(f"{symbol}: forgotten, with {held}{dropped}.")


def _counted(count: int, what: str) -> str:
    noun, of, whose = what.partition(" of ")
    return f"{count:,} {noun}{'' if count == 1 else 's'}{of}{whose}"


def cell(value: object) -> str:
    """A value as a table shows it."""
    import pandas as pd

    if isinstance(value, float):
        return MISSING if value != value else f"{value:,.6g}"  # noqa: PLR0124  # NaN alone differs from itself
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}" if value.tz is None else f"{value:%Y-%m-%d %H:%M}"
    return str(value)
