"""`forecaster whatif`: the forecast as it is, and as it would be had the last session been another."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from forecaster.cli.frame import (
    DONE_IN_PART,
    MISSING,
    app,
    day_of,
    handed_out,
    listed,
    looked_into,
    progress,
    say,
    show_json,
    show_table,
)
from forecaster.cli.run import AsOf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from forecaster.issuing.forecast import Forecast
    from forecaster.operation.scenario import Scenario
    from forecaster.operation.unusual import Input
    from forecaster.operation.whatif import Answer, Reaction

VAR = 0.99
"""The level of the value at risk that is shown: that of 95 % is the 5 % quantile with its sign turned."""
RISK = ("var99", "es99")
COLUMNS = ("model", "", "P(up)", "5 %", "median", "95 %", "sd", "VaR 99 %", "status")
EFFECTS = ("model", "input", "mean", "median", "sd", "± sd")
INPUTS = ("input", "as it is", "scenario", "percentile", "scenario's")
PICTURES = (".png", ".pdf", ".svg")


@app.command()
def whatif(  # noqa: PLR0913, PLR0917  # an option each, given by name
    symbol: Annotated[str, typer.Argument(help="The asset.")],
    price: Annotated[str | None, typer.Option("--price", help="Change of the last close: +2%, -5% or x0.9.")] = None,
    volume: Annotated[str | None, typer.Option("--volume", help="The same of the last volume.")] = None,
    tweets: Annotated[str | None, typer.Option("--tweets", help="The same of the last count of attention.")] = None,
    file: Annotated[Path | None, typer.Option("--file", help="A CSV file of scenarios, one per row.")] = None,
    as_of: AsOf = None,
    models: Annotated[
        str | None,
        typer.Option("--models", help="Forecasters, separated by commas; default: bayesian_linear,garch."),
    ] = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw both to this .png, .pdf or .svg.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """The forecast had the last session's price, volume or attention been another. Nothing is recorded."""
    from forecaster.operation.origins import origin_of
    from forecaster.operation.watchlist import history
    from forecaster.operation.whatif import DEFAULT
    from forecaster.operation.whatif import whatif as asked

    scenarios = _scenarios({"price": price, "volume": volume, "tweets": tweets}, file)
    if plot is not None:
        _require_place(plot, scenarios)
    home, day = looked_into({"forecast": {"models": listed(models) or DEFAULT}}), day_of(as_of, "--as-of")
    names = home.settings.model_names()
    origin = origin_of(home, home.store.history(symbol), day)
    with progress() as tell:
        answers = asked(history(home, symbol, origin), origin, scenarios, names, home.settings, tell)
    if as_json:
        show_json(_document(answers))
    else:
        _show(answers)
    if plot is not None:
        with handed_out(plot):
            _draw(answers[0], plot)
        if not as_json:
            say(f"Plot: {plot}")
    if any(made.predictive is None for one in answers for pair in one.reactions for made in (pair.before, pair.after)):
        raise typer.Exit(DONE_IN_PART)


def _scenarios(given: Mapping[str, str | None], file: Path | None) -> tuple[Scenario, ...]:
    from forecaster.operation.scenario import Scenario, factor_of, read_scenarios

    said = {name: text for name, text in given.items() if text is not None}
    if bool(said) == (file is not None):
        raise typer.BadParameter("say what changes with --price, --volume or --tweets, or give --file alone")
    if file is not None:
        return read_scenarios(file)
    factors = {name: factor_of(text, f"--{name}") for name, text in said.items()}
    return (Scenario("Scenario", factors),)


def _require_place(plot: Path, scenarios: Sequence[Scenario]) -> None:
    if plot.suffix.lower() not in PICTURES:
        raise typer.BadParameter(f"--plot {plot} ends in none of {', '.join(PICTURES)}: choose one")
    if not plot.parent.is_dir():
        raise typer.BadParameter(f"--plot {plot}: there is no folder {plot.parent}: make it first")
    if len(scenarios) > 1:
        raise typer.BadParameter(f"--plot draws one scenario, and the file has {len(scenarios)}: leave one in it")


def _document(answers: Sequence[Answer]) -> dict[str, Any]:
    first = answers[0].reactions[0].before
    return {
        "symbol": first.symbol,
        "as_of": f"{first.as_of:%Y-%m-%d}",
        "target": f"{first.target:%Y-%m-%d}",
        "recorded": False,
        "scenarios": [
            {
                "name": one.scenario.name,
                "levels": [{**asdict(level), "factor": one.scenario.factors[level.series]} for level in one.levels],
                "inputs": [{**asdict(own), "beyond": own.beyond} for own in one.inputs],
                "models": [_told(pair) for pair in one.reactions],
            }
            for one in answers
        ],
    }


