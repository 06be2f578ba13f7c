"""`forecaster backtest`: would this have worked? A walk-forward replay and its export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import pandas as pd
import typer

from forecaster.cli.frame import DONE_IN_PART, MISSING, app, day_of, listed, opened, progress, say, show_table
from forecaster.cli.run import Models, named
from forecaster.errors import ForecasterError
from forecaster.replay.backtest import last_origins, origins, replay, table
from forecaster.replay.export import export, judged, prepare
from forecaster.training import config_sha256
from ingest.errors import IngestError, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

    from forecaster.cli.frame import Tell
    from forecaster.operation.home import Home
    from forecaster.replay.export import Backtest
    from ingest.history import History


@app.command()
def backtest(  # noqa: PLR0913, PLR0917  # an option each, given by name
    symbols: Annotated[str, typer.Option("--symbols", help="Assets, separated by commas.")],
    folder: Annotated[Path, typer.Option("--export", help="Folder for the results.")],
    last: Annotated[int | None, typer.Option("--last", min=1, help="The last N targets.")] = None,
    start: Annotated[str | None, typer.Option("--from", help="First target, as 2018-01-20.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="Last target.")] = None,
    models: Models = None,
    refit_every: Annotated[int, typer.Option("--refit-every", min=1, help="Sessions from fit to fit.")] = 20,
    train_window: Annotated[int | None, typer.Option("--train-window", min=60, help="Rows of a fit.")] = None,
    preset: Annotated[str | None, typer.Option("--preset", help="A set of settings, such as `study`.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what the folder holds.")] = False,
) -> None:
    """Replays the past with the daily run's own code and writes forecasts, scores, verdicts and a report."""
    if (last is None) == (start is None and end is None):
        raise typer.BadParameter("give either --last N, or --from and --to")
    asked = {"models": listed(models), "train_window": train_window, "preset": preset}
    home = opened({"forecast": {k: v for k, v in asked.items() if v}})
    histories = {symbol: home.store.history(symbol) for symbol in dict.fromkeys(listed(symbols))}
    prepare(folder, overwrite=overwrite)
    first, final = day_of(start, "--from"), day_of(end, "--to")
    if first is not None and final is not None and final < first:
        raise typer.BadParameter(f"--to {end} is before --from {start}: swap them")

    def days(history: History) -> list[pd.Timestamp]:
        if last is not None:
            return last_origins(history, last)
        return origins(history, first or history.first, final or history.last)

    with progress() as tell:
        result = _replayed(home, histories, days, refit_every, tell)
        tell("report")
        export(result, {s: h.asset for s, h in histories.items()}, folder)
    _announce(result, folder)


def _replayed(
    home: Home,
    histories: dict[str, History],
    days: Callable[[History], list[pd.Timestamp]],
    refit_every: int,
    tell: Tell,
) -> Backtest:
    names, frames, withheld = home.settings.model_names(), [], {}
    for symbol, history in histories.items():
        try:
            as_ofs, done = days(history), []
            for item in replay(history, as_ofs, names, home.settings, refit_every):
                done.append(item)
                tell(f"{symbol}: forecasts", len(done), len(as_ofs) * len(names))
            if done:
                frames.append(table(done))
            else:
                withheld[symbol] = "none of these days has a price to forecast from"
        except StoreError:
            raise
        except IngestError as fault:
            withheld[symbol] = str(fault)
    if not frames:
        raise ForecasterError("; ".join(named(withheld)))
    forecast = home.settings.forecast
    design = {
        "refit every": f"{refit_every} sessions",
        "training window": f"at most {forecast.train_window} rows",
        "preset": forecast.preset,
        "seed": str(forecast.seed),
    }
    home.trials.add({name: config_sha256(home.settings, name) for name in names}, refit_every)
    return judged(pd.concat(frames, ignore_index=True), withheld, design, home.trials.count())


def _announce(result: Backtest, folder: Path) -> None:
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
    for line in named(result.withheld):
        say(f"withheld: {line}")
    say(f"Export: {folder}")
    lost = int((result.forecasts["status"] == "withheld").sum())
    if lost:
        say(f"{lost} forecasts were withheld; the column reason of forecasts.parquet says why.")
    if result.withheld or lost:
        raise typer.Exit(DONE_IN_PART)


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
