"""`forecaster models`: what forecasters there are, and what the record says of one."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.frame import app, configured, looked_into, say, show_json, show_table

group = typer.Typer(invoke_without_command=True, help="The forecasters, one line each; the card of one.")
app.add_typer(group, name="models")


@group.callback()
def models(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="With their settings, as JSON.")] = False,
) -> None:
    """The forecasters, one line each."""
    if context.invoked_subcommand is not None:
        return
    from forecaster import models as registry

    settings, on = configured(), registry.by_default()
    if as_json:
        facts = [
            {
                "model": n,
                "summary": registry.load(n).SUMMARY,
                "by_default": n in on,
                "settings": settings.model(n).model_dump(mode="json"),
            }
            for n in registry.names()
        ]
        show_json(facts)
        return
    rows = [[n, "yes" if n in on else "when named", registry.summary(n)] for n in registry.names()]
    show_table(["model", "runs", "what it is"], rows)


@group.command()
def card(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A model's id.")],
    every: Annotated[bool, typer.Option("--all", help="Every version on record, the oldest first.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON: one card a version.")] = False,
) -> None:
    """What the record says of a model: purpose, data, checks, scores, and when to look at it again."""
    from dataclasses import asdict

    from forecaster.records.cards import page as card_page
    from forecaster.records.cards.cards import cards

    home = looked_into()
    found = cards(home.ledger.engine, home.settings, [name], home.ledger.state(), home.witnessed)
    shown = found if every else [one for one in found if one.in_force] or found
    if as_json:
        show_json([asdict(one) for one in shown])
        return
    say("\n\n".join(card_page.page(one) for one in shown).rstrip("\n"))