def _told(pair: Reaction) -> dict[str, Any]:
    return {
        "model": pair.before.model,
        "reacts": pair.reacts,
        "before": _figures(pair.before),
        "after": _figures(pair.after),
        "effects": None if pair.effects is None else asdict(pair.effects),
        "fault": pair.fault,
    }


def _figures(made: Forecast) -> dict[str, Any]:
    known = made.predictive
    risk = (known.value_at_risk(VAR), known.expected_shortfall(VAR)) if known else (None, None)
    return {"status": made.status, "reason": made.reason, **made.summary(), **dict(zip(RISK, risk, strict=True))}


def _show(answers: Sequence[Answer]) -> None:
    first = answers[0].reactions[0].before
    say(f"{first.symbol}: the change of {first.target:%Y-%m-%d} from the close of {first.as_of:%Y-%m-%d}.")
    inputs = first.diagnostics.inputs
    if inputs is not None and inputs.beside is not None:
        say("Its companions (market, series of its own such as implied volatility) are held as they were.")
    for one in answers:
        _show_one(one)
    say("Changes of a scenario are counted from its own close. Nothing is recorded: a what-if is not a forecast.")


def _show_one(one: Answer) -> None:
    say(f"\n{_described(one)}")
    rows = []
    for pair in one.reactions:
        rows += [
            [pair.before.model, "as it is", *_cells(pair.before)],
            ["", "scenario", *(_cells(pair.after) if pair.reacts else [*[""] * 6, "unchanged"])],
        ]
    show_table(COLUMNS, rows)
    still = [pair.before.model for pair in one.reactions if not pair.reacts]
    if still:
        say(f"Unchanged: nothing that the scenario changes enters the forecast of {', '.join(still)}.")
    _show_effects(one)
    _show_inputs(one.inputs)


def _described(one: Answer) -> str:
    changes = [
        f"{own.series} {100 * (one.scenario.factors[own.series] - 1):+,.4g} %, {own.before:,.6g} to {own.after:,.6g}"
        for own in one.levels
    ]
    return f"{one.scenario.name}: {'; '.join(changes) or 'nothing changed'}"


def _cells(made: Forecast) -> list[str]:
    known, told = made.predictive, f"{made.status}: {made.reason}" if made.reason else made.status
    if known is None:
        return [*[MISSING] * 6, told]
    ends = (known.quantiles["q05"], known.quantiles["q50"], known.quantiles["q95"])
    signed = [f"{100 * value:+.2f} %" for value in ends]
    return [f"{known.prob_up:.0%}", *signed, f"{known.sd:.2%}", f"{known.value_at_risk(VAR):.2%}", told]


def _show_effects(one: Answer) -> None:
    rows = []
    for pair in one.reactions:
        found = pair.effects
        if found is None or not pair.reacts:
            continue
        whole = [found.remainder, found.together] if len(found.parts) > 1 else []
        for part in (*found.parts, *whole):
            doubt = MISSING if part.doubt is None else f"{part.doubt:.1%}"
            moved = [f"{100 * part.mean:+.3f} %", f"{100 * part.median:+.3f} %", f"{part.sd:+.1%}"]
            rows.append([pair.before.model, part.source, *moved, doubt])
    if rows:
        say("\nEach input exchanged alone: change of mean and median, and of the sd as a part of it")
        show_table(EFFECTS, rows)
    for pair in one.reactions:
        if pair.fault:
            say(f"No inputs are exchanged alone for one model: {pair.fault}")


def _show_inputs(inputs: Sequence[Input]) -> None:
    if not inputs:
        return
    say(f"\nWhat the models see, among their {max(own.rows for own in inputs):,} training rows")
    rows = [
        [own.name, _value(own, own.before), _value(own, own.after), f"{own.place_before:.1%}", f"{own.place_after:.1%}"]
        for own in inputs
    ]
    show_table(INPUTS, rows)
    beyond = [own.name for own in inputs if own.beyond]
    if beyond:
        say(f"Beyond all that the models have learnt from: {', '.join(beyond)}. Read these forecasts with caution.")


def _value(own: Input, value: float) -> str:
    return f"{100 * value:+.2f} %" if own.unit == "fraction" else f"{value:+.2f}"


def _draw(one: Answer, plot: Path) -> None:
    from forecaster.errors import ForecasterError
    from forecaster.frames.drawing import before_and_after

    first = one.reactions[0].before
    title = f"{first.symbol}, change of {first.target:%Y-%m-%d}\n{_described(one)}"
    pairs = {
        pair.before.model: (pair.before.predictive, pair.after.predictive)
        for pair in one.reactions
        if pair.before.predictive is not None and pair.after.predictive is not None
    }
    if not pairs:
        raise ForecasterError(f"{first.symbol}: there is nothing to draw, every forecast is withheld")
    try:
        before_and_after(pairs, title).savefig(plot, dpi=150)
    except OSError as fault:
        raise ForecasterError(f"{plot} cannot be written ({fault.strerror}): choose another place") from fault
