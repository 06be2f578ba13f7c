"""`forecaster demo`: the main job on the embedded default, a rehearsal in a fresh home."""

from __future__ import annotations

from pathlib import Path

from forecaster.cli.frame import app, opened, progress, say, state
from forecaster.cli.run import announce, end
from forecaster.errors import HomeError

SETTLED = 10
"""Minutes after the last close at which the rehearsal begins."""


@app.command()
def demo() -> None:
    """Rehearses a day in a fresh home: forecasts S&P 500, NASDAQ and a simulated asset, and renders the report."""
    from datetime import UTC, datetime, timedelta

    from forecaster import settings as configuration
    from forecaster.operation import daily
    from ingest import sources
    from ingest.sessions import calendar
    from ingest.sources import sample

    last = sample.fetch(sample.ASSETS[0], datetime.now(UTC))["session"].iloc[-1]
    start = calendar("24/7").close(last) + timedelta(minutes=SETTLED)
    state.home = _fresh(configuration.home(state.home))
    home = opened({"clock": {"start": start.isoformat()}})
    for name in ("sample", "simulated"):
        for asset in sources.load(name).ASSETS:
            home.store.register(asset)
    say(f"Home: {home.folder}")
    with progress() as tell:
        summary = daily.run(home, last, progress=tell)
    announce(summary, home)
    end(summary)


def _fresh(parent: Path) -> Path:
    """A folder of the demo's own that does not exist yet."""
    for number in range(1, 1000):
        folder = parent / ("demo" if number == 1 else f"demo-{number}")
        if not folder.exists():
            return folder
    raise HomeError(f"{parent} is full of demos: remove some of them")
