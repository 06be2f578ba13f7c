"""A coin that does not exist: a seeded random walk with gaps."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd

from ingest.assets import Asset
from ingest.panel import panel_rows

WALK = Asset("WALK", calendar="24/7", source="csv_file", attention_kind="tweets a day")
NOW = datetime(2018, 2, 1, tzinfo=UTC)


def walk(sessions: int) -> pd.DataFrame:
    """A seeded random walk from 2017-07-01 on, with gaps."""
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, 250)))
    volume = np.where(np.arange(250) % 7, rng.lognormal(10, 0.5, 250), np.nan)
    days = pd.date_range("2017-07-01", periods=sessions, unit="us")
    return panel_rows("WALK", days, {"close": close[:sessions], "volume": volume[:sessions]}, "csv_file")
