"""The development blocks: which days of which asset, and where their data come from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from forecaster.replay.backtest import last_origins, origins
from ingest.assets import Asset
from ingest.history import History
from ingest.panel import panel_rows
from ingest.sessions import calendar
from ingest.sources import csv_file, sample

if TYPE_CHECKING:
    from collections.abc import Callable

ETHEREUM = Path(__file__).parents[3] / "shared" / "data" / "ethusd_tweets.csv"
"""The original study's file, which lies beside this repository where it is at hand at all."""

LAST_DAYS = 449


@dataclass(frozen=True)
class Block:
    """Targets of one asset.

    Attributes:
        symbol: The asset.
        first: First year of its targets, 0 for the last days of the data.
        last: Last year, or how many last days.
    """

    symbol: str
    first: int
    last: int

    @property
    def label(self) -> str:
        """What tables and files call it."""
        years = f"{self.first}-{self.last % 100:02}" if self.first else f"last {self.last}"
        return f"{self.symbol} {years}"

    def origins(self, history: History) -> list[pd.Timestamp]:
        """The origins of its targets, oldest first."""
        if not self.first:
            return last_origins(history, self.last)
        return origins(history, pd.Timestamp(self.first, 1, 1), pd.Timestamp(self.last, 12, 31))


def development() -> tuple[Block, ...]:
    """All of them; without Ethereum where its file is not there."""
    stocks = [(symbol, first) for symbol in ("^GSPC", "^IXIC") for first in (2004, 2008, 2013, 2016)]
    oil = [("WTI", first) for first in (1996, 2005, 2014)]
    years = tuple(Block(symbol, first, first + 2) for symbol, first in stocks + oil)
    return (*years, Block("ETH-USD", 0, LAST_DAYS)) if ETHEREUM.exists() else years


def history(symbol: str) -> History:
    """An asset's data, each row known at its own close."""
    asset, rows = _LOADERS[symbol](symbol)
    return known_at_close(asset, rows)


def known_at_close(asset: Asset, rows: pd.DataFrame) -> History:
    """The history of rows that never changed and never came late."""
    closes = calendar(asset.calendar).known_after(pd.DatetimeIndex(rows["session"]))
    return History(asset, rows.assign(known_at=closes + asset.lag))


def _index(symbol: str) -> tuple[Asset, pd.DataFrame]:
    (asset,) = (asset for asset in sample.ASSETS if asset.symbol == symbol)
    return asset, sample.fetch(asset, pd.Timestamp("2019-01-01", tz="UTC").to_pydatetime())


def _oil(symbol: str) -> tuple[Asset, pd.DataFrame]:
    from arch.data import wti  # noqa: PLC0415  # it takes a second to import

    close: pd.Series = wti.load()["DCOILWTICO"]
    close = close[np.isfinite(close) & (close > 0)]
    rows = panel_rows(symbol, pd.DatetimeIndex(close.index), {"close": close.to_numpy()}, "arch")
    return Asset(symbol, calendar="XNYS", source="csv_file"), rows


def _ethereum(symbol: str) -> tuple[Asset, pd.DataFrame]:
    rows = csv_file.read(ETHEREUM, symbol, "24/7").rows.fillna({"adjustment": 1.0})
    return csv_file.asset_for(rows, symbol, "24/7"), rows


_LOADERS: dict[str, Callable[[str], tuple[Asset, pd.DataFrame]]] = {
    "^GSPC": _index,
    "^IXIC": _index,
    "WTI": _oil,
    "ETH-USD": _ethereum,
}
