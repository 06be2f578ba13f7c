"""`forecaster ingest series`: a series of an asset's own beside its prices, such as its implied volatility."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import opened, say
from forecaster.cli.ingest import Dates, Decimal, Sheet, Ticker, Timezone, group, told

if TYPE_CHECKING:
    from ingest.own_series import OwnSeries
    from ingest.vintages import Appended

MANY = 10
"""Corrections from which on it is asked whether they are of the same series."""


@group.command("series")
def series(  # noqa: PLR0913, PLR0917  # an option each, given by name
    file: Annotated[Path, typer.Argument(help="Text, a workbook or Parquet with a date and a value per row.")],
    symbol: Annotated[str, typer.Option("--symbol", help="An asset with prices, such as AAPL.")],
    name: Annotated[str, typer.Option("--name", help="What the series is called, such as implied_volatility.")],
    known: Annotated[
        str, typer.Option("--known", help="When a session's value is known: close, close+15min, close+2h, close+1d.")
    ],
    column: Annotated[
        str, typer.Option("--column", help="The column of values; default: the only one, or that of the symbol.")
    ] = "",
    transform: Annotated[
        str, typer.Option("--transform", help="level, log or change; implied_volatility has its own.")
    ] = "",
    decimal: Decimal = "",
    timezone: Timezone = "",
    dates: Dates = "",
    ticker: Ticker = "",
    sheet: Sheet = "",
) -> None:
    """Imports a series of an asset's own; corrections become new vintages, and what was known stays."""
    from ingest import series_file
    from ingest.series_terms import declared, lag_of
    from ingest.sessions import calendar
    from ingest.text.choices import Choices

    terms = (name, declared(name, transform), lag_of(known))
    choices = Choices(decimal=decimal, timezone=timezone, dates=dates, ticker=ticker, sheet=sheet)
    home = opened()
    asset = home.store.asset(symbol)
    given = series_file.read(file, symbol, calendar(asset.calendar), terms, column, choices)
    counts = home.store.append_series(symbol, given, home.clock.now(), home.ledger.newest(symbol))
    first, last = given.by_session.index[0], given.by_session.index[-1]
    days = f"{len(given.by_session)} sessions from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    notes = [*given.notes, *_other(counts)]
    say("; ".join((f"{symbol}: {name}: {days}: {told(counts)}", *notes)) + ".")


def _other(counts: Appended) -> list[str]:
    """That it may be another series: most of what is stored is corrected."""
    if counts.corrected < MANY or counts.corrected <= counts.unchanged:
        return []
    return ["most stored values differ now: check that the file and the column are of the same series"]


def line_of(symbol: str, own: OwnSeries) -> str:
    """What is stored of a series, in a line."""
    from ingest.series_terms import shown_lag

    rows = own.newest()
    days = f"{rows['session'].iloc[0]:%Y-%m-%d} to {rows['session'].iloc[-1]:%Y-%m-%d}"
    more = len(own.frame) - len(rows)
    corrected = f" ({more} corrections among them)" if more else ""
    return (
        f"{symbol}: {own.name}: {len(rows)} sessions from {days}{corrected}, transform {own.transform}, "
        f"known {shown_lag(own.lag_minutes)}"
    )
