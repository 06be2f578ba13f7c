"""`forecaster ingest`: brings data into the store."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import DONE_IN_PART, app, day_of, opened, progress, say
from forecaster.errors import ForecasterError
from ingest.errors import IngestError, RateLimitedError, StoreError

if TYPE_CHECKING:
    import pandas as pd

    from forecaster.records.home import Home
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
    from ingest.sources import csv_file

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


@group.command()
def yahoo(
    symbols: Annotated[list[str], typer.Argument(help="Yahoo's symbols, such as AAPL ^GSPC BTC-USD.")],
    calendar: Annotated[
        str | None,
        typer.Option("--calendar", help="24/7, 24/5 or an exchange such as XNYS; by Yahoo's exchange if not."),
    ] = None,
    first: Annotated[str | None, typer.Option("--from", help="First day, as 2018-01-20; all history if not.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; the last final session if not.")] = None,
) -> None:
    """Fetches daily bars from Yahoo Finance; a symbol that fails is named, and the others are stored."""
    start, end = _range(first, last)
    if calendar is not None:
        from ingest.sessions import calendar as find_calendar

        find_calendar(calendar)
    wanted = tuple(dict.fromkeys(symbol.upper() for symbol in symbols))
    failed = _each_from_yahoo(opened(), wanted, calendar, start, end)
    if len(failed) == len(wanted):
        raise ForecasterError("; ".join(failed.values()))
    for line in failed.values():
        say(f"withheld: {line}")
    if failed:
        raise typer.Exit(DONE_IN_PART)


@group.command()
def attention(
    symbol: Annotated[str, typer.Argument(help="An asset with prices, such as ETH-USD.")],
    source: Annotated[str, typer.Option("--source", help="An adapter, such as wikimedia; the settings' if not.")] = "",
    subject: Annotated[
        str,
        typer.Option("--subject", help="What to ask it: an article, a query, a coin, a file; the settings' if not."),
    ] = "",
    first: Annotated[str | None, typer.Option("--from", help="First day; what is not stored yet if not.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; today if not.")] = None,
) -> None:
    """Fetches how much is written or read about an asset a day: tweets, or page views."""
    from forecaster.operation import fetch

    start, end = _range(first, last)
    home = opened()
    counts = fetch.attention(home, symbol, source, subject, start, end)
    kept = home.store.history(symbol)
    days = f"{kept.counts['day'].min():%Y-%m-%d} to {kept.counts['day'].max():%Y-%m-%d}"
    say(f"{symbol}: {kept.asset.attention_kind} from {kept.asset.attention_source}, now {days}: {told(counts)}.")
    if symbol not in home.settings.data.attention:
        say(f'Put source and subject under [data.attention."{symbol}"] in forecaster.toml to fetch it every day.')


def _range(first: str | None, last: str | None) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """The days of --from and --to, in order."""
    start, end = day_of(first, "--from"), day_of(last, "--to")
    if start is not None and end is not None and start > end:
        raise typer.BadParameter(f"--from {first} is after --to {last}: swap them")
    return start, end


def _each_from_yahoo(
    home: Home, symbols: tuple[str, ...], calendar: str | None, first: pd.Timestamp | None, last: pd.Timestamp | None
) -> dict[str, str]:
    """Fetches and stores each symbol; the failed ones, and why."""
    failed: dict[str, str] = {}
    with progress() as tell:
        for position, symbol in enumerate(symbols, start=1):
            tell(f"{symbol}: fetch")
            try:
                say(_from_yahoo(home, symbol, calendar, first, last))
            except StoreError:
                raise
            except RateLimitedError as fault:  # it holds for the host: to go on asking makes it longer
                failed[symbol] = str(fault)
                failed |= {rest: f"yahoo: {rest}: not asked after that: run again later" for rest in symbols[position:]}
                break
            except IngestError as fault:
                failed[symbol] = str(fault) if symbol in str(fault) else f"{symbol}: {fault}"
    return failed


def _from_yahoo(
    home: Home, symbol: str, calendar: str | None, first: pd.Timestamp | None, last: pd.Timestamp | None
) -> str:
    """Fetches and stores one symbol; says what was done."""
    from ingest.sources import yahoo as source

    name = home.settings.data.renamed.get(symbol, symbol)
    with home.pauses.respected("yahoo", symbol, lambda: datetime.now(UTC)):
        chart = source.download(name, source.EARLIEST if first is None else first)
    stored = {asset.symbol: asset.calendar for asset in home.store.assets()}
    asset, now = source.asset_of(chart, calendar or stored.get(symbol)), home.clock.now()
    asset = replace(asset, symbol=symbol)
    rows = source.rows_of(chart, asset, now, last)
    counts = home.store.append(asset, rows, now)
    days = f"{rows['session'].iloc[0]:%Y-%m-%d} to {rows['session'].iloc[-1]:%Y-%m-%d}"
    return f"{symbol}: {len(rows)} sessions from {days} ({asset.calendar}): {told(counts)}."


def _from_source(name: str) -> None:
    from ingest import sources

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
        (counts.quarantined, "held back as hard to believe: see `forecaster data quarantine`"),
        (counts.held, "held back or rejected before"),
    ]
    return ", ".join(f"{count} {word}" for count, word in parts if count) or "nothing to store"
