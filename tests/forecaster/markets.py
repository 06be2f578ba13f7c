"""Markets of several assets for tests: one volatility drives all of them, or each has its own."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.assets import Asset
from ingest.history import History
from ingest.own_series import OwnSeries
from ingest.panel import panel_rows
from ingest.sessions import calendar

LAST = pd.Timestamp("2018-12-28")


def history(symbol: str, changes: np.ndarray, code: str = "XNYS", lag: int = 0, last: pd.Timestamp = LAST) -> History:
    """An asset's history that ends with a session, every row known at its own close plus the lag."""
    asset, days = Asset(symbol, calendar=code, source="csv_file", lag_minutes=lag), calendar(code)
    sessions = days.sessions(max(days.first, pd.Timestamp("1960-01-04")), last)[-len(changes) :]
    close = 100 * np.cumprod(1 + changes)
    rows = panel_rows(symbol, sessions, {"close": close, "adjustment": np.ones(len(close))}, "csv_file")
    return History(asset, rows.assign(known_at=days.known_after(sessions) + asset.lag))


def market(assets: int, days: int, seed: int, code: str = "XNYS") -> dict[str, History]:
    """Assets whose changes share shocks, and a volatility that the mean of these moves."""
    rng = np.random.default_rng(seed)
    log_scale, changes = 0.0, np.empty((days, assets))
    for day in range(days):
        common = rng.standard_normal()
        shocks = 0.6 * common + 0.8 * rng.standard_normal(assets)
        changes[day] = 0.01 * np.exp(log_scale) * shocks
        moved = shocks.mean() / np.sqrt(0.36 + 0.64 / assets)
        log_scale = 0.95 * log_scale + 0.08 * (abs(moved) - 0.8) - 0.06 * moved
    return {f"A{at}": history(f"A{at}", changes[:, at], code) for at in range(assets)}


def with_series(one: History, values: np.ndarray, lag: int = 15, transform: str = "implied_volatility") -> History:
    """The history with a series of its own, a value for each of its last sessions."""
    sessions = one.frame["session"].tail(len(values)).reset_index(drop=True)
    known = calendar(one.asset.calendar).known_after(pd.DatetimeIndex(sessions)) + pd.Timedelta(lag, unit="min")
    frame = pd.DataFrame({"session": sessions, "value": values, "known_at": known})
    name = "implied_volatility" if transform == "implied_volatility" else "searches"
    return History(one.asset, one.frame, own=(OwnSeries(name, transform, lag, frame),), companions=one.companions)
