"""`forecaster run` and `forecaster report`: the daily job, and its pages again."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.frame import (
    DONE_IN_PART,
    MISSING,
    app,
    day_of,
    handed_out,
    listed,
    opened,
    progress,
    records,
    say,
    show_json,
    show_table,
)
from forecaster.errors import ForecasterError, UnknownNameError, named

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from forecaster.operation.daily import Summary
    from forecaster.records.home import Home

SHOWN = ("target", "model", "prob_up", "q50", "q05", "q95", "status", "reason")
"""What is read of a day's forecasts."""
TOLD = ("model", "horizon", "target", "status", "reason", "mean", "sd", "prob_up", "q05", "q25", "q50", "q75", "q95")
"""What a program is told of each."""
SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER")
"""Variables of which one is set where a browser can be opened, on systems of X11 or Wayland."""
AsOf = Annotated[str | None, typer.Option("--as-of", help="The day, as 2018-01-20; default: the newest data.")]
Symbols = Annotated[str | None, typer.Option("--symbols", help="Only these assets, separated by commas.")]
Models = Annotated[str | None, typer.Option("--models", help="Only these forecasters, separated by commas.")]
Backend = Annotated[str, typer.Option("--backend", help="serial, processes or dask.")]
Workers = Annotated[int, typer.Option("--workers", min=0, help="How many work at once; 0 for all cores.")]
Address = Annotated[str, typer.Option("--dask-address", help="The address of a running Dask scheduler.")]
Anywhere = Annotated[
    bool, typer.Option("--dask-anywhere", help="Allow a scheduler on another machine without encryption.")
]
Open = Annotated[bool, typer.Option("--open", help="Open the report in the browser.")]


@app.command()
def run(  # noqa: PLR0913, PLR0917  # an option each, given by name
    as_of: AsOf = None,
    symbols: Symbols = None,
    models: Models = None,
    backend: Backend = "serial",
    workers: Workers = 0,
    address: Address = "",
    anywhere: Anywhere = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    show: Open = False,
) -> None:
    """The daily job: fetch, settle, forecast, record, report. Run twice, it changes nothing."""
    if as_json and show:
        raise typer.BadParameter("--json is for programs, --open for people: give one of them")
    from forecaster.operation import daily
    from forecaster.replay.backends import Means

    asked: dict[str, dict[str, object]] = {}
    if models is not None:
        asked["forecast"] = {"models": listed(models)}
    if workers:
        asked["compute"] = {"workers": workers}
    home, means = opened(asked or None), Means(workers, address, anywhere)
    with progress() as tell:
        summary = daily.run(home, day_of(as_of, "--as-of"), listed(symbols), tell, backend=backend, means=means)
    announce(summary, home, as_json=as_json)
    if show and summary.report:
        view(summary.report)
    end(summary)


@app.command()
def report(
    as_of: AsOf = None,
    symbols: Symbols = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the pages; default: the home's.")] = None,
    show: Open = False,
) -> None:
    """Renders the report of a day again, from the ledger alone."""
    import pandas as pd

    from forecaster.evaluation.triggers import STALE_DAYS
    from forecaster.operation.render import render
    from forecaster.records.reading import Wanted

    home = opened(make=False)
    wanted, day = listed(symbols), day_of(as_of, "--as-of")
    newest = {standing.symbol: standing.newest for standing in home.ledger.standings()}
    if not newest:
        raise ForecasterError("the ledger is empty: `forecaster run` makes the first forecasts")
    for symbol in wanted:
        if symbol not in newest:
            raise UnknownNameError("asset of the ledger", symbol, newest)
    until = None if day is None else f"{day:%Y-%m-%d}"
    oldest = "" if day is None else f"{day - pd.Timedelta(days=STALE_DAYS):%Y-%m-%d}"
    found = (standing.newest for standing in home.ledger.standings(Wanted(wanted, until=until)))
    # Named after the forecasts that are shown, as the run's pages are, also where a day without a session is given.
    shown = max((newest for newest in found if newest >= oldest), default=str(as_of))
    with handed_out(out):
        kept = None if out is not None else _kept(home, pd.Timestamp(shown), wanted)
        pdf = kept or render(home, pd.Timestamp(shown), wanted, folder=out)
    _say_where(pdf)
    if show:
        view(pdf)


