"""What the tests of the daily operation share: homes with a random walk, opened in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from forecaster.records.home import Home, open_home
from ingest.panel import panel_rows
from tests.cheap_settings import TWO, write_cheap
from tests.walk import NOW, WALK

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home that knows 200 days of a random walk up to 2018-01-21."""
    return walked(tmp_path, {})


@pytest.fixture
def rehearsal(tmp_path: Path) -> Home:
    """The same under a clock of the past."""
    return walked(tmp_path, {"clock": {"start": "2018-01-01T00:00Z"}})


def walked(folder: Path, overrides: dict[str, dict[str, str]]) -> Home:
    """A home with such a walk."""
    write_cheap(folder, models=TWO)
    opened = open_home(folder, overrides)
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.03, 200)))
    values = {"close": close, "volume": rng.lognormal(10, 0.5, 200), "tweets": rng.integers(100, 1000, 200)}
    days = pd.date_range(end="2018-01-21", periods=200, unit="us")
    opened.store.append(WALK, panel_rows("WALK", days, values, "csv_file"), NOW)
    return opened
