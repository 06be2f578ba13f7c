"""`forecaster ingest`: brings data into the store. A file in `ingest/sources` is a command here."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from forecaster.cli.frame import DONE_IN_PART, app, day_of, opened, progress, say

if TYPE_CHECKING:
    import pandas as pd

    from forecaster.operation.fetch import Fetched
    from forecaster.records.home import Home
    from ingest.sources import Reading
    from ingest.vintages import Appended

SOURCE = "SOURCE"
"""The command that stands for every source; each is shown and called by its own id."""


class Sources(TyperGroup):
    """The commands of this file, and one for each source that can be asked for symbols."""

    def __init__(self, **given: Any) -> None:  # noqa: ANN401  # typer's own arguments
        """Typer's own suggestions know nothing of sources: `get_command` has better ones."""
        super().__init__(**{**given, "suggest_commands": False})

    def list_commands(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]  # typer's own context
        """The commands of this file, then the sources."""
        from ingest import sources

        return [*(name for name in super().list_commands(ctx) if name != SOURCE), *sources.summaries()]

    def get_command(self, ctx: typer.Context, cmd_name: str) -> Any:  # type: ignore[override]  # noqa: ANN401  # the same
        """The command of a word.

        Raises:
            UsageError: Where it is neither a command nor a source, with the nearest.
        """
        from ingest import sources
        from ingest.errors import nearest

        if cmd_name in self.commands and cmd_name != SOURCE:
            return self.commands[cmd_name]
        summary = sources.summary(cmd_name)
        if summary is None and ("." in cmd_name or Path(cmd_name).exists()):
            ctx.fail(f"to import a file, say `forecaster ingest csv {cmd_name} --symbol S`")
        if summary is None:
            ctx.fail(f"source {cmd_name!r} is not known: {nearest(cmd_name, self.list_commands(ctx))}")
        command = copy(self.commands[SOURCE])
        command.name, command.short_help, command.help = cmd_name, summary, f"{summary}\n\n{command.help}"
        return command


group = typer.Typer(cls=Sources, no_args_is_help=True, help="Bring data into the store.")
app.add_typer(group, name="ingest")

Decimal = Annotated[
    str, typer.Option("--decimal", help="The decimal mark, comma or point; default: as the file shows.")
]
Timezone = Annotated[str, typer.Option("--timezone", help="Of times written without one, such as Europe/Berlin.")]
Dates = Annotated[str, typer.Option("--dates", help="dmy, mdy or ymd, as in 11/02/26; default: as the file shows.")]
Ticker = Annotated[str, typer.Option("--ticker", help="The ticker to import, where the file holds several.")]
Sheet = Annotated[str, typer.Option("--sheet", help="The sheet to import, where a workbook holds several.")]


