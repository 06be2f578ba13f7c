"""Frames as users have them: bars of sessions of New York, rounded as providers round them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ingest.sessions import calendar


def bars(rows: int = 120, scale: float = 1.0) -> pd.DataFrame:
    """Bars of the last sessions of 2018, with a seed of their own; columns and index as of yfinance."""
    days = calendar("XNYS").sessions("2015-01-01", "2018-12-31")[-rows:]
    rng = np.random.default_rng(5)
    close = scale * 100 * np.exp(np.cumsum(rng.normal(0, 0.01, rows)))
    opened = close * np.exp(rng.normal(0, 0.003, rows))
    high, low = np.maximum(opened, close) * 1.004, np.minimum(opened, close) * 0.996
    volume = rng.integers(1_000_000, 2_000_000, rows)
    values = {"Open": opened, "High": high, "Low": low, "Close": close}
    frame = pd.DataFrame({name: value.round(6) for name, value in values.items()} | {"Volume": volume}, index=days)
    return frame.rename_axis("Date")


def downloaded(tickers: tuple[str, ...] = ("AAPL", "MSFT")) -> pd.DataFrame:
    """As `yfinance.download` gives several tickers: two levels of columns, `Price` and `Ticker`."""
    parts = {ticker: bars(scale=at + 1) for at, ticker in enumerate(tickers)}
    return pd.concat(parts, axis=1, names=["Ticker", "Price"]).swaplevel(axis=1).sort_index(axis=1)
