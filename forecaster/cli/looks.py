"""Looks into a fit for `forecaster explain`: one option each, all of them read and show, none records anything."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import typer

from forecaster.cli.frame import MISSING, say, show_json, show_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from forecaster.operation.methods import Method
    from forecaster.operation.study import Opened
    from forecaster.progress import Tell

PAIRS = 6
"""Pairs of latents whose correlation is shown and drawn."""


@dataclass(frozen=True)
class Look:
    """What one option has found.

    Attributes:
        document: As JSON, beside where it comes from.
        show: Prints it.
    """

    document: Mapping[str, Any]
    show: Callable[[], None] = field(default=lambda: None)


def chosen(looks: Mapping[str, object], others: Mapping[str, object], plot: Path | None) -> str:
    """The one look that is asked for, by its option; empty where none is.

    Args:
        looks: Option to what was given for it.
        others: Options that go with no look.
        plot: What `--plot` was given.

    Raises:
        BadParameter: Where options are combined that do not go together.
    """
    asked = [option for option, value in looks.items() if value]
    if len(asked) > 1:
        raise typer.BadParameter(f"{asked[0]} and {asked[1]} are looks of their own: give one of them at a time")
    if asked and (besides := [option for option, value in others.items() if value]):
        raise typer.BadParameter(f"{asked[0]} does not go with {besides[0]}: leave one of them out")
    if plot is not None and asked != ["--guides"]:
        raise typer.BadParameter("--plot draws the contours of --guides: give both")
    return asked[0] if asked else ""


def take(option: str, opened: Opened, tell: Tell, draw: Path | None, plot: Path | None) -> Look:
    """Looks into a fit by one option.

    Raises:
        ForecasterError: Where the model has nothing to show by it, or a file cannot be written.
    """
    if option == "--draw":
        assert draw is not None  # noqa: S101  # for the type checker: the option was given
        return _drawn(opened, draw)
    ways: dict[str, Callable[[], Look]] = {
        "--importance": lambda: _importance(opened, tell),
        "--checks": lambda: _checks(opened, tell),
        "--methods": lambda: _methods(opened, tell),
        "--guides": lambda: _guides(opened, tell, plot),
        "--parameters": lambda: _parameters(opened, tell),
    }
    return ways[option]()


def show(look: Look, opened: Opened, as_json: bool) -> None:
    """Prints what was found."""
    if as_json:
        show_json({**opened.facts, **look.document})
        return
    facts = opened.facts
    where = f"{facts['symbol']} at the close of {facts['as_of']}, {facts['model']}"
    say(f"{where}: {facts['rows']} rows, seed {facts['seed']}.")
    look.show()


def _importance(opened: Opened, tell: Tell) -> Look:
    from forecaster.operation.study import importance

    rows = importance(opened, tell)

    def shown() -> None:
        columns = ["proposal", "draws", "effective", "k-hat", "log evidence", "means apart, sd", ""]
        show_table(columns, [_proposal(row) for row in rows])
        say("Effective: how many independent draws of the posterior the weighed draws are worth.")
        say("k-hat: above 0.7 the proposal does not cover the posterior, and its weights repair nothing.")

    return Look({"importance": rows}, shown)


def _proposal(row: Mapping[str, Any]) -> list[object]:
    figures = [f"{row['effective']:.0f}", f"{row['k_hat']:.2f}", f"{row['log_evidence']:.1f}"]
    apart = MISSING if row["apart"] is None else f"{row['apart']:.2f}"
    return [row["proposal"], row["draws"], *figures, apart, "" if row["reliable"] else "does not cover"]


def _checks(opened: Opened, tell: Tell) -> Look:
    from forecaster.operation.study import checks

    rows = checks(opened, tell)

    def shown() -> None:
        for way in ("prior", "posterior"):
            show_table(
                ["statistic", "observed", "5 %", "95 %", "p", ""],
                [_check(row, way) for row in rows],
                title=f"{way.capitalize()} predictive",
            )
        say("p: the share of replicated data sets in which the statistic is larger than observed.")
        say("Near 0 or 1 the model does not give such data. After the posterior, which has seen them,")
        say("a p-value keeps to the middle: there it is no evidence that the model is right.")

    return Look({"checks": rows}, shown)


def _check(row: Mapping[str, Any], way: str) -> list[object]:
    figures = [f"{row[key]:.3f}" for key in ("observed", f"{way}_q05", f"{way}_q95")]
    p = MISSING if row[f"{way}_p"] != row[f"{way}_p"] else f"{row[f'{way}_p']:.3f}"  # NaN
    return [row["statistic"], *figures, p, "unlike the data" if row[f"{way}_extreme"] else ""]


def _methods(opened: Opened, tell: Tell) -> Look:
    from forecaster.operation.methods import by_methods

    names, found = by_methods(opened, tell)
    if opened.study.exact is None:
        none = "exact: there is no closed form; there is one with normal errors of known scale, without covariates."
    else:
        none = ""

    def shown() -> None:
        for figure, title in (("mean", "Estimate"), ("sd", "Standard deviation")):
            _show_methods(names, found, figure, title)
        said = [f"{method}: {of.reason}." for method, of in found.items() if of.reason]
        for line in [*said, *([none] if none else [])]:
            say(line)

    reasons = {method: of.reason for method, of in found.items()}
    rows = [
        {"latent": name, **{key: {"mean": of.mean[i], "sd": of.sd[i]} for key, of in found.items()}}
        for i, name in enumerate(names)
    ]
    return Look({"reasons": reasons, "methods": rows}, shown)


def _show_methods(names: Iterable[str], found: Mapping[str, Method], figure: str, title: str) -> None:
    values = [getattr(of, figure) for of in found.values()]
    rows = [[name, *(_four(of[i]) for of in values)] for i, name in enumerate(names)]
    show_table(["latent", *(_spoken(method) for method in found)], rows, title=title)


def _spoken(method: str) -> str:
    return {"maximum likelihood": "max. lik.", "nuts": "NUTS", "hmc": "HMC"}.get(method, method)


def _four(value: float) -> str:
    return f"{value:.4f}" if value == value else MISSING  # noqa: PLR0124  # NaN


def _guides(opened: Opened, tell: Tell, plot: Path | None) -> Look:
    from forecaster.frames import contours
    from forecaster.operation.study import correlations, guided, spreads

    if plot is not None:
        contours.require_picture(plot)
    drawn = guided(opened, tell)
    sds, pairs = spreads(drawn), correlations(drawn, PAIRS)
    if plot is not None:
        names = next(iter(drawn.values()))[0]
        places = [(names.index(row["first"]), names.index(row["second"])) for row in pairs]
        title = f"{opened.symbol}, {opened.model}, at the close of {opened.as_of}"
        contours.write(names, {guide: of[1] for guide, of in drawn.items()}, places, title, plot)

    def shown() -> None:
        show_table(["latent", *drawn], [[row["latent"], *(_four(row[f"{g}_sd"]) for g in drawn)] for row in sds], "Sd")
        two = [f"{row['first']} and {row['second']}" for row in pairs]
        rows = [[pair, *(f"{row[g]:+.2f}" for g in drawn)] for pair, row in zip(two, pairs, strict=True)]
        show_table(["the most correlated", *drawn], rows, "Correlation")
        say("k-hat: " + ", ".join(f"{guide} {of[2]:.2f}" for guide, of in drawn.items()) + ".")
        if plot is not None:
            say(f"Drawn: {plot}")

    document = {"k_hat": {guide: of[2] for guide, of in drawn.items()}, "guides": sds, "correlations": pairs}
    return Look(document, shown)


def _parameters(opened: Opened, tell: Tell) -> Look:
    from forecaster.operation.study import parameters

    rows, guide = parameters(opened, tell), opened.study.guide

    def shown() -> None:
        if not rows:
            say(f"The guide {guide} has no parameters: nothing is trained.")
            return
        columns = ("mean", "sd", "smallest", "largest", "norm")
        show_table(
            ["parameter", "shape", *columns],
            [
                [row["parameter"], " x ".join(map(str, row["shape"])), *(_four(row[key]) for key in columns)]
                for row in rows
            ],
            title=f"Parameters of the guide {guide}, of both trainings",
        )

    return Look({"guide": guide, "parameters": rows}, shown)


def _drawn(opened: Opened, file: Path) -> Look:
    from forecaster.inference import drawing
    from forecaster.operation.study import source

    drawing.require_format(file)
    text = source(opened)
    drawing.write(text, file)
    return Look({"drawing": str(file), "dot": text}, lambda: say(f"Drawn: {file}"))