def _kept(home: Home, day: pd.Timestamp, wanted: tuple[str, ...]) -> Path | None:
    """The report of a day as it lies in a home that may not be written; None where one may be written.

    Raises:
        ForecasterError: Where none lies there, or what it was rendered from has changed since.
    """
    import os

    from forecaster.operation.stamp import Stamp
    from forecaster.operation.watchlist import reported
    from forecaster.privacy import may

    if may(home.folder, os.W_OK):
        return None
    stamp = Stamp.of(home, day, reported(home, ()), {})
    if wanted or not stamp.holds:
        raise ForecasterError(
            f"the home {home.folder} may not be written, and has no report of {day:%Y-%m-%d} that shows this: have it "
            "written elsewhere with --out DIR"
        )
    return stamp.pdf


def announce(summary: Summary, home: Home, *, as_json: bool = False) -> None:
    """Says what a run did.

    Raises:
        ForecasterError: Where every asset was withheld.
    """
    if as_json:
        show_json(_facts(summary, home))
    if not summary.as_ofs:
        raise ForecasterError("; ".join(named(summary.withheld)))
    if as_json:
        return
    say(f"{summary.told}; {summary.known} on record already.")
    known = {symbol: home.ledger.forecasts([symbol], as_of, SHOWN) for symbol, as_of in summary.as_ofs.items()}
    rows = _rows(known)
    if rows:
        show_table(["symbol", "target", "model", "P(up)", "median", "5 %", "95 %", "status"], rows)
        _say_unreliable(known)
    for line in named(summary.withheld):
        say(f"withheld: {line}")
    for line in (*(f"note: {fault}" for fault in summary.faults), *filter(None, [home.rehearsal])):
        say(line)
    if summary.report:
        _say_where(summary.report)


def end(summary: Summary) -> None:
    """Ends a run with the exit code that it earned.

    Raises:
        Exit: Where some assets were withheld, or something else went wrong.
    """
    if summary.withheld or summary.faults:
        raise typer.Exit(DONE_IN_PART)


def view(pdf: Path) -> None:
    """Opens the HTML page beside a report's PDF; says so where nothing opens it, which is no failure."""
    import os
    import webbrowser

    page = pdf.with_suffix(".html")
    screenless = sys.platform not in {"darwin", "win32"} and not any(os.environ.get(name) for name in SCREENS)
    sys.stdout.flush()  # what the browser says comes after it
    if screenless or not webbrowser.open(page.resolve().as_uri()):
        say(f"No browser is found to open {page}: name one in the variable BROWSER, or open it elsewhere.")


def _say_where(pdf: Path) -> None:
    """Where a report is, the PDF last."""
    say(f"Report: {pdf.with_suffix('.html')}")
    say(f"Report: {pdf}")


def _facts(summary: Summary, home: Home) -> dict[str, object]:
    """What a run did, for a program."""
    pdf = summary.report
    return {
        "recorded": summary.recorded,
        "known": summary.known,
        "settled": summary.settled,
        "forecasts": [
            {"symbol": symbol, "as_of": f"{as_of:%Y-%m-%d}", **row}
            for symbol, as_of in summary.as_ofs.items()
            for row in records(home.ledger.forecasts([symbol], as_of, TOLD))
        ],
        "withheld": [
            {"symbol": symbol, "reason": reason, "waiting": symbol in summary.waiting}
            for symbol, reason in summary.withheld.items()
        ],
        "notes": summary.faults,
        "rehearsal": home.rehearsal or None,
        "report": None if pdf is None else {"html": str(pdf.with_suffix(".html")), "pdf": str(pdf)},
    }


def _say_unreliable(known: Mapping[str, pd.DataFrame]) -> None:
    """Counts and names the day's forecasts that are unreliable or a stand-in's."""
    import pandas as pd

    from forecaster.evaluation.unreliable import today

    told = today(pd.concat([own.assign(symbol=symbol) for symbol, own in known.items()]))
    if told:
        say(told)


def _rows(known: Mapping[str, pd.DataFrame]) -> list[list[object]]:
    """The day's forecasts, a row each."""
    rows: list[list[object]] = []
    for symbol, own in known.items():
        for row in records(own):
            numbers = [MISSING] * 4
            if row["status"] != "withheld":
                changes = (f"{100 * row[name]:+.2f} %" for name in ("q50", "q05", "q95"))
                numbers = [f"{100 * row['prob_up']:.0f} %", *changes]
            told = f"{row['status']}: {row['reason']}" if row["reason"] else row["status"]
            rows.append([symbol, row["target"], row["model"], *numbers, told])
    return rows
