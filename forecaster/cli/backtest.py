"""`forecaster backtest`: would this have worked? A walk-forward replay and its export."""

from __future__ import annotations

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
    progress,
    say,
    show_table,
    state,
)
from forecaster.cli.run import Address, Anywhere, Backend, Models, Workers
from forecaster.errors import named

if TYPE_CHECKING:
    from forecaster.replay.export import Backtest


@app.command()
def backtest(  # noqa: PLR0913, PLR0917  # an option each, given by name
    symbols: Annotated[str, typer.Option("--symbols", help="Assets, separated by commas.")],
    folder: Annotated[Path, typer.Option("--export", help="Folder for the results.")],
    last: Annotated[int | None, typer.Option("--last", min=1, help="The last N targets.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First target, such as 2018-01-20.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last target.")] = None,
    models: Models = None,
    refit_every: Annotated[int, typer.Option("--refit-every", min=1, help="Sessions between refits.")] = 20,
    train_window: Annotated[
        int | None, typer.Option("--train-window", min=60, help="Most recent rows used by a fit.")
    ] = None,
    preset: Annotated[str | None, typer.Option("--preset", help="A set of settings, such as `study`.")] = None,
    backend: Backend = "serial",
    workers: Workers = 0,
    address: Address = "",
    anywhere: Anywhere = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what the folder holds.")] = False,
) -> None:
    """Replays the past with the daily run's own code and writes forecasts, scores, verdicts and a report.

    Stopped in whatever way, the same command goes on where it was.
    """
    if (last is None) == (start is None and end is None):
        raise typer.BadParameter("give either --last N, or --from and --to")
    first, final = day_of(start, "--from"), day_of(end, "--to")
    if first is not None and final is not None and final < first:
        raise typer.BadParameter(f"--to {end} is before --from {start}: swap them")
    from forecaster.operation.backtest import backtest as replayed
    from forecaster.replay.backends import Means

    with progress() as tell, handed_out(folder):
        result = replayed(
            listed(symbols),
            last=last,
            start=first,
            end=final,
            models=listed(models),
            refit_every=refit_every,
            train_window=train_window,
            preset=preset,
            backend=backend,
            means=Means(workers, address, anywhere),
            folder=folder,
            overwrite=overwrite,
            home=state.home,
            tell=tell,
        )
    _announce(result, folder)


def _announce(result: Backtest, folder: Path) -> None:
    show_scores(result)
    for line in named(result.withheld):
        say(f"withheld: {line}")
    say(f"Export: {folder}")
    lost = int((result.forecasts["status"] == "withheld").sum())
    if lost:
        say(f"{lost} forecasts were withheld; the column reason of forecasts.parquet gives the reasons.")
    if result.withheld or lost:
        raise typer.Exit(DONE_IN_PART)


def show_scores(result: Backtest) -> None:
    """The scoreboard, and the verdicts in words."""
    import pandas as pd

    columns = [
        "symbol",
        "model",
        "days",
        "crps",
        "skill_climatology",
        "log_score",
        "mse",
        "mae",
        "in50",
        "in90",
    ]
    rows = [[MISSING if pd.isna(row[c]) else _cell(c, row[c]) for c in columns] for _, row in result.scores.iterrows()]
    show_table(columns, rows)
    for symbol, judgement in result.verdicts.items():
        for sentence in judgement.sentences:
            say(f"{symbol}: {sentence}")


def _cell(column: str, value: object) -> str:
    if isinstance(value, float):
        return (
            f"{value:+.1%}"
            if column.startswith("skill")
            else f"{value:.6f}"
            if column in {"crps", "mse", "mae"}
            else f"{value:.3f}"
        )
    return str(value)
