"""What the tests of this package share: a store in a fresh folder, panels made on the spot."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ingest.assets import Asset
from ingest.database import open_engine
from ingest.panel import panel_rows
from ingest.store import Store

COIN = Asset("COIN", calendar="24/7", source="test")
NOW = datetime(2024, 6, 1, tzinfo=UTC)

MakePanel = Callable[..., pd.DataFrame]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """An empty store in a file of its own."""
    return Store(open_engine(f"sqlite:///{tmp_path / 'market.db'}"))


@pytest.fixture
def make_panel() -> MakePanel:
    """A function that makes a random 24/7 panel of COIN: `make_panel(sessions, seed, first)`."""

    def make(sessions: int = 60, seed: int = 0, first: str = "2024-01-01") -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, sessions)))
        days = pd.date_range(first, periods=sessions, freq="D", unit="us")
        values = {
            "open": close * 0.99,
            "high": close * 1.02,
            "low": close * 0.98,
            "close": close,
            "volume": rng.lognormal(10, 1, sessions),
            "tweets": rng.integers(100, 1000, sessions).astype(float),
        }
        return panel_rows("COIN", days, values, "test")

    return make
