"""Reading what was known at a close, against reading the same rows from a CSV file."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from ingest.database import open_engine
from ingest.sources import sample
from ingest.store import Store

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "Reading 5,031 sessions of one asset, against pandas.read_csv of the same rows"


def cases() -> dict[str, Callable[[], object]]:
    """The reference, then the store from disk, then a history that is in memory already."""
    folder = Path(tempfile.mkdtemp(prefix="forecaster-bench-"))
    asset, now = sample.ASSETS[0], datetime.now(UTC)
    store = Store(open_engine(folder / "store.db"))
    store.append(asset, sample.fetch(asset, now), now)
    history = store.history(asset.symbol)
    history.frame.to_csv(folder / "rows.csv", index=False)
    return {
        "pandas.read_csv": lambda: pd.read_csv(folder / "rows.csv", parse_dates=["session", "known_at"]),
        "store.read(symbol, as_of) from SQLite": lambda: store.read(asset.symbol, history.last),
        "history.read(as_of) in memory": lambda: history.read(history.last),
    }
