"""`forecaster models`: what forecasters there are."""

from __future__ import annotations

from typing import Annotated

import typer

from forecaster.cli.frame import app, configured, show_json, show_table


@app.command()
def models(
    as_json: Annotated[bool, typer.Option("--json", help="With their settings, as JSON.")] = False,
) -> None:
    """The forecasters, one line each."""
    from forecaster import models as registry

    settings = configured()
    if as_json:
        facts = [
            {
                "model": n,
                "summary": registry.load(n).SUMMARY,
                "settings": settings.model(n).model_dump(mode="json"),
            }
            for n in registry.names()
        ]
        show_json(facts)
        return
    show_table(["model", "what it is"], [[n, registry.summary(n)] for n in registry.names()])
