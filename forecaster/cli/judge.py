"""`forecaster judge`: anybody's forecasts against the outcomes in the home, beside our references."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from forecaster.cli.backtest import show_scores
from forecaster.cli.frame import DONE_IN_PART, app, handed_out, listed, progress, records, say, show_json, state

if TYPE_CHECKING:
    from forecaster.operation.judge import Refereed

NONE = "none"


@app.command()
def judge(  # an option each, given by name
    file: Annotated[Path, typer.Argument(help="The forecasts: .csv, .xlsx or .parquet.")],
    models: Annotated[
        str | None, typer.Option("--models", help="Our forecasters to replay beside it; `none` for none.")
    ] = None,
    symbol: Annotated[str, typer.Option("--symbol", help="The asset, of a file that does not say.")] = "",
    unit: Annotated[
        Literal["fraction", "percent", "log"], typer.Option("--unit", help="What changes are written in.")
    ] = "fraction",
    refit_every: Annotated[int, typer.Option("--refit-every", min=1, help="Sessions between refits of ours.")] = 20,
    folder: Annotated[Path | None, typer.Option("--export", help="Folder for the results.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what the folder holds.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable output.")] = False,
) -> None:
    """Judges anybody's forecasts by our own scores, verdicts and tests, against the outcomes in the home."""
    from forecaster.evaluation.references import REFERENCES
    from forecaster.operation.judge import judge as refereed

    wanted = REFERENCES if models is None else () if models == NONE else listed(models)
    with progress() as tell, handed_out(folder):
        found = refereed(
            file,
            models=wanted,
            refit_every=refit_every,
            unit=unit,
            symbol=symbol,
            folder=folder,
            overwrite=overwrite,
            home=state.home,
            tell=tell,
        )
    if as_json:
        _show_json(found)
    else:
        _announce(found, folder)
    if found.left:
        raise typer.Exit(DONE_IN_PART)


def _announce(found: Refereed, folder: Path | None) -> None:
    show_scores(found.backtest)
    for sentence in found.shown:
        say(sentence)
    for line in found.cautions:
        say(f"Note: {line}.")
    for line in found.left:
        say(f"Left out: {line}.")
    if folder is not None:
        say(f"Export: {folder}")


def _show_json(found: Refereed) -> None:
    judged = found.backtest
    show_json(
        {
            "form": found.form,
            "design": dict(judged.design),
            "scores": records(judged.scores),
            "sentences": {symbol: list(verdict.sentences) for symbol, verdict in judged.verdicts.items()},
            "shown": list(found.shown),
            "notes": list(found.cautions),
            "left_out": list(found.left),
        }
    )
