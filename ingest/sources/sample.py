"""Real daily bars of the S&P 500 and the NASDAQ Composite, 1999 to 2018, from the package arch."""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

from ingest.assets import Asset
from ingest.errors import UnknownSymbolError, nearest
from ingest.panel import panel_rows
from ingest.sessions import calendar

ASSETS = (
    Asset("^GSPC", calendar="XNYS", source="sample"),
    Asset("^IXIC", calendar="XNYS", source="sample"),
)


def fetch(asset: Asset, now: datetime, since: pd.Timestamp | None = None, name: str = "") -> pd.DataFrame:
    """The sessions that are closed at now; nothing is fetched from anywhere.

    The closes are those of a price index: there are no splits, and dividends are not in them, so
    the adjustment is 1.0 throughout. Volume is in shares; there is no attention.

    Args:
        asset: one of `ASSETS`.
        now: with a time zone.
        since: not looked at; every session is given.
        name: not looked at.

    Returns:
        A panel, sessions from 1999-01-04 to at most 2018-12-31.

    Raises:
        UnknownSymbolError: an asset that this source does not have.
    """
    if asset.symbol not in _LOADERS:
        raise UnknownSymbolError(f"source sample has no {asset.symbol!r}: {nearest(asset.symbol, _LOADERS)}")
    bars = _LOADERS[asset.symbol]()
    bars = bars.loc[bars.index <= calendar(asset.calendar).last_closed(now)]
    values = {name: bars[name.capitalize()] for name in ("open", "high", "low", "close", "volume")}
    return panel_rows(asset.symbol, pd.DatetimeIndex(bars.index), values, "sample")


def _bars(name: str) -> pd.DataFrame:
    """A table of `arch.data` as its own `load` gives it; arch itself, which takes two seconds to import, stays out."""
    (folder,) = find_spec("arch").submodule_search_locations  # type: ignore[union-attr, misc]  # it is installed
    bars = pd.read_csv(Path(folder) / "data" / name / f"{name}.csv.gz")
    bars["Date"] = pd.to_datetime(bars["Date"])
    return pd.DataFrame(bars.set_index("Date").apply(pd.to_numeric, errors="coerce"))


_LOADERS: dict[str, Callable[[], pd.DataFrame]] = {"^GSPC": partial(_bars, "sp500"), "^IXIC": partial(_bars, "nasdaq")}
