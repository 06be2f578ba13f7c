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
