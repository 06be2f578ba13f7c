"""`forecaster ledger accept`: a person goes on although the newest row lies ahead of the clock."""

from __future__ import annotations

from forecaster.cli.frame import opened, say
from forecaster.cli.ledger import group


@group.command()
def accept() -> None:
    """Notes that the clock is right although the newest row lies ahead of it; what is older counts as claimed only."""
    from forecaster.records import clocks

    home = opened()
    upto = clocks.go_on(home.ledger.engine, home.clock.now())
    say(f"Noted: forecasts 1 to {upto['forecast']} count as claimed only, and the record goes on from now.")
