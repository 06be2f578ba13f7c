"""What the hub's tests share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from forecaster.distribution.predictive import Predictive
from forecaster.settings import Settings
from ingest.assets import Asset
from ingest.history import History
from ingest.panel import panel_rows
from ingest.sources import simulated


@pytest.fixture(scope="session")
def mixture():
    """Makes a mixture of two-piece Student-t components, everything in it drawn from a seed."""

    def mixture(seed: int, components: int = 12) -> Predictive:
        rng = np.random.default_rng(seed)
        return Predictive.of(
            loc=rng.normal(0, 0.01, components),
            scale=0.02 * np.exp(rng.normal(0, 0.4, components)),
            df=2.2 + np.exp(rng.normal(1.5, 0.8, components)),
            skew=rng.normal(0, 0.2, components),
            weight=rng.dirichlet(np.ones(components)),
        )

    return mixture


@pytest.fixture(scope="session")
def history_of():
    """Makes the history of a 24/7 asset from arrays of changes: `close` follows the first, the others are levels."""

    def make(changes, symbol="COIN", **levels):
        sessions = pd.date_range("2015-01-01", periods=len(changes) + 1, freq="D", unit="us")
        values = {"close": 100 * np.cumprod(np.r_[1.0, 1.0 + np.asarray(changes)]), **levels}
        rows = panel_rows(symbol, sessions, values, "test")
        known = rows["session"].dt.tz_localize("UTC") + pd.Timedelta(days=1)
        return History(Asset(symbol, calendar="24/7", source="csv_file"), rows.assign(known_at=known))

    return make


@pytest.fixture(scope="session")
def simulated_history():
    """A year and more of the simulated market, all series."""
    rows = simulated.fetch(simulated.ASSETS[0], pd.Timestamp("2015-03-01", tz="UTC")).tail(420)
    known = rows["session"].dt.tz_localize("UTC") + pd.Timedelta(days=1)
    return History(simulated.ASSETS[0], rows.assign(known_at=known).reset_index(drop=True))


@pytest.fixture(scope="session")
def settings_of():
    """Makes settings from the tables of a forecaster.toml."""
    return Settings
