"""`forecaster explain`: what a fit believes, what the data taught it, and whether NUTS agrees."""

from __future__ import annotations

from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli import looks
from forecaster.cli.frame import MISSING, app, day_of, handed_out, looked_into, progress, say, show_json, show_table
from forecaster.cli.run import AsOf

if TYPE_CHECKING:
    from collections.abc import Mapping

    from forecaster.operation.explanation import Comparison, Explanation
    from forecaster.progress import Tell

ALONE = {"mean": "mean", "sd": "sd", "q05": "5 %", "q95": "95 %", "prior_sd": "prior", "contraction": "contraction"}
COMPARED = {
    "nuts_mean": "by NUTS",
    "nuts_sd": "sd",
    "shift": "shift",
    "sd_ratio": "sd ratio",
    "r_hat": "R-hat",
    "effective": "draws",
}
FORMS = {"contraction": "{:.0%}", "shift": "{:+.2f}", "sd_ratio": "{:.2f}", "r_hat": "{:.3f}", "effective": "{:.0f}"}


@app.command()
def explain(  # noqa: PLR0913, PLR0917  # an option each, given by name
    symbol: Annotated[str | None, typer.Argument(help="The asset.")] = None,
    as_of: AsOf = None,
    model: Annotated[str | None, typer.Option("--model", help="A forecaster with a posterior.")] = None,
    nuts: Annotated[bool, typer.Option("--nuts", help="Also sample the posterior by NUTS; about a minute.")] = False,
    keep: Annotated[Path | None, typer.Option("--save", help="Save the explanation to this new folder.")] = None,
    kept: Annotated[Path | None, typer.Option("--load", help="Show a saved explanation; nothing is fitted.")] = None,
    importance: Annotated[bool, typer.Option("--importance", help="What proposals are worth.")] = False,
    checks: Annotated[bool, typer.Option("--checks", help="Prior and posterior predictive checks.")] = False,
    methods: Annotated[
        bool, typer.Option("--methods", help="Maximum likelihood, SVI, NUTS and HMC side by side; some minutes.")
    ] = False,
    guides: Annotated[bool, typer.Option("--guides", help="The posterior under each guide; a minute.")] = False,
    plot: Annotated[Path | None, typer.Option("--plot", help="With --guides: contours, to this .png file.")] = None,
    parameters: Annotated[bool, typer.Option("--parameters", help="The guide's parameters.")] = False,
    draw: Annotated[Path | None, typer.Option("--draw", help="Draw the model to this .svg, .pdf or .png file.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """The posterior of each weight of a fit next to its prior, and how much the data narrowed it.

    Further options look at the same fit in other ways, one at a time; none records anything.
    """
    from forecaster.operation.explanation import load, save

    asked = {
        "--importance": importance,
        "--checks": checks,
        "--methods": methods,
        "--guides": guides,
        "--parameters": parameters,
        "--draw": draw,
    }
    option = looks.chosen(asked, {"--nuts": nuts, "--save": keep, "--load": kept}, plot)
    if option:
        _look(option, symbol, as_of, model, draw, plot, as_json)
        return
    explanation = load(kept) if kept is not None and not (symbol or as_of or model or nuts or keep) else None
    if explanation is None:
        explanation = _new(symbol, as_of, model, nuts, keep, kept)
        if keep is not None:
            with handed_out(keep):
                save(explanation, keep)
    if as_json:
        show_json(_document(explanation))
        return
    _show(explanation)
    if keep is not None:
        say(f"Kept: {keep}")


def _new(  # what the command was given
    symbol: str | None, as_of: str | None, model: str | None, nuts: bool, keep: Path | None, kept: Path | None
) -> Explanation:
    """A fit of today, where its options go together."""
    if kept is not None:
        raise typer.BadParameter("--load shows a saved fit: combine it with --json only")
    if symbol is None:
        raise typer.BadParameter("name an asset, or give --load DIR")
    if keep is not None:
        from forecaster.inference import artifact

        artifact.require_free(keep)
    return _fitted(symbol, as_of, model, nuts)


def _look(  # what the command was given
    option: str,
    symbol: str | None,
    as_of: str | None,
    model: str | None,
    draw: Path | None,
    plot: Path | None,
    as_json: bool,
) -> None:
    if symbol is None:
        raise typer.BadParameter(f"name an asset: forecaster explain SYMBOL {option}")
    from forecaster.operation.explain import DEFAULT
    from forecaster.operation.origins import origin_of
    from forecaster.operation.study import open_fit
    from forecaster.operation.watchlist import history

    home, day = looked_into(), day_of(as_of, "--as-of")
    origin = origin_of(home, home.store.history(symbol), day)
    with progress() as tell:
        fit = open_fit(history(home, symbol, origin), origin, model or DEFAULT, home.settings)
        with handed_out(draw or plot):
            found = looks.take(option, fit, _of(symbol, tell), draw, plot)
    looks.show(found, fit, as_json)


def _fitted(symbol: str, as_of: str | None, asked: str | None, nuts: bool) -> Explanation:
    from forecaster.operation.explain import DEFAULT, require_posterior
    from forecaster.operation.explain import explain as fitted
    from forecaster.operation.origins import origin_of
    from forecaster.operation.watchlist import history

    home, day, model = looked_into(), day_of(as_of, "--as-of"), asked or DEFAULT
    require_posterior(model)
    origin = origin_of(home, home.store.history(symbol), day)
    with progress() as tell:
        tell(f"{symbol}: {model}")
        return fitted(history(home, symbol, origin), origin, model, home.settings, _of(symbol, tell) if nuts else None)


def _of(symbol: str, tell: Tell) -> Tell:
    """Says of whom it speaks, before what happens."""

    def told(description: str, done: int = 0, total: int | None = None) -> None:
        tell(f"{symbol}: {description}", done, total)

    return told


def _document(explanation: Explanation) -> dict[str, Any]:
    from forecaster.operation.explanation import table

    facts = explanation.facts.model_dump(mode="json", exclude={"latents"})
    if explanation.facts.nuts is not None:
        facts["nuts"]["largest_difference"] = explanation.facts.nuts.largest_difference(explanation.facts.quantiles)
    return {**facts, "posterior": table(explanation)}


def _show(explanation: Explanation) -> None:
    from forecaster.operation.explanation import table

    facts, rows = explanation.facts, table(explanation)
    say(f"{facts.symbol} at the close of {facts.as_of}, {facts.model}: {facts.rows} rows, seed {facts.seed}.")
    say(f"The fit: {facts.status}{': ' + facts.reason if facts.reason else ''}.")
    figures = ((name, MISSING if value is None else f"{value:.4g}") for name, value in facts.figures.items())
    say(fill(", ".join(" ".join(pair) for pair in figures) + ".", 80))
    for columns in (ALONE, COMPARED) if facts.nuts else (ALONE,):  # side by side they are too wide for a terminal
        shown = [[row["latent"], *(_cell(key, row[key]) for key in columns)] for row in rows]
        show_table(["latent", *columns.values()], shown)
    _show_forecast(facts.target, facts.quantiles, facts.nuts)


def _show_forecast(target: str, quantiles: Mapping[str, float], nuts: Comparison | None) -> None:
    there = nuts.quantiles if nuts else {}
    rows = [
        [f"{int(name[1:])} %", f"{100 * value:+.3f} %", *([f"{100 * there[name]:+.3f} %"] if there else [])]
        for name, value in quantiles.items()
    ]
    say(f"Change of {target}:")
    show_table(["quantile", "forecast", *(["by NUTS"] if there else [])], rows)
    if nuts is not None:
        part = nuts.largest_difference(quantiles)
        say(f"Largest difference of quantiles: {part:.1%} of the forecast's central 90 % interval.")
        say(f"NUTS: {nuts.reason or 'no problem found in its chains'}.")


def _cell(column: str, value: float | str | None) -> str:
    return MISSING if value is None else FORMS.get(column, "{:.4f}").format(value)