@group.command()
def csv(  # noqa: PLR0913, PLR0917  # an option each, given by name
    file: Annotated[Path, typer.Argument(help="Text or a workbook with at least a date and a close per row.")],
    symbol: Annotated[str, typer.Option("--symbol", help="The asset's symbol, such as ETH-USD.")],
    calendar: Annotated[
        str, typer.Option("--calendar", help="24/7, 24/5 or an exchange; default: the asset's, otherwise XNYS.")
    ] = "",
    decimal: Decimal = "",
    timezone: Timezone = "",
    dates: Dates = "",
    ticker: Ticker = "",
    sheet: Sheet = "",
    close: Annotated[str, typer.Option("--close", help="The column of closes; default: by its name.")] = "",
    open_: Annotated[str, typer.Option("--open", help="The column of opens; likewise.")] = "",
    high: Annotated[str, typer.Option("--high", help="The column of highs; likewise.")] = "",
    low: Annotated[str, typer.Option("--low", help="The column of lows; likewise.")] = "",
    volume: Annotated[str, typer.Option("--volume", help="The column of volumes; likewise.")] = "",
    adjusted: Annotated[str, typer.Option("--adjusted", help="The column of adjusted closes; likewise.")] = "",
    dividends: Annotated[
        str, typer.Option("--dividends", help="paid, or included if closes are adjusted; default: as the file shows.")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what is understood, and store nothing.")] = False,
) -> None:
    """Imports a file; what is stored already stays, corrections become new vintages."""
    from ingest.sources import csv_file
    from ingest.text.choices import Choices

    choices = Choices(decimal, timezone, close, volume, ticker, dividends, dates, open_, high, low, adjusted, sheet)
    home = opened()
    known = {asset.symbol: asset for asset in home.store.assets()}.get(symbol)
    code = calendar or (known.calendar if known else "XNYS")
    if known is not None:
        home.store.register(replace(known, calendar=code))  # another calendar is refused before the file is looked at
    reading = csv_file.read(file, symbol, code, choices)
    if dry_run:
        _show_understood(reading, code if calendar or known else f"{code}, the default; --calendar chooses another")
        return
    asset = csv_file.asset_for(reading.rows, symbol, code)
    counts = home.store.append(asset, reading.rows, home.clock.now(), reading.basis)
    say("; ".join((f"{symbol}: {_span(reading.rows)}: {told(counts)}", *reading.notes)) + ".")


def _show_understood(reading: Reading, code: str) -> None:
    """What was understood of a file, its first and last rows, and what is left out."""
    rows = reading.rows
    ends = [("first row", rows.iloc[0]), ("last row", rows.iloc[-1])]
    lines = [
        *reading.understood,
        ("calendar", code),
        *((name, f"{row['session']:%a %Y-%m-%d}, close {row['close']:.15g}") for name, row in ends),
        ("rows", str(len(rows))),
        *(("note", note) for note in reading.notes),
    ]
    width = max(len(name) for name, _ in lines)
    for name, text in lines:
        say(f"{name:{width}}  {text}")
    say("Nothing was stored: import it without --dry-run.")


@group.command()
def attention(
    symbol: Annotated[str, typer.Argument(help="An asset with prices, such as ETH-USD.")],
    source: Annotated[
        str, typer.Option("--source", help="An adapter, such as wikimedia; default: the one in the settings.")
    ] = "",
    subject: Annotated[
        str,
        typer.Option(
            "--subject", help="What to request: an article, a query, a coin, a file; default: as in the settings."
        ),
    ] = "",
    column: Annotated[
        str, typer.Option("--column", help="For a file: the column of counts; default: by its name.")
    ] = "",
    kind: Annotated[
        str, typer.Option("--kind", help='For a file: what is counted, as "tweets a day"; default: by its name.')
    ] = "",
    first: Annotated[
        str | None, typer.Option("--from", help="First day; default: the first that is not stored.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; default: the current day.")] = None,
) -> None:
    """Fetches how much is written or read about an asset a day: tweets, or page views."""
    from forecaster.operation import fetch
    from forecaster.settings import Attention

    start, end = _range(first, last)
    home = opened()
    asked = Attention(source=source, subject=subject, column=column, kind=kind)
    counts, notes = fetch.attention(home, symbol, asked, start, end)
    kept = home.store.history(symbol)
    days = f"{kept.counts['day'].min():%Y-%m-%d} to {kept.counts['day'].max():%Y-%m-%d}"
    here = f"{symbol}: {kept.asset.attention_kind} from {kept.asset.attention_source}, now {days}: {told(counts)}"
    say("; ".join((here, *notes)) + ".")
    if symbol not in home.settings.data.attention:
        keys = "source, subject, column and kind" if column or kind else "source and subject"
        say(f'Put {keys} under [data.attention."{symbol}"] in forecaster.toml to fetch it every day.')


@group.command(SOURCE)
def from_source(
    context: typer.Context,
    symbols: Annotated[
        list[str] | None, typer.Argument(help="Its symbols, such as AAPL ^GSPC; its own assets if none is named.")
    ] = None,
    calendar: Annotated[
        str | None,
        typer.Option("--calendar", help="24/7, 24/5 or an exchange such as XNYS; default: as the source says."),
    ] = None,
    first: Annotated[str | None, typer.Option("--from", help="First day, as 2018-01-20; default: all history.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last day; default: the last final session.")] = None,
) -> None:
    """Fetches daily rows; a symbol that fails is named, and the others are stored."""
    from forecaster.errors import ForecasterError
    from ingest import sources
    from ingest.sessions import calendar as find_calendar

    source, days = str(context.info_name), _range(first, last)
    code = None if calendar is None else find_calendar(calendar).code
    named = [symbol.upper() for symbol in symbols or ()]
    wanted = tuple(dict.fromkeys(named or [asset.symbol for asset in sources.provider(source).ASSETS]))
    if not wanted:
        context.fail("Missing argument 'symbols'")
    failed = _each(opened(), source, wanted, code, days)
    if len(failed) == len(wanted):
        raise ForecasterError("; ".join(failed.values()))
    for line in failed.values():
        say(f"withheld: {line}")
    if failed:
        raise typer.Exit(DONE_IN_PART)


def _range(first: str | None, last: str | None) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    """The days of --from and --to, in order."""
    start, end = day_of(first, "--from"), day_of(last, "--to")
    if start is not None and end is not None and start > end:
        raise typer.BadParameter(f"--from {first} is after --to {last}: swap them")
    return start, end


def _each(
    home: Home,
    source: str,
    symbols: tuple[str, ...],
    code: str | None,
    days: tuple[pd.Timestamp | None, pd.Timestamp | None],
) -> dict[str, str]:
    """Fetches and stores each symbol, and says so; the failed ones, and why."""
    from forecaster.operation import fetch
    from ingest.errors import IngestError, RateLimitedError, StoreError

    failed: dict[str, str] = {}
    with progress() as tell:
        for position, symbol in enumerate(symbols, start=1):
            tell(f"{symbol}: fetch")
            try:
                say(_line(fetch.imported(home, source, symbol, code, *days)))
            except StoreError:
                raise
            except RateLimitedError as fault:  # it holds for the host: to go on asking makes it longer
                failed[symbol] = str(fault)
                rest = symbols[position:]
                failed |= {other: f"{source}: {other}: not asked after that: run again later" for other in rest}
                break
            except IngestError as fault:
                failed[symbol] = str(fault) if symbol in str(fault) else f"{symbol}: {fault}"
    return failed


def _line(fetched: Fetched) -> str:
    """What came of one symbol; an asset that a source has by itself needs no word about its days and calendar."""
    from ingest import sources

    asset, rows = fetched.asset, fetched.rows
    if rows.empty or asset in sources.provider(asset.source).ASSETS:
        return f"{asset.symbol}: {told(fetched.counts)}."
    return f"{asset.symbol}: {_span(rows)} ({asset.calendar}): {told(fetched.counts)}."


def _span(rows: pd.DataFrame) -> str:
    """How many rows of which days."""
    first, last = rows["session"].iloc[0], rows["session"].iloc[-1]
    return f"{len(rows)} sessions from {first:%Y-%m-%d} to {last:%Y-%m-%d}"


REMEDY = "import the right values, or release those that are real"
"""What becomes of rows that are held back."""


def told(counts: Appended) -> str:
    """What an import did, in words."""
    parts = [
        (counts.new, "new"),
        (counts.corrected, "corrected (known from now on)"),
        (counts.late, "late (known from now on)"),
        (counts.unchanged - counts.restated, "unchanged"),
        (counts.restated, "unchanged but for their scale (a split or dividend since)"),
        (counts.unfinished, "not closed yet, left out"),
        (counts.early, "before the first year of the calendar, left out"),
        (counts.quarantined, f"held back{_why(counts)}"),
        (counts.held, "held back or rejected before"),
        (counts.blanked, "of open, high and low left out as implausible"),
    ]
    return ", ".join(f"{count} {word}" for count, word in parts if count) or "nothing to store"


def _why(counts: Appended) -> str:
    """Why rows were held back, and what to do."""
    if counts.foreign:
        return (
            " since closes and changes are others than those stored: is it the same asset, in the same currency? "
            "`forecaster data release` lets them in"
        )
    if counts.needed:
        days = " and ".join(f"{day:%Y-%m-%d}" for day in counts.needed)
        return f" because nothing shows the change from what is stored: import a file that also has the row of {days}"
    return f" as implausible: see `forecaster data quarantine`; {REMEDY}"
