"""`forecaster data quarantine`, `release` and `reject`: rows that are implausible, and what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from forecaster.cli.data import Json, cell, group
from forecaster.cli.frame import day_of, looked_into, opened, records, say, show_json, show_table

if TYPE_CHECKING:
    from ingest.store import Decision

Symbol = Annotated[str, typer.Argument(help="The asset.")]
Sessions = Annotated[list[str] | None, typer.Argument(help="Sessions, such as 2018-01-20.")]
All = Annotated[bool, typer.Option("--all", help="Every row of the asset that is held back.")]


@group.command()
def quarantine(
    symbol: Annotated[str | None, typer.Argument(help="One asset; all if not given.")] = None,
    as_json: Json = False,
) -> None:
    """Rows that were held back, why, and what was decided on them; they are never used unless released."""
    import pandas as pd

    from ingest.panel import VALUES
    from ingest.suspicion import REMEDIES

    home = looked_into()
    symbols = [symbol] if symbol else [asset.symbol for asset in home.store.assets()]
    held = [home.store.history(own).held for own in symbols]
    rows = pd.concat(held, ignore_index=True) if held else pd.DataFrame()
    if as_json:
        plain = rows.astype({name: "str" for name in ("known_at", "decided_at") if name in rows})
        show_json(records(plain))
    elif rows.empty:
        say("No row is held back.")
    else:
        columns = ["symbol", "session", "reason", *VALUES, "source", "decision"]
        shown = rows[columns].dropna(axis="columns", how="all")
        show_table(list(shown.columns), [[cell(value) for value in row] for row in shown.itertuples(index=False)])
        for reason in sorted(set(rows.loc[rows["decision"] == "", "reason"]) & set(REMEDIES)):
            say(f"{reason}: {REMEDIES[reason]} (`forecaster data release`).")


@group.command()
def release(symbol: Symbol, sessions: Sessions = None, every: All = False) -> None:
    """Releases rows that were held back: they are right, and known from now on."""
    _decide(symbol, sessions or [], every, "released")


@group.command()
def reject(symbol: Symbol, sessions: Sessions = None, every: All = False) -> None:
    """Rejects rows for good: they are wrong, and stay out when they are imported again."""
    _decide(symbol, sessions or [], every, "rejected")


def _decide(symbol: str, sessions: list[str], every: bool, decision: Decision) -> None:
    if bool(sessions) == every:
        raise typer.BadParameter("name the sessions, or give --all")
    home = opened()
    days = [day for day in (day_of(text, "session") for text in sessions) if day is not None]
    count = home.store.decide(symbol, days, decision, home.clock.now())
    say(f"{symbol}: {count} {'row' if count == 1 else 'rows'} {decision}.")
