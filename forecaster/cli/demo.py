"""`forecaster demo`: the main job on the embedded default, into a fresh home."""

from __future__ import annotations

from pathlib import Path

from forecaster.cli.frame import app, opened, progress, say, state
from forecaster.cli.run import announce, end
from forecaster.errors import HomeError


@app.command()
def demo() -> None:
    """Forecasts S&P 500, NASDAQ and a simulated asset, records them and renders the report."""
    from forecaster import settings as configuration
    from forecaster.operation import daily
    from ingest import sources
    from ingest.sources import sample

    state.home = _fresh(configuration.home(state.home))
    home = opened()
    for name in ("sample", "simulated"):
        for asset in sources.load(name).ASSETS:
            home.store.register(asset)
    last = sample.fetch(sample.ASSETS[0], home.clock.now())["session"].iloc[-1]
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
